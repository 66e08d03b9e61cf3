import { isObject, parseJson } from '../json';
import { AwsError } from '../service';
import { allow, context, functionArn, machineArn, pass, task, TestStepFunctions } from './test-step-functions';

let aws: TestStepFunctions;

beforeEach(async () => {
  aws = await TestStepFunctions.create();
});

afterEach(() => aws.stop());

describe('states', () => {
  it('invoke a function and pass its result on', async () => {
    aws.lambda.handler = () => ({ done: true });
    const execution = await aws.run({ Advance: task() }, { request: 1 });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { done: true }, input: { request: 1 } });
    expect(aws.lambda.events).toEqual([{ request: 1 }]);
  });

  it('invoke by arn:aws:states:::lambda:invoke with parameters from paths', async () => {
    aws.lambda.handler = (event) => ({ echo: event });
    const execution = await aws.run(
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
    const before = aws.clock.now();
    const execution = await aws.run(
      { Wait: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'More' }, More: { Type: 'Wait', Seconds: 600, End: true } },
      { seconds: 60 },
    );
    expect(execution.status).toBe('SUCCEEDED');
    expect(aws.clock.now() - before).toBe(660_000);
  });

  it('wait until a timestamp', async () => {
    const at = aws.clock.now() + 1_200_000;
    await aws.run({ Wait: { Type: 'Wait', TimestampPath: '$.at', End: true } }, { at: new Date(at).toISOString() });
    expect(aws.clock.now()).toBe(at);
  });

  it('shape data with Pass, InputPath, Parameters, ResultPath and OutputPath', async () => {
    const execution = await aws.run(
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
    expect(await aws.run({ End: { Type: 'Succeed', OutputPath: '$.x' } }, { x: 1 })).toMatchObject({ status: 'SUCCEEDED', output: 1 });
    await aws.service.resourceTypes['AWS::StepFunctions::StateMachine'].update(
      machineArn,
      {
        RoleArn: aws.roleArn,
        Definition: { StartAt: 'End', States: { End: { Type: 'Fail', Error: '${name}', CausePath: '$.why' } } },
        DefinitionSubstitutions: { name: 'Custom' },
      },
      context,
    );
    expect(await aws.execute({ why: 'because' }, 'two')).toMatchObject({ status: 'FAILED', error: 'Custom', cause: 'because' });
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
    const execution = await aws.run(
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
    expect(await aws.run(choice({ Variable: '$.n', NumericEquals: 1 }), { n: 2 })).toMatchObject({
      status: 'FAILED',
      error: 'States.NoChoiceMatched',
    });
    aws.service.deleteStateMachine(machineArn);
    await aws.define({ StartAt: 'Choice', States: choice({ Variable: '$.n', NumericEquals: 1 }) });
    expect(await aws.execute({}, 'two')).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: expect.stringContaining('$.n'),
    });
  });
});

describe('errors of tasks', () => {
  const error = (name: string): Error => Object.assign(new Error('message'), { name });

  it('fail the execution with the error type and the payload as cause', async () => {
    aws.lambda.handler = () => {
      throw error('TypeError');
    };
    expect(await aws.run({ Advance: task() })).toMatchObject({
      status: 'FAILED',
      error: 'TypeError',
      cause: '{"errorType":"TypeError","errorMessage":"message"}',
    });
  });

  it('are retried with back-off on the embedded clock, then caught', async () => {
    const times: number[] = [];
    aws.lambda.handler = () => {
      times.push(aws.clock.now());
      throw error('Busy');
    };
    const execution = await aws.run(
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
    expect(gaps).toEqual([20_000, 60_000, 100_000]);
  });

  it('from the Lambda service itself have the names that the CDK retries', async () => {
    let calls = 0;
    aws.lambda.handler = () => {
      calls += 1;
      if (calls === 1) {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      }
      if (calls === 2) {
        throw new AwsError('ServiceException', 'down', 500);
      }
      return calls;
    };
    const execution = await aws.run({
      Advance: task({ Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException'] }] }),
    });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 3 });
  });

  it('are States.Timeout after TimeoutSeconds, which States.TaskFailed does not catch', async () => {
    aws.lambda.handler = () => new Promise(() => undefined);
    const execution = await aws.run({
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
    expect(execution).toMatchObject({ currentState: 'Right', output: { Error: 'States.Timeout' }, stopDate: execution.startDate + 30_000 });
  });

  it('tell of a role that may not invoke the function', async () => {
    aws.iam.deleteRolePolicy('clock', 'p');
    expect(await aws.run({ Advance: task() })).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringMatching(/assumed-role\/clock\/\w+ is not authorized to perform: lambda:InvokeFunction/),
    });
  });

  it('tell of parameters whose path has no value', async () => {
    const execution = await aws.run({ Advance: task({ Parameters: { 'x.$': '$.missing' } }) });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.ParameterPathFailure' });
  });

  it('tell of results over 256 KB', async () => {
    aws.lambda.handler = () => 'x'.repeat(300_000);
    expect(await aws.run({ Advance: task() })).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('executions', () => {
  it('fail at the limit of history events', async () => {
    aws = await TestStepFunctions.create({ historyLimit: 40 });
    const execution = await aws.run({
      Advance: task({ End: undefined, Next: 'Wait' }),
      Wait: { Type: 'Wait', Seconds: 1, Next: 'Advance' },
    });
    expect(execution).toMatchObject({
      status: 'FAILED',
      cause: 'The execution reached the maximum number of history events (40).',
      historyEvents: 40,
    });
    // ExecutionStarted, then 5 events of the task and 2 of the wait in each round.
    expect(aws.lambda.events.length).toBe(6);
  });

  it('time out as a whole', async () => {
    await aws.define({ StartAt: 'Wait', TimeoutSeconds: 60, States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } });
    const { status, startDate, stopDate } = await aws.execute({});
    expect({ status, stopDate }).toEqual({ status: 'TIMED_OUT', stopDate: startDate + 60_000 });
  });

  it('are aborted with their state machine', async () => {
    await aws.define({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } });
    const execution = await aws.start({});
    await aws.clock.until(aws.clock.sleep(60_000));
    expect(execution).toMatchObject({ status: 'RUNNING', currentState: 'Wait' });
    await aws.service.resourceTypes['AWS::StepFunctions::StateMachine'].delete(machineArn, {}, context);
    expect(execution).toMatchObject({ status: 'ABORTED', stopDate: execution.startDate + 60_000 });
  });

  it('are logged as LoggingConfiguration says, with data only if it says so', async () => {
    aws.iam.putRolePolicy('clock', 'logs', allow('logs:*', '*'));
    const destination = { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-central-1:111122223333:log-group:group:*' } };
    const definition = { StartAt: 'Advance', States: { Advance: task() } };
    await aws.define(definition, { LoggingConfiguration: { Level: 'ALL', Destinations: [destination] } });
    await aws.execute({ secret: 'x7x' });
    expect(aws.logs.lines('group').map((line) => Object(parseJson(line)).type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(aws.logs.lines('group').join()).not.toContain('x7x');
    await aws.service.resourceTypes['AWS::StepFunctions::StateMachine'].update(
      machineArn,
      {
        RoleArn: aws.roleArn,
        Definition: definition,
        LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true, Destinations: [destination] },
      },
      context,
    );
    await aws.execute({ secret: 'y8y' }, 'two');
    expect(aws.logs.lines('group').join()).toContain('y8y');
  });
});

test('input paths of the context object', async () => {
  const execution = await aws.run(
    { A: pass({ Parameters: { 'state.$': '$$.State.Name', 'machine.$': '$$.StateMachine.Name', 'input.$': '$$.Execution.Input' } }) },
    { a: 1 },
  );
  expect(isObject(execution.output) && execution.output).toEqual({ state: 'A', machine: 'clock', input: { a: 1 } });
});
