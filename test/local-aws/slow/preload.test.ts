import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { LocalAws } from '../local-aws';

const run = promisify(execFile);
let aws: LocalAws;

beforeAll(async () => {
  aws = await LocalAws.start();
});
afterAll(() => aws.stop());

/** What the script prints in a process with the environment of a client. */
async function output(script: string, environment: Readonly<Record<string, string>> = aws.environment()): Promise<string> {
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
    // The embedded AWS does not speak HTTP/2, but the refusal comes from it.
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

test('a client lives in real time, though the embedded time stands while it runs', async () => {
  const embedded = aws.clock.now();
  const before = Date.now();
  const script = 'setTimeout(() => console.log(Date.now(), new Date() - 0), 1)';
  const shown = await aws.asClient((environment) => output(script, environment));
  for (const time of shown.split(' ').map(Number)) {
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  }
  expect(aws.clock.now()).toBe(embedded);
});

test('requests are marked for the client that the process is, whichever way they take', async () => {
  const marks: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    marks.push(request.headers['x-local-aws-client']?.toString());
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const script = `
    const http = require('http');
    const call = (request) => new Promise((resolve) => request.on('response', (response) => response.resume().on('end', resolve)).end());
    (async () => {
      await call(http.request('${url}'));
      await call(http.get('${url}'));
      await call((await import('node:http')).request('${url}'));
      await fetch('${url}');
    })();`;
  await output(script, { ...aws.environment(), LOCAL_AWS_CLIENT: 'somebody' });
  await output(script);
  server.close();
  expect(marks).toEqual([...Array(4).fill('somebody'), ...Array(4).fill(undefined)]);
});
