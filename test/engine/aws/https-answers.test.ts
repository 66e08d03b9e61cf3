import { HttpsAnswers } from '../../../src/engine/aws/https-answers';

const URL_OF_AWS = 'https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/x?X-Amz-Signature=5ec4e7';

const fetchMock = jest.spyOn(globalThis, 'fetch');

afterAll(() => fetchMock.mockRestore());

function respond(status: number): void {
  fetchMock.mockResolvedValueOnce(new Response(null, { status }));
}

test('an answer is PUT as bytes without a content type', async () => {
  respond(200);
  await expect(new HttpsAnswers('amazonaws.com').deliver(URL_OF_AWS, '{"a":"ä"}')).resolves.toBe('accepted');
  const [url, init] = fetchMock.mock.calls[0];
  expect(url).toBe(URL_OF_AWS);
  expect(init).toMatchObject({ method: 'PUT', headers: { 'content-type': '' }, body: Buffer.from('{"a":"ä"}', 'utf8') });
});

test.each([
  [204, 'accepted'],
  [400, 'refused'],
  [403, 'refused'],
  [404, 'refused'],
  [408, 'unreachable'],
  [429, 'unreachable'],
  [500, 'unreachable'],
  [503, 'unreachable'],
])('HTTP %d means %s', async (status, delivery) => {
  respond(status);
  await expect(new HttpsAnswers('amazonaws.com').deliver(URL_OF_AWS, '{}')).resolves.toBe(delivery);
});

test('a delivery that takes longer than 15 seconds is aborted', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  respond(200);
  await new HttpsAnswers('amazonaws.com').deliver(URL_OF_AWS, '{}');
  expect(timeout.mock.calls).toEqual([[15_000]]);
  expect(fetchMock.mock.calls[0][1]?.signal).toBe(timeout.mock.results[0].value);
  timeout.mockRestore();
});

test('a network error means unreachable', async () => {
  fetchMock.mockRejectedValueOnce(new Error('reset'));
  await expect(new HttpsAnswers('amazonaws.com').deliver(URL_OF_AWS, '{}')).resolves.toBe('unreachable');
});

test.each([301, 302, 303, 307, 308])('a redirect with HTTP %d is not followed: it may lead anywhere', async (status) => {
  fetchMock.mockResolvedValueOnce(new Response(null, { status, headers: { location: 'http://127.0.0.1/' } }));
  await expect(new HttpsAnswers('amazonaws.com').deliver(URL_OF_AWS, '{}')).resolves.toBe('unreachable');
  expect(fetchMock).toHaveBeenCalledTimes(1);
  expect(fetchMock.mock.calls[0][1]).toMatchObject({ redirect: 'manual' });
});

const BUCKET = 'cloudformation-custom-resource-response';

test.each([
  `http://${BUCKET}-useast1.s3.amazonaws.com/x`,
  `https://${BUCKET}-useast1.s3.amazonaws.com:8443/x`,
  `https://user:password@${BUCKET}-useast1.s3.amazonaws.com/x`,
  `https://${BUCKET}-useast1.s3.amazonaws.com.example.com/x`,
  `https://${BUCKET}-useast1.s3.xamazonaws.com/x`,
  `https://${BUCKET}-useast1.execute-api.us-east-1.amazonaws.com/x`,
  `https://x.${BUCKET}-useast1.s3.amazonaws.com/x`,
  `https://${BUCKET}-.x.s3.amazonaws.com/x`,
  'https://bucket.s3.amazonaws.com/x',
  'https://s3.amazonaws.com/x',
  'https://sqs.us-east-1.amazonaws.com/x',
  'https://ec2-1-2-3-4.compute-1.amazonaws.com/x',
  'https://bucket.s3.us-gov-west-1.amazonaws.com/x',
  'https://example.com/x',
  'not a URL',
])('nothing is sent to %s', async (url) => {
  await expect(new HttpsAnswers('amazonaws.com', 'us-east-1').deliver(url, '{}')).resolves.toBe('refused');
  expect(fetchMock).not.toHaveBeenCalled();
});

test.each([
  ['amazonaws.com.cn', 'cn-north-1', 'https://bucket.execute-api.cn-north-1.amazonaws.com.cn/x'],
  ['amazonaws.com.cn', 'cn-north-1', `https://${BUCKET}-useast1.s3.amazonaws.com/x`],
  ['amazonaws.com', 'us-gov-west-1', 'https://sqs.us-gov-west-1.amazonaws.com/x'],
])('nothing is sent to a host that is not S3 of the partition with the suffix %s in %s', async (urlSuffix, region, url) => {
  await expect(new HttpsAnswers(urlSuffix, region).deliver(url, '{}')).resolves.toBe('refused');
  expect(fetchMock).not.toHaveBeenCalled();
});

test.each([
  ['amazonaws.com', 'us-east-1', `https://${BUCKET}-useast1.s3.amazonaws.com/x`],
  ['amazonaws.com', 'us-east-1', `https://${BUCKET}-useast1.s3.amazonaws.com:443/x`],
  ['amazonaws.com', 'us-west-2', `https://${BUCKET}-uswest2.s3-us-west-2.amazonaws.com/x`],
  ['amazonaws.com', 'eu-central-1', `https://${BUCKET}-eucentral1.s3.eu-central-1.amazonaws.com/x`],
  ['amazonaws.com', 'eu-south-2', `https://${BUCKET}-eusouth2.s3.dualstack.eu-south-2.amazonaws.com/x`],
  ['amazonaws.com', 'us-gov-west-1', 'https://bucket.s3.us-gov-west-1.amazonaws.com/x'],
  ['amazonaws.com.cn', 'cn-north-1', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/x'],
])('the hosts of the partition with the suffix %s are taken in %s', async (urlSuffix, region, url) => {
  respond(200);
  await expect(new HttpsAnswers(urlSuffix, region).deliver(url, '{}')).resolves.toBe('accepted');
});
