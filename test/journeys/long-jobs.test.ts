import { Duration, type Stack } from 'aws-cdk-lib';
import { type Collaborator, Journey } from './journey';
import { ProtectedJob } from '../../src';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: MINUTE, cancelling: MINUTE });
  journey.aws.cleanRooms.setRunTime((job) => Number(job.parameters.minutes) * MINUTE);
});

afterAll(() => journey.end());

function addJob(stack: Stack, collaborator: Collaborator, minutes: number, timeout: Duration): void {
  new ProtectedJob(stack, 'Uplift', {
    membership: collaborator.membership(stack, 'Membership'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
    parameters: { minutes: String(minutes) },
    timeout,
  });
}

function statuses(collaborator: Collaborator): string[] {
  return journey.jobs(collaborator).map(({ status }) => status);
}

test('a job of more than an hour with a timeout of twelve', async () => {
  const collaborator = await journey.collaborator('minutes');
  const { output, exitCode } = await journey.deploy('Long', (stack) =>
    addJob(stack, collaborator, 70, Duration.hours(12)),
  );
  const [job] = journey.jobs(collaborator);
  expect(output).toContain(`Long.UpliftJobId = ${job.id}`);
  expect(output).toContain(`Long.UpliftResultLocation = s3://results/uplift/${job.id}/`);
  expect(exitCode).toBe(0);
  expect(statuses(collaborator)).toEqual(['SUCCESS']);
  expect(await journey.destroy('Long')).toMatchObject({ exitCode: 0 });
});

test('no execution of the clock has more than 5,000 events', () => {
  const counts = journey.aws.stepFunctions.executions().map(({ historyEvents }) => historyEvents);
  expect(counts.length).toBeGreaterThan(3);
  expect(Math.max(...counts)).toBeLessThanOrEqual(5_000);
});
