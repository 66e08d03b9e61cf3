/** The embedded AWS with constructs of the CDK's own: what works here is not this library's doing. */
import { App, CfnOutput, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { type CloudAssembly } from 'aws-cdk-lib/cx-api';
import { type CliResult } from './cdk-cli';
import { ApiDeployer } from './deployer';
import { LocalAws } from '../local-aws/local-aws';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

process.env.CDK_VALIDATION = 'false';

let aws: LocalAws;
let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = new TemporaryDirectory('embedded-aws');
  aws = await LocalAws.start();
  await new ApiDeployer(aws).bootstrap();
});

afterAll(async () => {
  await aws.stop();
  directory.remove();
});

function synthesize(stackName: string, build: (stack: Stack) => void): CloudAssembly {
  const app = new App({ outdir: `${directory.path}/${stackName}`, analyticsReporting: false });
  build(new Stack(app, stackName, { env: { account: aws.accountId, region: aws.region } }));
  return app.synth();
}

function deploy(stackName: string, build: (stack: Stack) => void): Promise<CliResult> {
  return aws.clock.until(new ApiDeployer(aws).deploy(synthesize(stackName, build), stackName, {}));
}

function outputs(stackName: string): Record<string, string> {
  return Object.fromEntries((aws.cloudFormation.findStack(stackName)?.outputs ?? []).map(({ name, value }) => [name, value]));
}

function requestTypes(logicalId: RegExp): string[] {
  const events = aws.cloudFormation.customResourceRequests.map(({ event }) => event);
  return events.filter(({ LogicalResourceId }) => logicalId.test(LogicalResourceId)).map(({ RequestType }) => RequestType);
}

function inline(stack: Stack, id: string, source: string, environment: Record<string, string> = {}): LambdaFunction {
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline(source),
    environment,
  });
}

test('a stack with a Provider and its waiter is deployed, updated and destroyed', async () => {
  const withProvider = (message: string) => (stack: Stack) => {
    const { serviceToken } = new Provider(stack, 'Provider', {
      onEventHandler: inline(stack, 'OnEvent', 'exports.handler = async () => ({ PhysicalResourceId: "thing" });'),
      isCompleteHandler: inline(
        stack,
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
    const thing = new CustomResource(stack, 'Thing', { serviceToken, resourceType: 'Custom::Thing', properties: { Message: message } });
    new CfnOutput(stack, 'Said', { value: thing.getAttString('Said') });
  };
  expect(await deploy('Waiter', withProvider('hello'))).toMatchObject({ exitCode: 0 });
  expect(outputs('Waiter')).toEqual({ Said: 'hello' });
  expect(await deploy('Waiter', withProvider('bye'))).toMatchObject({ exitCode: 0 });
  expect(outputs('Waiter')).toEqual({ Said: 'bye' });
  expect(await aws.clock.until(new ApiDeployer(aws).destroy(synthesize('Waiter', () => {}), 'Waiter'))).toMatchObject({ exitCode: 0 });
  expect(requestTypes(/^Thing/)).toEqual(['Create', 'Update', 'Delete']);
});

/** Lambda delivers events at least once. This is why the library does not use the CDK's Provider. */
test('a Provider runs the effect of onEvent twice when one Create is delivered twice', async () => {
  aws.lambda.faults.deliverTwice(/frameworkonEvent/);
  const deployment = deploy('Twice', (stack) => {
    const effects = new Table(stack, 'Effects', {
      tableName: 'effects',
      partitionKey: { name: 'id', type: AttributeType.STRING },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const onEvent = inline(
      stack,
      'OnEvent',
      `
        const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
        exports.handler = async ({ RequestId }, { awsRequestId }) => {
          await new DynamoDBClient().send(new PutItemCommand({
            TableName: process.env.TABLE, Item: { id: { S: awsRequestId }, request: { S: RequestId } },
          }));
          return { PhysicalResourceId: 'effect' };
        };`,
      { TABLE: effects.tableName },
    );
    effects.grantWriteData(onEvent);
    const { serviceToken } = new Provider(stack, 'Provider', { onEventHandler: onEvent });
    new CustomResource(stack, 'Effect', { serviceToken, resourceType: 'Custom::Effect' });
  });
  expect(await deployment).toMatchObject({ exitCode: 0 });
  const [create] = aws.cloudFormation.customResourceRequests.filter(({ event }) => event.LogicalResourceId === 'Effect');
  await aws.clock.until(() => create.answers.length === 2); // the stack is done with the first answer
  expect(requestTypes(/^Effect$/)).toEqual(['Create']);
  const effects = await aws.dynamoDb.items('effects');
  expect(effects.map(({ request }) => request)).toEqual([{ S: create.event.RequestId }, { S: create.event.RequestId }]);
});
