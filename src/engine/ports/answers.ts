import { type Delivery } from '../core/observation';

/** The way of an answer to CloudFormation. */
export interface Answers {
  deliver(responseUrl: string, answer: string): Promise<Delivery>;
}
