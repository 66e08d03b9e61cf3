import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalAws } from './local-aws';
import { AwsServer } from './server';
import { TemporaryDirectory } from './temporary-directory';

test('region, account and partition are what was asked for', async () => {
  const aws = await LocalAws.start({ region: 'cn-north-1', accountId: '444455556666', partition: 'aws-cn' });
  const template = {
    Resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/group', RetentionInDays: 7 } } },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Group', 'Arn'] } } },
  };
  await aws.cloudFormation.call('CreateStack', { StackName: 'China', TemplateBody: JSON.stringify(template) });
  expect(aws.cloudFormation.findStack('China')?.outputs[0].value).toBe('arn:aws-cn:logs:cn-north-1:444455556666:log-group:/group:*');
  expect(aws.environment().AWS_REGION).toBe('cn-north-1');
  await aws.stop();
});

test('a retention that CloudWatch Logs does not have is refused', async () => {
  const aws = await LocalAws.start();
  const template = { Resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 8 } } } };
  await aws.cloudFormation.call('CreateStack', { StackName: 'Logs', TemplateBody: JSON.stringify(template) });
  expect(aws.cloudFormation.findStack('Logs')?.status).toBe('ROLLBACK_COMPLETE');
  await aws.stop();
});

test('lines of a log group are kept for the test when the group is deleted', async () => {
  const aws = await LocalAws.start();
  const template = { Resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/group' } } } };
  await aws.cloudFormation.call('CreateStack', { StackName: 'Logs', TemplateBody: JSON.stringify(template) });
  aws.logs.append('/group', 'hello');
  await aws.cloudFormation.call('DeleteStack', { StackName: 'Logs' });
  expect(aws.logs.lines('/group')).toEqual([]);
  expect(aws.logs.allLines()).toEqual([{ groupName: '/group', line: 'hello' }]);
  await aws.stop();
});

test("children get no credentials, the CLI gets the administrator's keys", async () => {
  const aws = await LocalAws.start();
  expect(aws.childEnvironment()).toMatchObject({ AWS_ENDPOINT_URL: aws.endpoint });
  expect(Object.keys(aws.childEnvironment())).not.toContain('AWS_ACCESS_KEY_ID');
  expect(aws.environment()).toMatchObject({ AWS_ENDPOINT_URL: aws.endpoint, AWS_ACCESS_KEY_ID: expect.any(String) });
  await aws.stop();
});

test('embedded time stands while a client runs, and passes while it waits for an operation to end', async () => {
  const aws = await LocalAws.start();
  const { clock } = aws;
  const start = clock.now();
  let timeAtRequest = 0;
  aws.cloudFormation.faults.beforeDelivery = () => clock.sleep(60_000);
  const script = `
    const headers = { authorization: 'Credential=x/20260101/us-east-1/cloudformation/aws4_request', 'content-type': 'application/x-www-form-urlencoded' };
    const call = (body) => fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body: new URLSearchParams(body) });
    (async () => {
      await call({ Action: 'ListStacks' });
      await call({ Action: 'CreateStack', StackName: 'Slow', TemplateBody: process.env.TEMPLATE });
      await call({ Action: 'ListStacks' });
    })();`;
  const token = 'arn:aws:lambda:us-east-1:111122223333:function:nobody';
  const TEMPLATE = JSON.stringify({ Resources: { Thing: { Type: 'Custom::Thing', Properties: { ServiceToken: token } } } });
  aws.cloudFormation.operationFaults.next('ListStacks', 'throttled', Infinity, () => {
    timeAtRequest = clock.now() - start;
    return false;
  });
  const hour = clock.sleep(3_600_000);
  const ended = aws.asClient(async (environment) => {
    const child = spawn(process.execPath, ['-e', script], { env: { ...environment, TEMPLATE }, stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'close');
    return clock.now() - start;
  });
  expect(await clock.until(ended)).toBe(120_000); // the Create, and the Delete that undoes it
  expect(timeAtRequest).toBe(120_000);
  expect(aws.cloudFormation.findStack('Slow')?.status).toBe('ROLLBACK_FAILED'); // nobody is there
  await clock.until(hour);
  await aws.stop();
});

test('time passes while anybody at all waits for an operation to end', async () => {
  const aws = await LocalAws.start({ pace: 1_000_000 });
  aws.cloudFormation.faults.beforeDelivery = () => aws.clock.sleep(60_000);
  const token = 'arn:aws:lambda:us-east-1:111122223333:function:nobody';
  const TemplateBody = JSON.stringify({ Resources: { Thing: { Type: 'Custom::Thing', Properties: { ServiceToken: token } } } });
  const created = fetch(aws.endpoint, {
    method: 'POST',
    headers: { authorization: 'Credential=x/20260101/us-east-1/cloudformation/aws4_request' },
    body: new URLSearchParams({ Action: 'CreateStack', StackName: 'Slow', TemplateBody }),
  });
  const start = aws.clock.now();
  expect((await created).status).toBe(200);
  expect(aws.cloudFormation.findStack('Slow')?.isInProgress).toBe(false); // the answer was held until the operation ended
  expect(aws.clock.now()).toBeGreaterThanOrEqual(start + 120_000);
  await aws.stop();
});

test('after stop nothing listens, and its files are gone', async () => {
  const aws = await LocalAws.start();
  const { endpoint } = aws;
  const { NODE_EXTRA_CA_CERTS: certificate } = aws.environment();
  await aws.stop();
  await expect(fetch(endpoint)).rejects.toThrow();
  expect(existsSync(certificate)).toBe(false);
});

test('stop may come twice', async () => {
  const aws = await LocalAws.start();
  await Promise.all([aws.stop(), aws.stop()]);
  await aws.stop();
});

test('a start that fails leaves nothing', async () => {
  const remove = jest.spyOn(TemporaryDirectory.prototype, 'remove');
  jest.spyOn(AwsServer, 'start').mockRejectedValueOnce(new Error('no port'));
  await expect(LocalAws.start()).rejects.toThrow('no port');
  expect(remove.mock.contexts.map(({ path }) => existsSync(path))).toEqual([false]);
});

test('the command prints the environment, and ends by itself when its input does', async () => {
  const tsx = join(__dirname, '../../node_modules/tsx/dist/cli.mjs');
  const child = spawn(process.execPath, [tsx, join(__dirname, 'command.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (output.includes('CDK_HOME')) {
      child.stdin.end();
    }
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
  expect(output).toMatch(/^export AWS_ENDPOINT_URL='http:\/\/127\.0\.0\.1:\d+'$/m);
}, 30_000);
