/** The embedded AWS under the real CDK CLI, with constructs of the CDK's own: what works here is not this library's doing. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId, Provider } from 'aws-cdk-lib/custom-resources';
import { LocalAws } from '../local-aws/local-aws';

process.env.CDK_VALIDATION = 'false';
jest.setTimeout(180_000);

const cdk = join(__dirname, '../../node_modules/aws-cdk/bin/cdk');
const environment = { account: '111122223333', region: 'us-east-1' };

let aws: LocalAws;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'embedded-aws-'));
  aws = await LocalAws.start({ clockFactor: 20 });
  expect(await run('bootstrap', 'aws://111122223333/us-east-1')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await aws.stop();
  rmSync(directory, { recursive: true, force: true });
});

function run(...words: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cdk, ...words, '--no-notices'], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, ...aws.environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => (output += data.toString()));
    }
    child.on('close', (code) => resolve({ code, output }));
  });
}

function synthesize(build: (stack: Stack) => void): void {
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  build(new Stack(app, 'Journey', { env: environment }));
  app.synth();
}

/** The exit code, with the CLI's output beside it for when it is not the expected one. */
function cli(command: 'deploy' | 'destroy' | 'diff', ...options: string[]): Promise<{ code: number | null; output: string }> {
  return run(command, 'Journey', '-a', 'cdk.out', ...options);
}

function outputs(): Record<string, string> {
  return Object.fromEntries((aws.cloudFormation.findStack('Journey')?.outputs ?? []).map(({ name, value }) => [name, value]));
}

function requestTypes(logicalId: RegExp): string[] {
  const events = aws.cloudFormation.customResourceRequests.map(({ event }) => event);
  return events.filter(({ LogicalResourceId }) => logicalId.test(LogicalResourceId)).map(({ RequestType }) => RequestType);
}

function withSdkCall(stack: Stack, call: string): void {
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
  new CfnOutput(stack, 'Status', { value: resource.getResponseField('Stacks.0.StackStatus') });
}

test('a stack with an AwsCustomResource is deployed, compared, updated and destroyed', async () => {
  synthesize((stack) => withSdkCall(stack, 'first'));
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0 });
  expect(outputs()).toEqual({ Status: 'CREATE_COMPLETE' });

  synthesize((stack) => withSdkCall(stack, 'second'));
  expect(await cli('diff', '--fail')).toMatchObject({ code: 1, output: expect.stringContaining('Custom::AWS') });
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0 });
  expect(requestTypes(/^Call/)).toEqual(['Create', 'Update', 'Delete']);
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0, output: expect.stringContaining('no changes') });

  expect(await cli('destroy', '--force')).toMatchObject({ code: 0 });
  expect(aws.cloudFormation.findStack('Journey')).toBeUndefined();
  expect(aws.lambda.functionNames()).toEqual([]);
});

test('a deployment that fails is rolled back, and the CLI says why', async () => {
  synthesize((stack) => new StringParameter(stack, 'Good', { stringValue: 'x', parameterName: '/good' }));
  expect(await cli('deploy', '--require-approval=never', '--method=direct')).toMatchObject({ code: 0 });
  synthesize((stack) => new StringParameter(stack, 'Good', { stringValue: 'x'.repeat(5000), parameterName: '/good' }));
  const { code, output } = await cli('deploy', '--require-approval=never');
  expect({ code, output }).toMatchObject({
    code: 1,
    output: expect.stringContaining('Standard tier parameters support a maximum parameter value'),
  });
  expect(aws.ssm.getParameter('/good')).toBe('x');
  expect(aws.cloudFormation.findStack('Journey')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await cli('destroy', '--force')).toMatchObject({ code: 0 });
});

test('with --no-rollback a failed deployment stays, until it is rolled back', async () => {
  synthesize((stack) => new StringParameter(stack, 'Good', { stringValue: 'x', parameterName: '/good' }));
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0 });
  synthesize((stack) => new StringParameter(stack, 'Good', { stringValue: 'x'.repeat(5000), parameterName: '/good' }));
  expect(await cli('deploy', '--require-approval=never', '--no-rollback')).toMatchObject({ code: 1 });
  expect(aws.cloudFormation.findStack('Journey')?.status).toBe('UPDATE_FAILED');
  expect(await run('rollback', 'Journey', '-a', 'cdk.out')).toMatchObject({ code: 0 });
  expect(aws.cloudFormation.findStack('Journey')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await cli('destroy', '--force')).toMatchObject({ code: 0 });
});

function withProvider(stack: Stack, message: string): void {
  const inline = (id: string, source: string): LambdaFunction =>
    new LambdaFunction(stack, id, { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline(source) });
  const provider = new Provider(stack, 'Provider', {
    onEventHandler: inline('OnEvent', 'exports.handler = async () => ({ PhysicalResourceId: "thing" });'),
    isCompleteHandler: inline(
      'IsComplete',
      `
      let calls = 0;
      exports.handler = async ({ RequestType, ResourceProperties: { Message } }) => {
        calls += 1;
        return calls % 2 ? { IsComplete: false } : { IsComplete: true, ...RequestType !== 'Delete' && { Data: { Said: Message } } };
      };`,
    ),
    queryInterval: Duration.seconds(5),
  });
  const thing = new CustomResource(stack, 'Thing', {
    serviceToken: provider.serviceToken,
    resourceType: 'Custom::Thing',
    properties: { Message: message },
  });
  new CfnOutput(stack, 'Said', { value: thing.getAttString('Said') });
}

// The framework's functions need this package of Lambda's runtime.
const hasLambdaClient = existsSync(join(__dirname, '../../node_modules/@aws-sdk/client-lambda'));

(hasLambdaClient ? test : test.skip)('a stack with a Provider and its waiter is deployed, updated and destroyed', async () => {
  synthesize((stack) => withProvider(stack, 'hello'));
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0 });
  expect(outputs()).toEqual({ Said: 'hello' });
  synthesize((stack) => withProvider(stack, 'bye'));
  expect(await cli('deploy', '--require-approval=never')).toMatchObject({ code: 0 });
  expect(outputs()).toEqual({ Said: 'bye' });
  expect(await cli('destroy', '--force')).toMatchObject({ code: 0 });
  expect(requestTypes(/^Thing/)).toEqual(['Create', 'Update', 'Delete']);
});
