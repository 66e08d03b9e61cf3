import { LocalAws } from '../local-aws';
import { type ResourceContext } from '../service';

/** What invokes the function `sleeper`, which sleeps, and tells the time since its own start. */
const PRELUDE = `
  const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
  const lambda = new LambdaClient({});
  const start = Date.now();
  const elapsed = () => Date.now() - start;
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Takes some real time in another thread. */
  const compute = () => require('node:util').promisify(require('node:zlib').gzip)(Buffer.alloc(20_000_000));
  const payload = (ms) => JSON.stringify({ ms });
  /** When the other function has ended. */
  const invoke = async (ms, options) => {
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'sleeper', Payload: payload(ms) }), options);
    return JSON.parse(answer.Payload.transformToString()) - start;
  };`;

let aws: LocalAws;
let start: number;

beforeEach(async () => {
  aws = await LocalAws.start();
  start = aws.clock.now();
  const trust = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }] };
  aws.iam.createRole('runner', '/', trust);
  aws.iam.putRolePolicy('runner', 'everything', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
  const sleep = 'new Promise((resolve) => setTimeout(resolve, ms))';
  await make('sleeper', `exports.handler = async ({ ms }) => { await ${sleep}; return Date.now() };`);
});

afterEach(() => aws.stop());

async function make(name: string, source: string, timeout = 900): Promise<void> {
  const { region, accountId, partition } = aws;
  const context: ResourceContext = { region, accountId, partition, stackId: '', stackName: '', logicalId: '', generatedName: '' };
  const properties = {
    FunctionName: name,
    Code: { ZipFile: source },
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: `arn:aws:iam::${accountId}:role/runner`,
    Timeout: timeout,
  };
  await aws.lambda.resourceTypes['AWS::Lambda::Function'].create(properties, context);
}

/** What the body of a handler that can use the prelude returns. */
async function run(body: string, timeout?: number): Promise<unknown> {
  await make('caller', `${PRELUDE} exports.handler = async () => { ${body} };`, timeout);
  const { payload } = await aws.clock.until(aws.lambda.invoke('caller', '{}'));
  return JSON.parse(payload);
}

/** When invocations of the function began and ended. */
function invocations(name: string): (readonly [number, number])[] {
  const ended = aws.lambda.invocations.filter(({ functionName }) => functionName === name);
  return ended.map(({ startedAt, endedAt }) => [startedAt - start, endedAt - start] as const);
}

describe('a function that waits for another one', () => {
  it('knows what time it is when it has the answer', async () => {
    expect(await run('return [await invoke(35_000), elapsed()]')).toEqual([35_000, 35_000]);
    expect(aws.clock.now() - start).toBe(35_000);
  });

  it('has its own timers run on meanwhile', async () => {
    const body = `
      const ticks = [];
      const interval = setInterval(() => ticks.push(elapsed()), 10_000);
      await invoke(35_000);
      clearInterval(interval);
      return ticks;`;
    expect(await run(body)).toEqual([10_000, 20_000, 30_000]);
  });

  it.each([
    [
      'fetch',
      "fetch(process.env.AWS_ENDPOINT_URL + path, { method: 'POST', headers, body: payload(35_000) }).then((answer) => answer.text())",
    ],
    [
      'TLS',
      `new Promise((resolve) => {
        const options = { host: 'lambda.us-east-1.amazonaws.com', path, method: 'POST', headers };
        const request = require('node:https').request(options, (answer) => answer.toArray().then((chunks) => resolve(chunks.join(''))));
        request.end(payload(35_000));
      })`,
    ],
  ])('may do so with %s', async (_, request) => {
    const body = `
      const headers = { authorization: 'Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/us-east-1/lambda/aws4_request' };
      const path = '/2015-03-31/functions/sleeper/invocations';
      const ticks = [];
      const interval = setInterval(() => ticks.push(elapsed()), 20_000);
      const answer = await ${request};
      clearInterval(interval);
      return [answer - start, elapsed(), ticks];`;
    expect(await run(body)).toEqual([35_000, 35_000, [20_000]]);
  });

  it('goes on with one answer while it waits for another', async () => {
    const body = `
      const first = async () => {
        const answeredAt = await invoke(15_000);
        await compute();
        return [answeredAt, elapsed(), await invoke(1_000), elapsed()];
      };
      return Promise.all([first(), invoke(35_000)]);`;
    expect(await run(body)).toEqual([[15_000, 15_000, 16_000, 16_000], 35_000]);
    expect(aws.clock.now() - start).toBe(35_000);
  });

  it('can sleep, and ask for more, before it has the answer', async () => {
    const body = `
      const long = invoke(35_000);
      await sleep(10_000);
      await compute();
      return [elapsed(), await invoke(1_000), elapsed(), await long, elapsed()];`;
    expect(await run(body)).toEqual([10_000, 11_000, 11_000, 35_000, 35_000]);
  });

  it('is at work again as soon as it has given the request up, and does not time out by computing', async () => {
    const body = `
      const error = await invoke(35_000, { abortSignal: AbortSignal.timeout(5_000) }).catch(({ name }) => name);
      const givenUpAt = elapsed();
      await compute();
      const computedAt = elapsed();
      await sleep(2_000);
      return [error, givenUpAt, computedAt, elapsed()];`;
    expect(await run(body, 10)).toEqual(['AbortError', 5_000, 5_000, 7_000]);
    expect(invocations('caller')).toEqual([[0, 7_000]]);
    await aws.clock.until(aws.clock.sleep(28_000));
    expect(invocations('sleeper')).toEqual([[0, 35_000]]); // the service does not learn that its caller has gone
  });

  it('times out meanwhile', async () => {
    expect(await run('return invoke(35_000)', 10)).toMatchObject({ errorType: 'Sandbox.Timedout' });
    expect(invocations('caller')).toEqual([[0, 10_000]]);
  });

  it('can be killed meanwhile', async () => {
    await make('caller', `${PRELUDE} exports.handler = async () => invoke(35_000);`);
    const running = aws.lambda.invoke('caller', '{}');
    await aws.clock.until(aws.clock.sleep(10_000));
    await aws.clock.until(aws.lambda.killEnvironments('caller'));
    expect(JSON.parse((await aws.clock.until(running)).payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(invocations('caller')).toEqual([[0, 10_000]]);
  });
});

test('several that wait at the same time go on in the order of the answers', async () => {
  await make('caller', `${PRELUDE} exports.handler = async ({ ms }) => [await invoke(ms), elapsed()];`);
  const ends: number[] = [];
  const call = async (ms: number): Promise<void> => {
    const { payload } = await aws.lambda.invoke('caller', JSON.stringify({ ms }));
    expect(JSON.parse(payload)).toEqual([ms, ms]);
    ends.push(aws.clock.now() - start);
  };
  await aws.clock.until(Promise.all([30_000, 10_000, 20_000].map(call)));
  expect(ends).toEqual([10_000, 20_000, 30_000]);
});

test('the logs have nothing of how its time is made', async () => {
  await run('return invoke(1_000)');
  const lines = aws.logs.lines('/aws/lambda/caller').filter((line) => !line.includes('NodeVersionSupportWarning'));
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['START', 'END']);
});
