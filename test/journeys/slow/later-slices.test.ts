import { Duration, type Stack } from 'aws-cdk-lib';
import { ProtectedJob, type ProtectedJobProps } from '../../../src';
import { type Job } from '../../local-aws/clean-rooms/jobs';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: MINUTE, cancelling: MINUTE });
  // A job's parameters say how it goes.
  journey.aws.cleanRooms.setRunTime((job) =>
    job.parameters.outcome === 'failure, then success' && !isFirst(job) ? MINUTE : Number(job.parameters.minutes) * MINUTE,
  );
  journey.aws.cleanRooms.failJobs((job) => {
    const { outcome } = job.parameters;
    const fails = outcome === 'failure' || (outcome === 'failure, then success' && isFirst(job));
    return fails ? { code: 'MALFORMED_SCRIPT', message: 'no such column' } : undefined;
  });
});

afterAll(() => journey.end());

function addJob(stack: Stack, id: string, collaborator: Collaborator, parameters: Record<string, string>, props: Partial<ProtectedJobProps> = {}) {
  new ProtectedJob(stack, id, {
    membership: collaborator.membership(stack, `${id}Membership`),
    analysisTemplate: collaborator.analysisTemplate(stack, `${id}Template`),
    parameters,
    timeout: Duration.hours(1), // two slices of half an hour
    pollInterval: Duration.minutes(1), // fewer looks, because the jobs take hours
    ...props,
  });
}

function isFirst(job: Job): boolean {
  return journey.aws.cleanRooms.jobs().find(({ membership }) => membership.id === job.membership.id)?.id === job.id;
}

function statuses(collaborator: Collaborator): string[] {
  return journey.jobs(collaborator).map(({ status }) => status);
}

test('a job that fails in its second slice rolls back at once', async () => {
  const collaborator = await journey.collaborator('minutes', 'outcome');
  const { output, exitCode } = await journey.deploy('Failing', (stack) =>
    addJob(stack, 'Uplift', collaborator, { minutes: '35', outcome: 'failure' }),
  );
  expect(output).toContain('PJ-JOB-FAILED');
  expect(exitCode).toBe(1);
  expect(journey.status('Failing')).toBe('ROLLBACK_COMPLETE');
  expect(statuses(collaborator)).toEqual(['FAILED']);
});

test('the timeout in the last slice cancels', async () => {
  const collaborator = await journey.collaborator('minutes');
  const { output, exitCode } = await journey.deploy('Late', (stack) => addJob(stack, 'Uplift', collaborator, { minutes: '1000' }));
  expect(output).toContain('PJ-TIMEOUT: the timeout of 3600 seconds is over');
  expect(exitCode).toBe(1);
  expect(statuses(collaborator)).toEqual(['CANCELLED']);
});

test('an update, its rollback in the second slice, and a changed timeout', async () => {
  const [collaborator, other] = [await journey.collaborator('minutes'), await journey.collaborator('minutes', 'outcome')];
  await journey.deploy('Update', (stack) => addJob(stack, 'Uplift', collaborator, { minutes: '1' }));
  const before = journey.outputs('Update');

  const { exitCode } = await journey.deploy('Update', (stack) => {
    addJob(stack, 'Uplift', collaborator, { minutes: '1000' });
    addJob(stack, 'Sibling', other, { minutes: '40', outcome: 'failure' }, { timeout: Duration.minutes(50) });
  });
  expect(exitCode).toBe(1);
  expect(journey.status('Update')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.outputs('Update')).toEqual(before);
  expect(statuses(collaborator)).toEqual(['SUCCESS', 'CANCELLED']);

  for (const hours of [0.5, 3]) {
    const timeout = Duration.minutes(hours * 60);
    const result = await journey.deploy('Update', (stack) => addJob(stack, 'Uplift', collaborator, { minutes: '1' }, { timeout }));
    expect(outcomeOf(result)).toBe('deployed');
    expect(journey.outputs('Update')).toEqual(before);
  }
  expect(statuses(collaborator)).toEqual(['SUCCESS', 'CANCELLED']);
  expect(await journey.destroy('Update')).toMatchObject({ exitCode: 0 });
});

test('a deployment with rollback disabled that fails in the second slice runs the job once more when it is tried again', async () => {
  const collaborator = await journey.collaborator('minutes', 'outcome');
  const stackWith = (stack: Stack) => addJob(stack, 'Uplift', collaborator, { minutes: '35', outcome: 'failure, then success' });
  expect(await journey.deploy('Retry', stackWith, { rollback: false })).toMatchObject({ exitCode: 1 });
  const retry = await journey.deploy('Retry', stackWith, { rollback: false });
  const [, job] = journey.jobs(collaborator);
  expect(retry.output).toContain(`Retry.UpliftJobId = ${job.id}`);
  expect(statuses(collaborator)).toEqual(['FAILED', 'SUCCESS']);
});

test('a stack that is destroyed during the second slice cancels the job', async () => {
  const collaborator = await journey.collaborator('minutes');
  const deployment = journey.startDeploying('Destroyed', (stack) => addJob(stack, 'Uplift', collaborator, { minutes: '1000' }));
  await journey.untilJobStarted(collaborator);
  await journey.untilInProgress('Destroyed', /Wait2/);
  expect(await journey.destroy('Destroyed')).toMatchObject({ exitCode: 0 });
  expect(await journey.finish(deployment)).toMatchObject({ exitCode: 1 });
  expect(statuses(collaborator)).toEqual(['CANCELLED']);
});
