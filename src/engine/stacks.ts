import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Result } from './clean-rooms';
import { refusalOf } from './refusal';

/** What the engine asks of CloudFormation. */
export interface Stacks {
  /** The status of a stack: `CREATE_IN_PROGRESS`. */
  status(stackId: string): Promise<Result<string>>;
}

export class SdkStacks implements Stacks {
  constructor(private readonly client: CloudFormationClient) {}

  async status(stackId: string): Promise<Result<string>> {
    try {
      const { Stacks: [stack] = [] } = await this.client.send(new DescribeStacksCommand({ StackName: stackId }));
      return { value: stack?.StackStatus ?? 'DELETE_COMPLETE' };
    } catch (error) {
      const refusal = refusalOf('cloudformation:DescribeStacks', error);
      return /does not exist/.test(refusal.message) ? { value: 'DELETE_COMPLETE' } : { refusal };
    }
  }
}
