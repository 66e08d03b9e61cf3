import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { StepFunctionsClock } from '../../../src/engine/aws/step-functions-clock';

const ARN = 'arn:aws:states:us-east-1:111122223333:stateMachine:clock';
const tick = { resourceKey: 'resource', requestKey: 'request' };

const stepFunctions = mockClient(SFNClient);
const clock = new StepFunctionsClock(new SFNClient({ region: 'us-east-1' }), ARN, () => 36);

beforeEach(() => stepFunctions.reset());

/** The name is taken by an execution with this input. */
function takeName(input: object): void {
  const taken = Object.assign(new Error('exists'), { name: 'ExecutionAlreadyExists' });
  stepFunctions.on(StartExecutionCommand).resolves({}).on(StartExecutionCommand, { name: 'request' }).rejects(taken);
  const executionArn = 'arn:aws:states:us-east-1:111122223333:execution:clock:request';
  stepFunctions.on(DescribeExecutionCommand, { executionArn }).resolves({ input: JSON.stringify(input) });
}

function startedWith(): unknown[] {
  return stepFunctions.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input);
}

test('a clock is an execution that is named by the request', async () => {
  stepFunctions.on(StartExecutionCommand).resolves({});
  await expect(clock.start(tick)).resolves.toBe(true);
  expect(startedWith()).toEqual([{ stateMachineArn: ARN, name: 'request', input: '{"resourceKey":"resource","requestKey":"request"}' }]);
});

test('a clock that has ended is followed by one under a fresh name', async () => {
  takeName(tick);
  await expect(clock.start(tick)).resolves.toBe(true);
  expect(startedWith()).toEqual([
    expect.objectContaining({ name: 'request' }),
    { stateMachineArn: ARN, name: 'request-10', input: '{"resourceKey":"resource","requestKey":"request"}' },
  ]);
});

test('what precludes a clock is an execution of the same name', async () => {
  stepFunctions.on(StartExecutionCommand).resolves({});
  await expect(clock.preclude(tick)).resolves.toBe(true);
  expect(startedWith()).toEqual([
    { stateMachineArn: ARN, name: 'request', input: '{"resourceKey":"resource","requestKey":"request","precluded":true}' },
  ]);
});

test('a clock that was precluded does not start', async () => {
  takeName({ ...tick, precluded: true });
  await expect(clock.start(tick)).resolves.toBe(false);
  expect(startedWith()).toHaveLength(1);
});

test('a clock that was precluded is so for every delivery', async () => {
  takeName({ ...tick, precluded: true });
  await expect(clock.preclude(tick)).resolves.toBe(true);
});

test('a clock that runs, or has run, can not be precluded', async () => {
  takeName(tick);
  await expect(clock.preclude(tick)).resolves.toBe(false);
});

test('where Step Functions does not tell what has the name, nothing is taken for granted', async () => {
  takeName(tick);
  stepFunctions.on(DescribeExecutionCommand).rejects(Object.assign(new Error('not yet'), { name: 'ExecutionDoesNotExist' }));
  await expect(clock.start(tick)).rejects.toThrow('not yet');
  await expect(clock.preclude(tick)).rejects.toThrow('not yet');
  expect(startedWith()).toHaveLength(2);
});

test('another refusal is no answer to whether the name is taken', async () => {
  stepFunctions.on(StartExecutionCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(clock.start(tick)).rejects.toThrow('no');
  await expect(clock.preclude(tick)).rejects.toThrow('no');
  expect(stepFunctions.commandCalls(DescribeExecutionCommand)).toEqual([]);
});
