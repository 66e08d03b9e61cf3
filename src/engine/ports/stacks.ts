import { type Result } from '../core/result';

/** What the engine asks of CloudFormation. */
export interface Stacks {
  /** The status of a stack: `CREATE_IN_PROGRESS`. */
  status(stackId: string): Promise<Result<string>>;
}
