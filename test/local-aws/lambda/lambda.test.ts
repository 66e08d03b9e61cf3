import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { zipSync, strToU8 } from 'fflate';
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { isObject, parseJson, type JsonObject } from '../json';
import { Kms } from '../kms';
import { LambdaService, type InvocationResult } from './lambda';
import { TaskDirectory } from './task-directory';
import { Logs } from '../logs';
import { S3Service } from '../s3/s3';
import { type Properties, type ResourceContext } from '../service';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };
const arn = 'arn:aws:lambda:eu-central-1:111122223333:function:echo';
const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'Echo',
  generatedName: 'stack-Echo-ABCDEFGHIJKL',
};

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

let clock: Clock;
let iam: IamService;
let kms: Kms;
let logs: Logs;
let s3: S3Service;
let lambda: LambdaService;
let roleArn: string;

beforeEach(() => begin());

async function begin(): Promise<void> {
  clock = new Clock();
  iam = new IamService({ clock, ...account });
  kms = new Kms({ iam, ...account });
  logs = new Logs({ kms, ...account });
  s3 = new S3Service({ clock, iam, ...account });
  s3.createBucket('assets');
  lambda = new LambdaService({ clock, iam, kms, s3, logs, ...account });
  const role = await iam.resourceTypes['AWS::IAM::Role'].create(
    {
      RoleName: 'runner',
      AssumeRolePolicyDocument: trust,
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    },
    context,
  );
  roleArn = String(role.attributes.Arn);
}

afterEach(async () => lambda.stop());

async function makeFunction(source: string, properties: Properties = {}, file = 'index.js'): Promise<void> {
  s3.putObject('assets', 'code.zip', Buffer.from(zipSync({ [file]: strToU8(source) })));
  await lambda.resourceTypes['AWS::Lambda::Function'].create({ ...defaults(), ...properties }, context);
}

function defaults(): Properties {
  return {
    FunctionName: 'echo',
    Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    Runtime: 'nodejs20.x',
    Handler: 'index.handler',
    Role: roleArn,
  };
}

/** Lets time pass until the function has answered. */
function invoke(payload: string): Promise<InvocationResult> {
  return clock.until(lambda.invoke('echo', payload));
}

async function answer(payload: unknown = {}): Promise<unknown> {
  return parseJson((await invoke(JSON.stringify(payload))).payload);
}

async function failure(): Promise<JsonObject> {
  const result = await invoke('{}');
  expect(result.functionError).toBe('Unhandled');
  const body = parseJson(result.payload);
  return isObject(body) ? body : {};
}

describe('running functions', () => {
  it('gives the event to the handler and returns what it returns', async () => {
    await makeFunction('exports.handler = async (event) => ({ got: event })');
    expect(await answer({ a: 1 })).toEqual({ got: { a: 1 } });
  });

  it.each([
    ['index.mjs', 'export const handler = async (event) => event.a'],
    ['index.js', 'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, event.a), 1) }'],
    ['index.cjs', 'module.exports = { handler: async (event) => event.a }'],
  ])('runs %s: %s', async (file, source) => {
    await makeFunction(source, {}, file);
    expect(await answer({ a: 'x' })).toBe('x');
  });

  it('runs inline code and has the AWS SDK of the runtime, and nothing else', async () => {
    const source = `
      const sdk = require('@aws-sdk/client-cleanrooms');
      exports.handler = async () => {
        let other; try { other = require('esbuild') } catch (error) { other = error.code }
        return [typeof sdk.CleanRoomsClient, other];
      }`;
    await makeFunction('', { Code: { ZipFile: source } });
    expect(await answer()).toEqual(['function', 'MODULE_NOT_FOUND']);
  });

  it("has the function's variables, the region, and the credentials of its role", async () => {
    await makeFunction('exports.handler = async () => process.env', { Environment: { Variables: { TABLE: 't' } } });
    const variables = await answer();
    expect(variables).toMatchObject({
      TABLE: 't',
      AWS_REGION: 'eu-central-1',
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/echo',
      _HANDLER: 'index.handler',
    });
    const keyId = isObject(variables) ? String(variables.AWS_ACCESS_KEY_ID) : '';
    expect(iam.callerOf(keyId)).toEqual({ roleArn, sessionName: 'echo' });
  });

  it('tells the handler its request and how much time remains', async () => {
    await makeFunction('exports.handler = async (e, c) => [c.awsRequestId, c.invokedFunctionArn, c.getRemainingTimeInMillis()]', {
      Timeout: 60,
    });
    const { requestId, payload } = await lambda.invoke('echo', '{}');
    const [id, functionArn, remaining] = JSON.parse(payload);
    expect([id, functionArn]).toEqual([requestId, arn]);
    expect(remaining).toBe(60_000); // computing takes no embedded time
  });

  it('keeps an environment warm for invocations in a row, and starts another one for those at the same time', async () => {
    await makeFunction(
      `
        let count = 0;
        exports.handler = async () => { const n = ++count; await new Promise((r) => setTimeout(r, 50)); return [process.pid, n] };`,
    );
    const first = await answer();
    expect(await answer()).toEqual([Array.isArray(first) && first[0], 2]);
    const [a, b] = await Promise.all([answer(), answer()]);
    expect(Array.isArray(a) && Array.isArray(b) && a[0] !== b[0]).toBe(true);
  });

  it('runs new code after an update', async () => {
    await makeFunction('exports.handler = async () => 1');
    expect(await answer()).toBe(1);
    s3.putObject('assets', 'two.zip', Buffer.from(zipSync({ 'index.js': strToU8('exports.handler = async () => 2') })));
    await lambda.resourceTypes['AWS::Lambda::Function'].update(
      'echo',
      { ...defaults(), Code: { S3Bucket: 'assets', S3Key: 'two.zip' } },
      context,
    );
    expect(await answer()).toBe(2);
  });

  it('writes what the function prints to its log group, as the runtime does', async () => {
    await makeFunction('exports.handler = async () => { console.log("hello", { a: 1 }); console.error("two\\nlines"); }');
    const { requestId } = await lambda.invoke('echo', '{}');
    const lines = logs.lines('/aws/lambda/echo');
    expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(lines[1]).toMatch(new RegExp(`^\\S+Z\t${requestId}\tINFO\thello { a: 1 }$`));
    expect(lines[2]).toMatch(/\tERROR\ttwo\rlines$/);
  });

  it('writes to the log group of LoggingConfig, and nowhere without permission', async () => {
    await makeFunction('exports.handler = async () => console.log("x")', { LoggingConfig: { LogGroup: 'mine' } });
    await answer();
    expect(logs.lines('mine').some((line) => line.endsWith('\tx'))).toBe(true);
    iam.detachRolePolicy('runner', 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole');
    const before = logs.lines('mine').length;
    await answer();
    expect(logs.lines('mine')).toHaveLength(before);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('an environment ends with the process that started it', async () => {
  const directory = new TaskDirectory();
  const script =
    `const child = require('child_process').spawn(process.execPath, [${JSON.stringify(directory.runner)}],` +
    "{ stdio: ['ignore', 'inherit', 'ignore', 'ipc'], env: { LOCAL_AWS_TIME: '0' } });" +
    "child.on('message', () => process.stdout.write(String(child.pid)));";
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(String(await once(parent.stdout, 'data')));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent.stdout, 'close'); // both had it
  directory.remove();
});

describe('embedded time in functions', () => {
  const SLEEP = 'const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));';

  it.each([
    ['setTimeout', 'await new Promise((resolve) => setTimeout(resolve, 3_600_000))'],
    ['timers/promises', "await require('node:timers/promises').setTimeout(3_600_000)"],
    ['scheduler.wait', "await require('node:timers/promises').scheduler.wait(3_600_000)"],
    ['setInterval', 'await new Promise((resolve) => { let n = 0; setInterval(() => ++n === 60 && resolve(), 60_000) })'],
    ['AbortSignal.timeout', "await require('node:events').once(AbortSignal.timeout(3_600_000), 'abort')"],
  ])('passes while they wait with %s, and at once', async (_, wait) => {
    await makeFunction(`exports.handler = async () => { const start = Date.now(); ${wait}; return [start, Date.now(), new Date() - 0] }`);
    // No function of AWS may run for an hour.
    lambda.find('echo').configuration = { ...lambda.find('echo').configuration, timeout: 7200 };
    const start = clock.now();
    expect(await answer()).toEqual([start, start + 3_600_000, start + 3_600_000]);
    expect(clock.now()).toBe(start + 3_600_000);
  });

  it('passes for a module that imports timers by name, and while it is loaded', async () => {
    const source = `
      import { setTimeout as sleep } from 'node:timers/promises';
      const start = Date.now();
      await sleep(10_000);
      const loadedAt = Date.now();
      export const handler = async () => { await sleep(5_000); return [loadedAt - start, Date.now() - loadedAt] };`;
    await makeFunction(source, { Timeout: 60 }, 'index.mjs');
    const start = clock.now();
    expect(await answer()).toEqual([10_000, 5_000]);
    expect(clock.now()).toBe(start + 15_000);
  });

  it('stands while they compute, so that none times out because a machine is slow', async () => {
    await makeFunction(
      `exports.handler = async () => {
        const { hrtime } = process;
        for (const end = hrtime.bigint() + 1_200_000_000n; hrtime.bigint() < end; );
        await require('node:util').promisify(require('node:zlib').gzip)(Buffer.alloc(50_000_000));
        return Date.now();
      }`,
      { Timeout: 1 },
    );
    const start = clock.now();
    expect(await answer()).toBe(start);
    expect(clock.now()).toBe(start);
  });

  it('wakes each when its own sleep is over', async () => {
    await makeFunction(`${SLEEP} exports.handler = async ({ ms }) => { await sleep(ms); return Date.now() }`, { Timeout: 100 });
    const start = clock.now();
    const ends: number[] = [];
    const invokeFor = async (ms: number): Promise<void> => {
      ends.push(JSON.parse((await lambda.invoke('echo', JSON.stringify({ ms }))).payload));
    };
    await clock.until(Promise.all([30_000, 10_000, 20_000].map(invokeFor)));
    expect(ends).toEqual([start + 10_000, start + 20_000, start + 30_000]);
  });

  it('is over for them at the timeout, whether they sleep, wait for nothing, or are slow because a test says so', async () => {
    await makeFunction(`${SLEEP} exports.handler = async ({ ms }) => (ms ? sleep(ms) : new Promise(() => {}))`, { Timeout: 20 });
    const timedOut = { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('Task timed out after 20.00 seconds') };
    for (const [event, slowness] of [[{ ms: 20_001 }, 0], [{}, 0], [{ ms: 15_000 }, 6_000]] as const) {
      lambda.faults.slowDown('echo', slowness);
      const start = clock.now();
      expect(await answer(event)).toEqual(timedOut);
      expect(clock.now()).toBe(start + 20_000);
    }
    lambda.faults.slowDown('echo', 4_000);
    expect(await answer({ ms: 15_000 })).toBeNull();
  });

  it('makes what is random the same in every run', async () => {
    const take = async (): Promise<unknown> => {
      await makeFunction('exports.handler = async () => [Math.random(), Math.random()]');
      return answer();
    };
    const taken = await take();
    await lambda.stop();
    await begin();
    expect(await take()).toEqual(taken);
    const [one, other] = Object.values(Object(taken));
    expect(one).not.toBe(other);
    expect([one, other].every((value) => typeof value === 'number' && value >= 0 && value < 1)).toBe(true);
  });
});

describe('failing functions', () => {
  it('reports an error that the handler throws, and logs it with its properties', async () => {
    await makeFunction('exports.handler = async () => { throw Object.assign(new TypeError("no"), { detail: 7 }) }');
    expect(await failure()).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
    expect(logs.lines('/aws/lambda/echo').join()).toMatch(/Invoke Error.*"detail":7/);
  });

  it('enforces the timeout and starts anew afterwards', async () => {
    await makeFunction(
      'let warm = 0; exports.handler = async (e) => { if (e.hang) await new Promise(() => setInterval(() => 0, 1000)); return ++warm }',
      { Timeout: 5 },
    );
    expect(await answer()).toBe(1);
    const start = clock.now();
    const { payload, requestId } = await invoke('{"hang":true}');
    expect(clock.now() - start).toBe(5000);
    expect(JSON.parse(payload)).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 5.00 seconds`,
    });
    expect(await answer()).toBe(1);
  });

  it('reports an error that escapes from a timer', async () => {
    await makeFunction('exports.handler = () => new Promise(() => setTimeout(() => { throw new TypeError("late") }, 2000))');
    const start = clock.now();
    expect(await failure()).toMatchObject({ errorType: 'TypeError', errorMessage: 'late' });
    expect(clock.now() - start).toBe(2000);
  });

  it('reports a process that ends by itself', async () => {
    await makeFunction('exports.handler = async () => process.exit(3)');
    expect(await failure()).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 3') });
  });

  it.each([
    ['exports.handler = 1', 'index.handler', 'Runtime.HandlerNotFound'],
    ['exports.handler = async () => 1', 'other.handler', 'Runtime.ImportModuleError'],
    ['throw new Error("at load")', 'index.handler', 'Error'],
  ])('reports a handler that can not be loaded: %s as %s', async (source, handler, errorType) => {
    await makeFunction(source, { Handler: handler });
    expect(await failure()).toMatchObject({ errorType });
  });
});

describe('asynchronous invocations', () => {
  const countingFailures = 'exports.handler = async (e) => { console.log("seen"); throw new Error("no") }';
  const seen = (): number => logs.lines('/aws/lambda/echo').filter((line) => line.endsWith('\tseen')).length;

  const settled = (count: number): Promise<void> => clock.until(() => lambda.deliveries().length === count);

  it('answer at once, and try the same event twice again, one and two minutes later', async () => {
    await makeFunction(countingFailures);
    expect(await lambda.invoke('echo', '{"n":1}', 'Event')).toMatchObject({ statusCode: 202, payload: '' });
    await settled(3);
    const deliveries = lambda.deliveries();
    expect(deliveries.map(({ attempt, outcome, event }) => [attempt, outcome, event])).toEqual(
      [1, 2, 3].map((n) => [n, 'error', { n: 1 }]),
    );
    expect(new Set(deliveries.map(({ requestId }) => requestId)).size).toBe(1);
    expect(deliveries[1].deliveredAt - deliveries[0].deliveredAt).toBe(60_000);
    expect(deliveries[2].deliveredAt - deliveries[1].deliveredAt).toBe(120_000);
    expect(seen()).toBe(3);
  });

  it('follow the EventInvokeConfig', async () => {
    await makeFunction(countingFailures);
    const { create } = lambda.resourceTypes['AWS::Lambda::EventInvokeConfig'];
    await create({ FunctionName: 'echo', Qualifier: '$LATEST', MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 3600 }, context);
    await lambda.invoke('echo', '{}', 'Event');
    await settled(2);
    await clock.until(clock.sleep(180_000));
    expect(seen()).toBe(2);
    await create({ FunctionName: 'echo', Qualifier: '$LATEST', MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 }, context);
    await lambda.invoke('echo', '{}', 'Event');
    await settled(4);
    expect(lambda.deliveries()[3].outcome).toBe('expired');
  });

  it('wait when they are throttled, without using up a retry', async () => {
    await makeFunction('exports.handler = async () => 1');
    lambda.faults.throttle('echo', 2);
    await lambda.invoke('echo', '{}', 'Event');
    await settled(3);
    expect(lambda.deliveries().map(({ outcome }) => outcome)).toEqual(['throttled', 'throttled', 'success']);
    expect(lambda.deliveries().map(({ deliveredAt, queuedAt }) => deliveredAt - queuedAt)).toEqual([0, 1000, 3000]);
  });

  it('can be delivered twice', async () => {
    await makeFunction('exports.handler = async () => console.log("seen")');
    lambda.faults.deliverTwice('echo');
    await lambda.invoke('echo', '{}', 'Event');
    await settled(2);
    expect(seen()).toBe(2);
    expect(lambda.deliveries()[0].requestId).toBe(lambda.deliveries()[1].requestId);
  });

  it('can be delivered again later, where the test decides so', async () => {
    await makeFunction('exports.handler = async () => 1');
    lambda.faults.deliverTwice((name) => name === 'echo', 1, 30_000);
    await lambda.invoke('echo', '{}', 'Event');
    await lambda.invoke('echo', '{}', 'Event');
    await settled(3);
    const again = lambda.deliveries()[2];
    expect(lambda.deliveries().filter(({ requestId }) => requestId === again.requestId)).toHaveLength(2);
    expect(again.deliveredAt - again.queuedAt).toBe(30_000);
  });
});

describe('faults', () => {
  const counting = 'exports.handler = async () => { console.log("seen"); return 1 }';
  const seen = (): number => logs.lines('/aws/lambda/echo').filter((line) => line.endsWith('\tseen')).length;

  it('crashes before or after the handler at the n-th invocation', async () => {
    await makeFunction(counting);
    lambda.faults.crash('echo', 'before', 2);
    lambda.faults.crash(/ech/, 'after', 3);
    expect(await answer()).toBe(1);
    expect(await failure()).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(seen()).toBe(1);
    expect(await failure()).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(seen()).toBe(2);
    expect(await answer()).toBe(1);
  });

  it('tells when invocations began and ended', async () => {
    await makeFunction('exports.handler = async () => new Promise((resolve) => setTimeout(resolve, 2000))');
    await clock.until(clock.sleep(1000));
    const start = clock.now();
    const { requestId } = await invoke('{}');
    expect(lambda.invocations).toEqual([{ functionName: 'echo', requestId, startedAt: start, endedAt: start + 2000 }]);
  });

  it('throttles invocations', async () => {
    await makeFunction(counting);
    lambda.faults.throttle(arn, 1);
    await expect(lambda.invoke('echo', '{}')).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
    expect(await answer()).toBe(1);
  });

  it('kills environments at work', async () => {
    const source = 'exports.handler = async () => { console.log("at work"); return new Promise(() => setInterval(() => 0, 1000)) }';
    await makeFunction(source, { Timeout: 900 });
    const running = lambda.invoke('echo', '{}');
    await clock.until(() => logs.lines('/aws/lambda/echo').some((line) => line.endsWith('at work')));
    await lambda.killEnvironments('echo');
    expect(JSON.parse((await clock.until(running)).payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
  });
});

describe('what Lambda refuses', () => {
  it('refuses a caller whose role may not invoke, unless the function itself permits it', async () => {
    await makeFunction('exports.handler = async () => 1');
    await expect(lambda.invoke('echo', '{}', 'Event', { roleArn })).rejects.toThrow(
      /not authorized to perform: lambda:InvokeFunction on resource: .*:function:echo because/,
    );
    await lambda.resourceTypes['AWS::Lambda::Permission'].create(
      { FunctionName: arn, Action: 'lambda:InvokeFunction', Principal: roleArn },
      context,
    );
    expect(await lambda.invoke('echo', '{}', 'RequestResponse', { roleArn })).toMatchObject({ payload: '1' });
  });

  it('refuses more at a time than the reserved concurrency', async () => {
    await makeFunction('exports.handler = async () => new Promise((r) => setTimeout(r, 100))', { ReservedConcurrentExecutions: 1 });
    const first = answer();
    await expect(lambda.invoke('echo', '{}')).rejects.toMatchObject({ code: 'TooManyRequestsException' });
    await first;
  });

  it.each([
    [{ Runtime: 'python3.13' }, 'Node.js functions only'],
    [{ Timeout: 901 }, 'is not between 1 and 900'],
    [{ Role: 'arn:aws:iam::111122223333:role/nobody' }, 'cannot be assumed by Lambda'],
    [{ Code: { S3Bucket: 'assets', S3Key: 'missing.zip' } }, 'NoSuchKey'],
    [{ Code: { S3Bucket: 'assets', S3Key: 'broken.zip' } }, 'Could not unzip uploaded file'],
    [{ Environment: { Variables: { AWS_REGION: 'x' } } }, 'reserved keys'],
    [{ Environment: { Variables: { BIG: 'x'.repeat(4096) } } }, 'exceeded the 4KB limit'],
    [{ FunctionName: 'a b' }, 'failed to satisfy constraint'],
    [{ Layers: ['arn'] }, 'no layers'],
    [{ Oops: 1 }, 'extraneous key [Oops]'],
    [{ Handler: undefined }, 'required key [Handler] not found'],
  ])('refuses properties: %#', async (properties, message) => {
    s3.putObject('assets', 'broken.zip', Buffer.from('not a zip'));
    await expect(makeFunction('exports.handler = 1', properties)).rejects.toThrow(message);
  });

  it('refuses a VPC without permission for its network interfaces, and a security group that is not there', async () => {
    const vpc = (group: string): Properties => ({ VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [group] } });
    await expect(makeFunction('exports.handler = 1', vpc('sg-1'))).rejects.toThrow(
      'The provided execution role does not have permissions to call CreateNetworkInterface on EC2',
    );
    iam.putRolePolicy('runner', 'network', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] });
    const groups = lambda.resourceTypes['AWS::EC2::SecurityGroup'];
    const { physicalId: group } = await groups.create({ GroupDescription: 'ours' }, context);
    await makeFunction('exports.handler = 1', vpc(group));
    await expect(groups.delete(group, {}, context)).rejects.toThrow('has a dependent object');
    await lambda.deleteFunction('echo');
    await groups.delete(group, {}, context);
    await expect(makeFunction('exports.handler = 1', vpc(group))).rejects.toThrow('InvalidGroup.NotFound');
  });

  it('refuses to run a function whose role can not decrypt its variables', async () => {
    const { attributes } = await kms.resourceTypes['AWS::KMS::Key'].create({}, context);
    await makeFunction('exports.handler = async () => 1', { KmsKeyArn: attributes.Arn });
    await expect(lambda.invoke('echo', '{}')).rejects.toMatchObject({ code: 'KMSAccessDeniedException' });
    iam.putRolePolicy('runner', 'key', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: attributes.Arn }] });
    expect(await answer()).toBe(1);
  });

  it('refuses payloads that are too large or no JSON, a second function of the name, and an unknown function', async () => {
    await makeFunction('exports.handler = async () => 1');
    await expect(makeFunction('exports.handler = async () => 1')).rejects.toThrow('Function already exist: echo');
    await expect(lambda.invoke('echo', JSON.stringify('x'.repeat(1_048_576)), 'Event')).rejects.toMatchObject({ status: 413 });
    await expect(lambda.invoke('echo', '{')).rejects.toMatchObject({ code: 'InvalidRequestContentException' });
    await expect(lambda.invoke('nobody', '{}')).rejects.toMatchObject({ code: 'ResourceNotFoundException', status: 404 });
  });
});

describe('the REST API', () => {
  const request = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
  ): Parameters<LambdaService['handle']>[0] => ({
    method,
    path,
    headers,
    body: Buffer.from(body),
    host: 'lambda',
    query: new URLSearchParams(),
    caller: {},
  });

  it('invokes and describes functions', async () => {
    await makeFunction('exports.handler = async (e) => { if (e.fail) throw new Error("no"); return e }');
    const path = '/2015-03-31/functions/echo/invocations';
    expect(await lambda.handle(request('POST', path, {}, '{"a":1}'))).toMatchObject({ status: 200, body: '{"a":1}' });
    expect(await lambda.handle(request('POST', path, {}, '{"fail":1}'))).toMatchObject({
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
    });
    expect(await lambda.handle(request('POST', path, { 'x-amz-invocation-type': 'Event' }))).toMatchObject({ status: 202, body: '' });
    const { body } = await lambda.handle(request('GET', '/2015-03-31/functions/echo'));
    expect(parseJson(String(body))).toMatchObject({ Configuration: { State: 'Active', LastUpdateStatus: 'Successful', FunctionArn: arn } });
    await expect(lambda.handle(request('PUT', path))).rejects.toThrow('does not know PUT');
  });
});
