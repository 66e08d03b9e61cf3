import { LocalAws } from '../local-aws';

let aws: LocalAws;

beforeAll(async () => {
  aws = await LocalAws.start();
  aws.s3.createBucket('things');
});
afterAll(() => aws.stop());

const scope = 'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/us-east-1/s3/aws4_request';

function request(method: string, path: string, init: { body?: string; headers?: Record<string, string> } = {}): Promise<Response> {
  return fetch(`${aws.endpoint}${path}`, { method, body: init.body, headers: { authorization: scope, ...init.headers } });
}

test('an object reads as it was put', async () => {
  expect((await request('PUT', '/things/a/b.txt', { body: 'hello' })).status).toBe(200);
  const response = await request('GET', '/things/a/b.txt');
  expect(await response.text()).toBe('hello');
  expect(aws.s3.getObject('things', 'a/b.txt').toString()).toBe('hello');
});

test('HEAD tells the length of an object without sending it', async () => {
  aws.s3.putObject('things', 'head', '12345');
  const response = await request('HEAD', '/things/head');
  expect(response.headers.get('content-length')).toBe('5');
  expect(await response.text()).toBe('');
});

test('a body in signed chunks is put together', async () => {
  const body = '5;chunk-signature=1\r\nhello\r\n0;chunk-signature=2\r\nx-amz-checksum-crc32:AAAA\r\n\r\n';
  await request('PUT', '/things/chunked', { body, headers: { 'content-encoding': 'aws-chunked' } });
  expect(aws.s3.getObject('things', 'chunked').toString()).toBe('hello');
});

test('ListObjectsV2 lists the keys with a prefix', async () => {
  for (const key of ['list/1', 'list/2', 'other']) {
    aws.s3.putObject('things', key, '');
  }
  const text = await (await request('GET', '/things?list-type=2&prefix=list/')).text();
  expect([...text.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(['list/1', 'list/2']);
});

test.each([
  ['a missing object', 'GET', '/things/missing', 404, 'NoSuchKey'],
  ['a missing bucket', 'GET', '/nothing/key', 404, 'NoSuchBucket'],
  ['a multipart upload, which is not here', 'POST', '/things/key?uploads', 501, 'NotImplemented'],
])('%s is refused', async (_what, method, path, status, code) => {
  const response = await request(method, path);
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(`<Code>${code}</Code>`);
});

test('a bucket that is not empty cannot be deleted', () => {
  aws.s3.createBucket('full');
  aws.s3.putObject('full', 'key', '');
  expect(() => aws.s3.deleteBucket('full')).toThrow('The bucket you tried to delete is not empty');
  aws.s3.deleteObject('full', 'key');
  aws.s3.deleteBucket('full');
  expect(aws.s3.bucketNames()).not.toContain('full');
});

test('a role may only do what its policies allow', async () => {
  const role = aws.iam.createRole('reader', '/', {});
  aws.iam.putRolePolicy('reader', 'p', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::things/mine/*' }],
  });
  aws.s3.putObject('things', 'mine/a', 'mine');
  aws.s3.putObject('things', 'yours/a', 'yours');
  const authorization = scope.replace('AKIAEXAMPLE', aws.iam.issueCredentials(role.arn).accessKeyId);
  expect((await request('GET', '/things/mine/a', { headers: { authorization } })).status).toBe(200);
  expect((await request('GET', '/things/yours/a', { headers: { authorization } })).status).toBe(403);
});
