import { type Stack } from 'aws-cdk-lib';
import { type Collaborator, Journey, outcomeOf } from './journey';
import { ProtectedJob } from '../../src';

process.env.CDK_VALIDATION = 'false';
jest.setTimeout(300_000);

const MINUTE = 60_000;

/** A failure comes when the other jobs run. */
const RUN_TIMES: Readonly<Record<string, number | undefined>> = { endless: 24 * 60 * MINUTE, failure: 3 * MINUTE };

let journey: Journey;

beforeAll(async () => {
  // Slower than elsewhere: functions start for 25 requests at once, none of which may be older than five minutes when it is read.
  journey = await Journey.begin(10);
  const { cleanRooms } = journey.aws;
  cleanRooms.jobsPerAccount = 100;
  Object.assign(cleanRooms.jobDurations, { submitted: 5_000, run: 20_000, cancelling: 10_000 });
  // A parameter of the job says what becomes of it.
  cleanRooms.setRunTime(({ parameters: { outcome } }) => RUN_TIMES[outcome]);
  cleanRooms.failJobs(({ parameters }) => (parameters.outcome === 'failure' ? { code: 'SPARK_ERROR', message: 'column is missing' } : undefined));
});

afterAll(() => journey.end());

function collaborators(count: number): Promise<Collaborator[]> {
  return Promise.all(Array.from({ length: count }, () => journey.collaborator('outcome')));
}

type Outcomes = ReadonlyMap<Collaborator, 'success' | 'failure' | 'endless'>;

/** A job for each collaborator, and what is to become of it. */
function addJobs(stack: Stack, all: readonly Collaborator[], members: readonly Collaborator[], outcomes: Outcomes = new Map()): void {
  for (const member of members) {
    const id = `Job${all.indexOf(member)}`;
    new ProtectedJob(stack, id, {
      membership: member.membership(stack, `${id}Membership`),
      analysisTemplate: member.analysisTemplate(stack, `${id}Template`),
      parameters: { outcome: outcomes.get(member) ?? 'success' },
    });
  }
}

const statusesOf = (member: Collaborator) => journey.jobs(member).map(({ status }) => status);

/** The managed policies that are attached to the role of the stack's runner. */
function policiesOnRole(stackName: string): number {
  const { iam, cloudFormation } = journey.aws;
  const role = [...(cloudFormation.findStack(stackName)?.resources.values() ?? [])].find(
    ({ definition }) => definition.type === 'AWS::IAM::Role' && definition.logicalId.includes('Advance'),
  );
  return iam.role(role?.physicalId ?? '').managed.size;
}

const failedDeletes = (stackName: string) => journey.aws.cloudFormation.events(stackName).filter(({ status }) => status === 'DELETE_FAILED');

test('25 memberships on one runner come, and some of them go while jobs run, none of whose cancellations is denied', async () => {
  const all = await collaborators(27);
  const [removed, , , changed, failing] = all;
  const [before, after] = [all.slice(0, 25), all.slice(3)];
  const added = after.slice(-2);
  const deploy = (members: readonly Collaborator[], outcomes?: Outcomes, ...args: string[]) =>
    journey.deploy('Many', (stack) => addJobs(stack, all, members, outcomes), ...args);

  expect(outcomeOf(await deploy(before))).toBe('deployed');
  expect(before.map(statusesOf)).toEqual(before.map(() => ['SUCCESS']));
  expect(policiesOnRole('Many')).toBe(2);

  // Three go, two come, and then one job fails: the rollback cancels the others, and what they need is still there.
  const undone = await deploy(after, new Map([[changed, 'endless'], [added[0], 'endless'], [failing, 'failure']]));
  expect(outcomeOf(undone)).toContain('SPARK_ERROR');
  expect(journey.status('Many')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(statusesOf(changed)).toEqual(['SUCCESS', 'CANCELLED']);
  expect(statusesOf(added[0])).toEqual(['CANCELLED']);
  expect(policiesOnRole('Many')).toBe(2);

  // With rollbacks disabled, a failure leaves the other jobs running. One of them is then among the three that go.
  const failed = await deploy(before, new Map([[removed, 'endless'], [failing, 'failure']]), '--no-rollback');
  expect(outcomeOf(failed)).toContain('SPARK_ERROR');
  expect(statusesOf(removed)).toEqual(['SUCCESS', 'STARTED']);
  expect(outcomeOf(await deploy(after, undefined, '--no-rollback'))).toBe('deployed');
  expect(statusesOf(removed)).toEqual(['SUCCESS', 'CANCELLED']);
  expect(added.map((member) => statusesOf(member).at(-1))).toEqual(['SUCCESS', 'SUCCESS']);
  expect(policiesOnRole('Many')).toBe(2);

  expect(failedDeletes('Many')).toEqual([]);
});
