import {
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  DescribeExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CertificateAuthority } from '../certificate';
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { isObject, parseJson } from '../json';
import { type InvocationResult } from '../lambda/lambda';
import { AwsServer } from '../server';
import { AwsError, type Caller, type Properties, type ResourceContext } from '../service';
import { StepFunctionsService, type Execution } from './step-functions';
import { LogsDouble } from '../test-doubles';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };
const functionArn = 'arn:aws:lambda:eu-central-1:111122223333:function:advance';
const machineArn = 'arn:aws:states:eu-central-1:111122223333:stateMachine:clock';
const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'Clock',
  generatedName: 'stack-Clock-ABCDEFGHIJKL',
};
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } }],
};
const allow = (action: string | string[], resource: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
});

/** A function that a test writes, behind the same permission check as Lambda's. */
class FunctionDouble {
  handler?: (event: unknown) => unknown;
  readonly events: unknown[] = [];

  constructor(private readonly iam: IamService) {}

  async invoke(arn: string, payload: string, _type: string, caller: Caller): Promise<InvocationResult> {
    this.iam.authorize(caller, 'lambda:InvokeFunction', arn);
    const event = parseJson(payload);
    this.events.push(event);
    const answer = { statusCode: 200, requestId: 'r' };
    try {
      return { ...answer, payload: JSON.stringify(this.handler ? await this.handler(event) : event) };
    } catch (error) {
      if (error instanceof AwsError) {
        throw error;
      }
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { ...answer, payload: JSON.stringify({ errorType: name, errorMessage: message }), functionError: 'Unhandled' };
    }
  }
}

let clock: Clock;
let iam: IamService;
let lambda: FunctionDouble;
let logs: LogsDouble;
let states: StepFunctionsService;
let roleArn: string;

beforeEach(async () => {
  clock = new Clock(600);
  iam = new IamService({ clock, ...account });
  lambda = new FunctionDouble(iam);
  logs = new LogsDouble();
  states = new StepFunctionsService({ clock, iam, lambda, logs, ...account, leastRealTimeout: 20 });
  const role = await iam.resourceTypes['AWS::IAM::Role'].create(
    {
      RoleName: 'clock',
      AssumeRolePolicyDocument: trust,
      Policies: [{ PolicyName: 'p', PolicyDocument: allow('lambda:InvokeFunction', functionArn) }],
    },
    context,
  );
  roleArn = String(role.attributes.Arn);
});

afterEach(() => states.stop());

async function define(definition: unknown, properties: Properties = {}): Promise<void> {
  await states.resourceTypes['AWS::StepFunctions::StateMachine'].create(
    {
      StateMachineName: 'clock',
      RoleArn: roleArn,
      DefinitionString: JSON.stringify(definition),
      ...properties,
    },
    context,
  );
}

/** The names of the states do not matter to most tests: the first one starts. */
async function run(machineStates: Record<string, object>, input: unknown = {}): Promise<Execution> {
  await define({ StartAt: Object.keys(machineStates)[0], States: machineStates });
  return execute(input);
}

async function execute(input: unknown): Promise<Execution> {
  await states.handle(request('StartExecution', { stateMachineArn: machineArn, input: JSON.stringify(input) }));
  const execution = states.executions()[0];
  await execution.ended;
  return execution;
}

function request(operation: string, body: object): Parameters<StepFunctionsService['handle']>[0] {
  return {
    method: 'POST',
    host: 'states',
    path: '/',
    query: new URLSearchParams(),
    caller: {},
    headers: { 'x-amz-target': `AWSStepFunctions.${operation}` },
    body: Buffer.from(JSON.stringify(body)),
  };
}

const task = (more: object = {}): object => ({ Type: 'Task', Resource: functionArn, End: true, ...more });
const pass = (more: object = {}): object => ({ Type: 'Pass', End: true, ...more });

describe('states', () => {
  it('invoke a function and pass its result on', async () => {
    lambda.handler = () => ({ done: true });
    const execution = await run({ Advance: task() }, { request: 1 });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { done: true }, input: { request: 1 } });
    expect(lambda.events).toEqual([{ request: 1 }]);
  });

  it('invoke by arn:aws:states:::lambda:invoke with parameters from paths', async () => {
    lambda.handler = (event) => ({ echo: event });
    const execution = await run(
      {
        Advance: task({
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: {
            FunctionName: functionArn,
            Payload: {
              'id.$': '$.request.id',
              'name.$': '$$.Execution.Name',
              'text.$': "States.Format('{}-{}', $.request.id, 2)",
              'fixed': 1,
            },
          },
          ResultSelector: { 'answer.$': '$.Payload.echo' },
          ResultPath: '$.result.inner',
          OutputPath: '$.result',
        }),
      },
      { request: { id: 'x' } },
    );
    const name = execution.identity.name;
    expect(execution.output).toEqual({ inner: { answer: { id: 'x', name, text: 'x-2', fixed: 1 } } });
  });

  it('wait on the embedded clock', async () => {
    const before = clock.now();
    const execution = await run(
      { Wait: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'More' }, More: { Type: 'Wait', Seconds: 600, End: true } },
      { seconds: 60 },
    );
    expect(execution.status).toBe('SUCCEEDED');
    expect(clock.now() - before).toBeGreaterThanOrEqual(659_000);
    expect(clock.now() - before).toBeLessThan(3_000_000);
  });

  it('wait until a timestamp', async () => {
    const at = clock.now() + 1_200_000;
    await run({ Wait: { Type: 'Wait', TimestampPath: '$.at', End: true } }, { at: new Date(at).toISOString() });
    expect(clock.now()).toBeGreaterThanOrEqual(at - 1000);
  });

  it('shape data with Pass, InputPath, Parameters, ResultPath and OutputPath', async () => {
    const execution = await run(
      {
        One: { Type: 'Pass', InputPath: '$.a', Parameters: { 'b.$': '$.b' }, ResultPath: '$.c', Next: 'Two' },
        Two: { Type: 'Pass', Result: [1], ResultPath: "$['d']", Next: 'Three' },
        Three: pass({ ResultPath: null, OutputPath: '$' }),
      },
      { a: { b: 5 } },
    );
    expect(execution.output).toEqual({ a: { b: 5 }, c: { b: 5 }, d: [1] });
  });

  it('end with Succeed and Fail', async () => {
    expect(await run({ End: { Type: 'Succeed', OutputPath: '$.x' } }, { x: 1 })).toMatchObject({ status: 'SUCCEEDED', output: 1 });
    await states.resourceTypes['AWS::StepFunctions::StateMachine'].update(
      machineArn,
      {
        RoleArn: roleArn,
        Definition: { StartAt: 'End', States: { End: { Type: 'Fail', Error: '${name}', CausePath: '$.why' } } },
        DefinitionSubstitutions: { name: 'Custom' },
      },
      context,
    );
    await states.handle(request('StartExecution', { stateMachineArn: machineArn, name: 'two', input: '{"why":"because"}' }));
    await states.executions()[1].ended;
    expect(states.executions()[1]).toMatchObject({ status: 'FAILED', error: 'Custom', cause: 'because' });
  });

  it.each([
    [{ Variable: '$.n', NumericGreaterThan: 4 }, true],
    [{ Variable: '$.n', NumericLessThanEqualsPath: '$.m' }, false],
    [{ Variable: '$.s', StringEquals: 'abc' }, true],
    [{ Variable: '$.s', StringLessThan: 'abb' }, false],
    [{ Variable: '$.s', StringMatches: 'a*c' }, true],
    [{ Variable: '$.b', BooleanEquals: true }, true],
    [{ Variable: '$.t', TimestampLessThan: '2026-01-02T00:00:00Z' }, true],
    [{ Variable: '$.x', IsPresent: false }, true],
    [{ Variable: '$.t', IsTimestamp: true }, true],
    [{ Variable: '$.s', IsNumeric: true }, false],
    [{ Variable: '$.z', IsNull: true }, true],
    [{ Variable: '$.s', NumericEquals: 1 }, false],
    [{ And: [{ Variable: '$.b', BooleanEquals: true }, { Not: { Variable: '$.n', NumericEquals: 5 } }] }, false],
    [
      {
        Or: [
          { Variable: '$.b', BooleanEquals: false },
          { Variable: '$.list[1]', NumericEquals: 8 },
        ],
      },
      true,
    ],
  ])('choose by %j: %s', async (rule, expected) => {
    const execution = await run(
      {
        Choice: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
        Yes: pass({ Result: true }),
        No: pass({ Result: false }),
      },
      { n: 5, m: 4, s: 'abc', b: true, t: '2026-01-01T00:00:00Z', z: null, list: [7, 8] },
    );
    expect(execution.output).toBe(expected);
  });

  it('fail when no choice matches, or a path has no value', async () => {
    const choice = (rule: object): Record<string, object> => ({
      Choice: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }] },
      Yes: pass(),
    });
    expect(await run(choice({ Variable: '$.n', NumericEquals: 1 }), { n: 2 })).toMatchObject({
      status: 'FAILED',
      error: 'States.NoChoiceMatched',
    });
    states.deleteStateMachine(machineArn);
    await define({ StartAt: 'Choice', States: choice({ Variable: '$.n', NumericEquals: 1 }) });
    await states.handle(request('StartExecution', { stateMachineArn: machineArn, name: 'two' }));
    await states.executions()[1].ended;
    expect(states.executions()[1]).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: expect.stringContaining('$.n') });
  });
});

describe('errors of tasks', () => {
  const error = (name: string): Error => Object.assign(new Error('message'), { name });

  it('fail the execution with the error type and the payload as cause', async () => {
    lambda.handler = () => {
      throw error('TypeError');
    };
    expect(await run({ Advance: task() })).toMatchObject({
      status: 'FAILED',
      error: 'TypeError',
      cause: '{"errorType":"TypeError","errorMessage":"message"}',
    });
  });

  it('are retried with back-off on the embedded clock, then caught', async () => {
    const times: number[] = [];
    lambda.handler = () => {
      times.push(clock.now());
      throw error('Busy');
    };
    const execution = await run(
      {
        Advance: task({
          Retry: [
            { ErrorEquals: ['Other'], MaxAttempts: 9 },
            { ErrorEquals: ['Busy'], IntervalSeconds: 20, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 100 },
          ],
          Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.failure', Next: 'Caught' }],
        }),
        Caught: pass(),
      },
      { a: 1 },
    );
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { a: 1, failure: { Error: 'Busy' } } });
    const gaps = times.slice(1).map((time, index) => time - times[index]);
    expect(gaps).toHaveLength(3);
    [20_000, 60_000, 100_000].forEach((least, index) => expect(gaps[index]).toBeGreaterThanOrEqual(least - 1000));
  });

  it('from the Lambda service itself have the names that the CDK retries', async () => {
    let calls = 0;
    lambda.handler = () => {
      calls += 1;
      if (calls === 1) {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      }
      if (calls === 2) {
        throw new AwsError('ServiceException', 'down', 500);
      }
      return calls;
    };
    const execution = await run({
      Advance: task({ Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException'] }] }),
    });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 3 });
  });

  it('are States.Timeout after TimeoutSeconds, which States.TaskFailed does not catch', async () => {
    lambda.handler = () => new Promise(() => undefined);
    const execution = await run({
      Advance: task({
        TimeoutSeconds: 30,
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
          { ErrorEquals: ['States.ALL'], Next: 'Right' },
        ],
      }),
      Wrong: pass(),
      Right: pass(),
    });
    expect(execution.output).toMatchObject({ Error: 'States.Timeout' });
  });

  it('tell of a role that may not invoke the function', async () => {
    iam.deleteRolePolicy('clock', 'p');
    expect(await run({ Advance: task() })).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringMatching(/assumed-role\/clock\/\w+ is not authorized to perform: lambda:InvokeFunction/),
    });
  });

  it('tell of parameters whose path has no value', async () => {
    const execution = await run({ Advance: task({ Parameters: { 'x.$': '$.missing' } }) });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.ParameterPathFailure' });
  });

  it('tell of results over 256 KB', async () => {
    lambda.handler = () => 'x'.repeat(300_000);
    expect(await run({ Advance: task() })).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('executions', () => {
  it('fail at the limit of history events', async () => {
    states = new StepFunctionsService({ clock, iam, lambda, logs, ...account, historyLimit: 40 });
    const execution = await run({ Advance: task({ End: undefined, Next: 'Wait' }), Wait: { Type: 'Wait', Seconds: 1, Next: 'Advance' } });
    expect(execution).toMatchObject({
      status: 'FAILED',
      cause: 'The execution reached the maximum number of history events (40).',
      historyEvents: 40,
    });
    // ExecutionStarted, then 5 events of the task and 2 of the wait in each round.
    expect(lambda.events.length).toBe(6);
  });

  it('time out as a whole', async () => {
    await define({ StartAt: 'Wait', TimeoutSeconds: 60, States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } });
    expect((await execute({})).status).toBe('TIMED_OUT');
  });

  it('are aborted with their state machine', async () => {
    await define({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } });
    const execution = execute({});
    await states.resourceTypes['AWS::StepFunctions::StateMachine'].delete(machineArn, {}, context);
    expect((await execution).status).toBe('ABORTED');
  });

  it('are logged as LoggingConfiguration says, with data only if it says so', async () => {
    iam.putRolePolicy('clock', 'logs', allow('logs:*', '*'));
    const destination = { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-central-1:111122223333:log-group:group:*' } };
    const definition = { StartAt: 'Advance', States: { Advance: task() } };
    await define(definition, { LoggingConfiguration: { Level: 'ALL', Destinations: [destination] } });
    await execute({ secret: 'x7x' });
    expect(logs.lines('group').map((line) => Object(parseJson(line)).type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(logs.lines('group').join()).not.toContain('x7x');
    await states.resourceTypes['AWS::StepFunctions::StateMachine'].update(
      machineArn,
      {
        RoleArn: roleArn,
        Definition: definition,
        LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true, Destinations: [destination] },
      },
      context,
    );
    await states.handle(request('StartExecution', { stateMachineArn: machineArn, name: 'two', input: '{"secret":"y8y"}' }));
    await states.executions()[1].ended;
    expect(logs.lines('group').join()).toContain('y8y');
  });
});

describe('definitions that are refused', () => {
  const good = { StartAt: 'A', States: { A: pass() } };
  it.each<[string, unknown]>([
    ['JSONPath only, not JSONata', { ...good, QueryLanguage: 'JSONata' }],
    ["Field 'Assign' is not supported at /States/A", { StartAt: 'A', States: { A: pass({ Assign: {} }) } }],
    ["Field 'Nonsense' is not supported at /States/A", { StartAt: 'A', States: { A: pass({ Nonsense: 1 }) } }],
    ['no state type "Parallel"', { StartAt: 'A', States: { A: { Type: 'Parallel', End: true } } }],
    ["exactly one of them: ['Next', 'End']", { StartAt: 'A', States: { A: { Type: 'Pass' } } }],
    ["Missing 'Next' target: B", { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } }],
    ["Missing 'Next' target: X", { ...good, StartAt: 'X' }],
    ['State "B" is not reachable', { StartAt: 'A', States: { A: pass(), B: pass() } }],
    ['not a Reference Path at /States/A/ResultPath', { StartAt: 'A', States: { A: pass({ ResultPath: '$.a[*]' }) } }],
    ['valid JSONPath', { StartAt: 'A', States: { A: pass({ Parameters: { 'x.$': 'plain' } }) } }],
    ['no intrinsic function States.Hash', { StartAt: 'A', States: { A: pass({ Parameters: { 'x.$': "States.Hash($.a, 'MD5')" } }) } }],
    ['invoke Lambda functions only', { StartAt: 'A', States: { A: task({ Resource: 'arn:aws:states:::sns:publish' }) } }],
    ["'FunctionName' is required", { StartAt: 'A', States: { A: task({ Resource: 'arn:aws:states:::lambda:invoke', Parameters: {} }) } }],
    ['alone and last', { StartAt: 'A', States: { A: task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] }) } }],
    [
      'at least 1 at /States/A/Retry[0]/IntervalSeconds',
      { StartAt: 'A', States: { A: task({ Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 0 }] }) } },
    ],
    ['Exactly one of Seconds', { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1, SecondsPath: '$.x', End: true } } }],
    [
      'exactly one comparison operator',
      { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$.x', StringIs: 'x', Next: 'B' }] }, B: pass() } },
    ],
    [
      "MISSING 'Next' at /States/A/Choices[0]",
      { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$.x', IsNull: true }], Default: 'B' }, B: pass() } },
    ],
  ])('%s', async (message, definition) => {
    await expect(define(definition)).rejects.toMatchObject({ code: 'InvalidDefinition', message: expect.stringContaining(message) });
  });

  it('are refused also when they are no JSON', async () => {
    await expect(define({}, { DefinitionString: '{' })).rejects.toThrow('not valid JSON');
  });

  it('refuses Express, unknown properties, roles that can not be assumed, and log groups without access', async () => {
    await expect(define(good, { StateMachineType: 'EXPRESS' })).rejects.toThrow('no Express workflows');
    await expect(define(good, { Oops: 1 })).rejects.toThrow('extraneous key [Oops]');
    await expect(define(good, { RoleArn: 'arn:aws:iam::111122223333:role/nobody' })).rejects.toThrow(
      'authorized to assume the provided role',
    );
    const group = { LogGroupArn: 'arn:aws:logs:eu-central-1:111122223333:log-group:g:*' };
    const logging = { Level: 'ALL', Destinations: [{ CloudWatchLogsLogGroup: group }] };
    await expect(define(good, { LoggingConfiguration: logging })).rejects.toThrow('not authorized to access the Log Destination');
  });
});

describe('the API, by the AWS SDK', () => {
  let server: AwsServer;
  let client: SFNClient;

  beforeEach(async () => {
    const certificateAuthority = await CertificateAuthority.create();
    server = await AwsServer.start({ services: [states], certificateAuthority, callerOf: (keyId) => iam.callerOf(keyId) });
    client = clientWith({ accessKeyId: 'admin', secretAccessKey: 'x' });
    await define({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } });
  });

  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  const clientWith = (credentials: { accessKeyId: string; secretAccessKey: string }): SFNClient =>
    new SFNClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${server.port}`, credentials, maxAttempts: 1 });
  const start = (name: string, input = '{}'): StartExecutionCommand =>
    new StartExecutionCommand({ stateMachineArn: machineArn, name, input });

  it('starts the same execution once while it runs with the same input', async () => {
    const first = await client.send(start('one'));
    expect(await client.send(start('one'))).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    await expect(client.send(start('one', '{"other":1}'))).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      $metadata: { httpStatusCode: 400 },
    });
    expect(states.executions()).toHaveLength(1);
  });

  it('refuses the name of an execution that has ended', async () => {
    await client.send(start('one'));
    await states.executions()[0].ended;
    await expect(client.send(start('one'))).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it('describes, lists and stops executions', async () => {
    const { executionArn } = await client.send(start('one', '{"a":1}'));
    await client.send(start('two'));
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'RUNNING',
      input: '{"a":1}',
      name: 'one',
    });
    await client.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by test' }));
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'by test',
    });
    const listed = await client.send(new ListExecutionsCommand({ stateMachineArn: machineArn }));
    expect(listed.executions?.map(({ name, status }) => [name, status])).toEqual([
      ['two', 'RUNNING'],
      ['one', 'ABORTED'],
    ]);
    const running = await client.send(new ListExecutionsCommand({ stateMachineArn: machineArn, statusFilter: 'RUNNING', maxResults: 1 }));
    expect(running.executions).toHaveLength(1);
  });

  it.each([['a b'], ['x'.repeat(81)], ['a/b'], ['a?b'], ['']])('refuses the execution name "%s"', async (name) => {
    await expect(client.send(start(name))).rejects.toMatchObject({ name: 'InvalidName' });
  });

  it('refuses input that is no JSON, and what does not exist', async () => {
    await expect(client.send(start('one', '{'))).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    await expect(client.send(new StartExecutionCommand({ stateMachineArn: `${machineArn}2` }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    await expect(
      client.send(new DescribeExecutionCommand({ executionArn: machineArn.replace('stateMachine', 'execution') + ':x' })),
    ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });

  it('refuses a caller without permission', async () => {
    const limited = clientWith(iam.issueCredentials(roleArn));
    await expect(limited.send(start('one'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('states:StartExecution'),
    });
    limited.destroy();
  });

  it('can lose the answer of an execution that did start', async () => {
    states.faults.next('StartExecution', 'internalErrorAfterEffect');
    await expect(client.send(start('one'))).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(states.executions()).toHaveLength(1);
    states.faults.next('StartExecution', 'connectionReset');
    await expect(client.send(start('two'))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(states.executions()).toHaveLength(1);
  });
});

test('input paths of the context object', async () => {
  const execution = await run(
    { A: pass({ Parameters: { 'state.$': '$$.State.Name', 'machine.$': '$$.StateMachine.Name', 'input.$': '$$.Execution.Input' } }) },
    { a: 1 },
  );
  expect(isObject(execution.output) && execution.output).toEqual({ state: 'A', machine: 'clock', input: { a: 1 } });
});
