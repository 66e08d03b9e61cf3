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

test.each([
  'http://bucket.s3.amazonaws.com/x',
  'https://example.com/x',
  'https://amazonaws.com.example.com/x',
  'https://xamazonaws.com/x',
  'not a URL',
])('nothing is sent to %s', async (url) => {
  await expect(new HttpsAnswers('amazonaws.com').deliver(url, '{}')).resolves.toBe('refused');
  expect(fetchMock).not.toHaveBeenCalled();
});

test.each([
  ['amazonaws.com', 'https://bucket.s3-us-west-2.amazonaws.com/x'],
  ['amazonaws.com.cn', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/x'],
])('the hosts of the partition with the suffix %s are taken', async (urlSuffix, url) => {
  respond(200);
  await expect(new HttpsAnswers(urlSuffix).deliver(url, '{}')).resolves.toBe('accepted');
});
