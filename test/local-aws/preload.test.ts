import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocalAws } from './local-aws';

const run = promisify(execFile);
let aws: LocalAws;

beforeAll(async () => {
  aws = await LocalAws.start();
});
afterAll(() => aws.stop());

/** What the script prints in a process with the environment of a client. */
async function output(script: string, environment = aws.environment()): Promise<string> {
  const { stdout } = await run(process.execPath, ['-e', script], { env: { PATH: process.env.PATH, ...environment } });
  return stdout.trim();
}

const requests = {
  'node:https':
    "require('https').get(URL, (response) => { console.log(response.statusCode); response.resume(); })" +
    ".on('error', (error) => console.log(error.message));",
  'fetch': 'fetch(URL).then((response) => console.log(response.status), (error) => console.log(error.cause.message));',
  'node:http2': "require('http2').connect(URL).on('error', (error) => console.log(error.message));",
};

describe.each(Object.entries(requests))('with %s', (name, script) => {
  test('a real host name of AWS is the embedded AWS, and its certificate is valid', async () => {
    const answer = await output(script.replace('URL', "'https://no-such-bucket.s3.us-east-1.amazonaws.com/key'"));
    // The embedded AWS does not speak HTTP/2, but it is who says so.
    expect(answer).toMatch(name === 'node:http2' ? /no application protocol/ : /^404$/);
  });

  test('a connection to anywhere else is refused, and the error says to where', async () => {
    const answer = await output(script.replace('URL', "'https://registry.npmjs.org/aws-cdk'"));
    expect(answer).toContain('the embedded AWS refused a connection to registry.npmjs.org:443');
  });
});

test('China has another domain', async () => {
  expect(await output(requests.fetch.replace('URL', "'https://no-such-bucket.s3.cn-north-1.amazonaws.com.cn/key'"))).toBe('404');
});

test('an address of the instance metadata is refused too', async () => {
  expect(await output(requests.fetch.replace('URL', "'http://169.254.169.254/latest'"))).toContain(
    'refused a connection to 169.254.169.254:80',
  );
});

test('plain net.connect by port and host is refused as well', async () => {
  const script = "require('net').connect(80, 'example.com').on('error', (error) => console.log(error.message));";
  expect(await output(script)).toContain('refused a connection to example.com:80');
});

test('only what Lambda runs lives in the faster time', async () => {
  const fast = { ...aws.childEnvironment(), LOCAL_AWS_CLOCK_START: String(Date.now() - 1000), LOCAL_AWS_CLOCK_FACTOR: '100000' };
  const script = 'console.log(new Date() - 0, Date.now(), new Date(5) - 0, new Date() instanceof Date)';
  const [fastDate, fastNow, given, isDate] = (await output(script, fast)).split(' ');
  const [slowDate] = (await output(script)).split(' ');
  expect(Number(fastDate)).toBeGreaterThan(Date.now() + 50_000_000);
  expect(Number(fastNow)).toBeGreaterThan(Date.now() + 50_000_000);
  expect(Number(slowDate)).toBeLessThanOrEqual(Date.now());
  expect([given, isDate]).toEqual(['5', 'true']);
});
