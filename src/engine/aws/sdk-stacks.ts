import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { refusalOf } from './refusal';
import { type Result } from '../core/result';
import { type Stacks } from '../ports/stacks';
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
