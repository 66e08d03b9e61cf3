/** The embedded AWS under the real CDK CLI, with constructs of the CDK. This library has no part in it. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { LocalAws } from '../../local-aws/local-aws';
import { TemporaryDirectory } from '../../local-aws/temporary-directory';
import { CdkCli, type CliResult } from '../cdk-cli';

process.env.CDK_VALIDATION = 'false';

let aws: LocalAws;
let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = new TemporaryDirectory('embedded-aws');
  aws = await LocalAws.start();
  expect(await cdk('bootstrap', 'aws://111122223333/us-east-1')).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await aws.stop();
  directory.remove();
});

/** The whole result, so that a failed expectation shows what the CLI printed. */
function cdk(...args: string[]): Promise<CliResult> {
  return aws.clock.until(new CdkCli(aws).run(args, { directory: directory.path }));
}

function synthesize(stackName: string, build: (stack: Stack) => void): void {
  const app = new App({ outdir: `${directory.path}/${stackName}`, analyticsReporting: false });
  build(new Stack(app, stackName, { env: { account: aws.accountId, region: aws.region } }));
  app.synth();
}

/** Runs a command of the CLI on the stack as it is built now. */
function cdkWith(stackName: string, build: (stack: Stack) => void, command: string, ...options: string[]): Promise<CliResult> {
  synthesize(stackName, build);
  return cdk(command, stackName, '-a', stackName, ...options);
}

function deployWithCli(stackName: string, build: (stack: Stack) => void, ...options: string[]): Promise<CliResult> {
  return cdkWith(stackName, build, 'deploy', '--require-approval=never', ...options);
}

function outputs(stackName: string): Record<string, string> {
  return Object.fromEntries((aws.cloudFormation.findStack(stackName)?.outputs ?? []).map(({ name, value }) => [name, value]));
}

function requestTypes(logicalId: RegExp): string[] {
  const events = aws.cloudFormation.customResourceRequests.map(({ event }) => event);
  return events.filter(({ LogicalResourceId }) => logicalId.test(LogicalResourceId)).map(({ RequestType }) => RequestType);
}

test('a stack with an AwsCustomResource is deployed, compared, rolled back, updated and destroyed', async () => {
  const withCall = (call: string, parameter: string) => (stack: Stack) => {
    const resource = new AwsCustomResource(stack, 'Call', {
      onUpdate: {
        service: '@aws-sdk/client-cloudformation',
        action: 'DescribeStacksCommand',
        parameters: { StackName: 'CDKToolkit' },
        outputPaths: ['Stacks.0.StackStatus'],
        physicalResourceId: PhysicalResourceId.of(call),
      },
      policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: AwsCustomResourcePolicy.ANY_RESOURCE }),
      installLatestAwsSdk: false,
    });
    new StringParameter(stack, 'Parameter', { stringValue: parameter, parameterName: '/parameter' });
    new CfnOutput(stack, 'Status', { value: resource.getResponseField('Stacks.0.StackStatus') });
  };
  expect(await deployWithCli('Call', withCall('first', 'x'))).toMatchObject({ exitCode: 0 });
  expect(outputs('Call')).toEqual({ Status: 'CREATE_COMPLETE' });
  expect(await cdkWith('Call', withCall('second', 'x'), 'diff', '--fail')).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('Custom::AWS'),
  });

  expect(await deployWithCli('Call', withCall('first', 'x'.repeat(5000)), '--no-rollback')).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('Standard tier parameters support a maximum parameter value'),
  });
  expect(aws.cloudFormation.findStack('Call')?.status).toBe('UPDATE_FAILED');
  expect(await cdk('rollback', 'Call', '-a', 'Call')).toMatchObject({ exitCode: 0 });
  expect(aws.cloudFormation.findStack('Call')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.ssm.getParameter('/parameter')).toBe('x');

  expect(await deployWithCli('Call', withCall('second', 'y'))).toMatchObject({ exitCode: 0 });
  expect(requestTypes(/^Call/)).toEqual(['Create', 'Update', 'Delete']);

  const { exitCode, output } = await cdk('destroy', 'Call', '-a', 'Call', '--force');
  expect(exitCode).toBe(0);
  expect(output).toContain('DELETE_IN_PROGRESS');
  expect(output).not.toContain('CREATE_COMPLETE'); // what happened before this command is not shown again
  expect(aws.cloudFormation.findStack('Call')).toBeUndefined();
  expect(aws.lambda.functionNames()).toEqual([]);
});

