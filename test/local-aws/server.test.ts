import { LocalAws } from './local-aws';

let aws: LocalAws;

beforeAll(async () => {
  aws = await LocalAws.start();
});
afterAll(() => aws.stop());

function scope(service: string, accessKeyId = 'AKIAEXAMPLE'): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261122/us-east-1/${service}/aws4_request`;
}

function query(service: string, parameters: Record<string, string>, accessKeyId?: string): Promise<Response> {
  return fetch(aws.endpoint, {
    method: 'POST',
    body: new URLSearchParams(parameters),
    headers: { authorization: scope(service, accessKeyId) },
  });
}

test('an unknown service is refused by its name', async () => {
  const response = await query('sqs', { Action: 'ListQueues' });
  expect(response.status).toBe(501);
  expect(await response.text()).toContain('The embedded AWS has no service \\"sqs\\".');
});

test('an operation that is not here is refused', async () => {
  expect(await (await query('cloudformation', { Action: 'DetectStackDrift' })).text()).toContain('<Code>InvalidAction</Code>');
});

test('a JSON service answers errors in JSON', async () => {
  const headers = { 'authorization': scope('ssm'), 'x-amz-target': 'AmazonSSM.GetParameter' };
  const response = await fetch(aws.endpoint, { method: 'POST', body: '{"Name":"none"}', headers });
  expect(response.headers.get('x-amzn-errortype')).toBe('ParameterNotFound');
  expect(await response.json()).toMatchObject({ __type: 'ParameterNotFound' });
});

test('the administrator and a role are told apart by their keys', async () => {
  const role = aws.iam.createRole('someone', '/', {});
  const { accessKeyId } = aws.iam.issueCredentials(role.arn, 'me');
  expect(await (await query('sts', { Action: 'GetCallerIdentity' })).text()).toContain('user/administrator');
  expect(await (await query('sts', { Action: 'GetCallerIdentity' }, accessKeyId)).text()).toContain('assumed-role/someone/me');
});

test('a role that does not exist, or does not trust the account, cannot be assumed', async () => {
  aws.iam.createRole('function-role', '/', {
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
  });
  for (const name of ['missing', 'function-role']) {
    const response = await query('sts', { Action: 'AssumeRole', RoleArn: `arn:aws:iam::111122223333:role/${name}`, RoleSessionName: 's' });
    expect(response.status).toBe(403);
  }
});

test('a role that trusts the account gives keys that act as the role', async () => {
  aws.iam.createRole('deployer', '/', { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }] });
  const answer = await (
    await query('sts', { Action: 'AssumeRole', RoleArn: 'arn:aws:iam::111122223333:role/deployer', RoleSessionName: 's' })
  ).text();
  const accessKeyId = /<AccessKeyId>([^<]+)/.exec(answer)?.[1] ?? '';
  expect(aws.iam.callerOf(accessKeyId)).toEqual({ roleArn: 'arn:aws:iam::111122223333:role/deployer', sessionName: 's' });
});

test('a role that may not, can not describe stacks', async () => {
  const role = aws.iam.createRole('nobody', '/', {});
  const response = await query(
    'cloudformation',
    { Action: 'DescribeStacks', StackName: 'x' },
    aws.iam.issueCredentials(role.arn).accessKeyId,
  );
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('cloudformation:DescribeStacks');
});
