import { CfnOutput, type Stack } from 'aws-cdk-lib';

/**
 * CloudFormation's limit, which the CDK does not look at.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const MAX_OUTPUTS = 200;

const LIMITED = new WeakSet<Stack>();

/**
 * Fails synth where the stack has more outputs than CloudFormation takes, exports to other stacks included.
 *
 * @internal
 */
export function limitOutputs(stack: Stack): void {
  if (!LIMITED.has(stack)) {
    LIMITED.add(stack);
    stack.node.addValidation({ validate: () => findTooManyOutputs(stack) });
  }
}

function findTooManyOutputs(stack: Stack): string[] {
  const count = stack.node.findAll().filter((construct) => construct instanceof CfnOutput && construct.stack === stack).length;
  return count <= MAX_OUTPUTS
    ? []
    : [
      `stackOutputs: the stack has ${count} outputs, where CloudFormation allows ${MAX_OUTPUTS}, and each of its protected jobs adds two; ` +
          'set stackOutputs to false on some of the jobs',
    ];
}
