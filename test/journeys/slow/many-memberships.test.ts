import { type Stack } from 'aws-cdk-lib';
import { ProtectedJob } from '../../../src';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

/** The failure happens while the other jobs run. */
const RUN_TIMES: Readonly<Record<string, number | undefined>> = { endless: 24 * 60 * MINUTE, failure: 3 * MINUTE };

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  const { cleanRooms } = journey.aws;
  Object.assign(cleanRooms, { jobsPerAccount: 100, vcpusPerAccount: 10_000 });
  Object.assign(cleanRooms.jobDurations, { submitted: 5_000, run: 20_000, cancelling: 10_000 });
  // A parameter of the job says how it ends.
  cleanRooms.setRunTime(({ parameters: { outcome } }) => RUN_TIMES[outcome]);
  cleanRooms.failJobs(({ parameters }) => (parameters.outcome === 'failure' ? { code: 'MALFORMED_SCRIPT', message: 'column is missing' } : undefined));
});

afterAll(() => journey.end());

function collaborators(count: number): Promise<Collaborator[]> {
  return Promise.all(Array.from({ length: count }, () => journey.collaborator('outcome')));
}

type Outcome = 'success' | 'failure' | 'endless';
type Outcomes = ReadonlyMap<Collaborator, Outcome>;

/**
 * A job for each collaborator, and how it shall end. The deployment does not wait for the job of the very first one.
 */
function addJobs(stack: Stack, all: readonly Collaborator[], members: readonly Collaborator[], outcomes: Outcomes): void {
  const [unattended] = all;
  for (const member of members) {
    const id = `Job${all.indexOf(member)}`;
    new ProtectedJob(stack, id, {
      membership: member.membership(stack, `${id}Membership`),
      analysisTemplate: member.analysisTemplate(stack, `${id}Template`),
      parameters: { outcome: outcomes.get(member) ?? 'success' },
      waitForCompletion: member === unattended ? false : undefined,
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

test('25 memberships on one runner: three go and two come while jobs run, none of which is denied its cancellation', async () => {
  const all = await collaborators(27);
  const [before, after] = [all.slice(0, 25), all.slice(3)];
  const [unattended, , , changed, failing] = all;
  const added = after.slice(-2);
  const deploy = (members: readonly Collaborator[], outcomes: [Collaborator, Outcome][] = []) =>
    journey.deploy('Many', (stack) => addJobs(stack, all, members, new Map([[unattended, 'endless'], ...outcomes])));

  expect(outcomeOf(await deploy(before))).toBe('deployed');
  await journey.untilJobStarted(unattended);
  expect(before.map(statusesOf)).toEqual(before.map((member) => [member === unattended ? 'STARTED' : 'SUCCESS']));
  expect(policiesOnRole('Many')).toBe(2);

  // The update of the one running job is reversed, the other one is removed again, and the one that nobody waits for
  // stays.
  const undone = await deploy(after, [[changed, 'endless'], [added[0], 'endless'], [failing, 'failure']]);
  expect(outcomeOf(undone)).toContain('MALFORMED_SCRIPT');
  expect(journey.status('Many')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(statusesOf(changed)).toEqual(['SUCCESS', 'CANCELLED']);
  expect(statusesOf(added[0])).toEqual(['CANCELLED']);
  expect(statusesOf(unattended)).toEqual(['STARTED']);
  expect(policiesOnRole('Many')).toBe(2);

  expect(outcomeOf(await deploy(after))).toBe('deployed');
  expect(statusesOf(unattended)).toEqual(['CANCELLED']);
  expect(added.map((member) => statusesOf(member).at(-1))).toEqual(['SUCCESS', 'SUCCESS']);
  expect(policiesOnRole('Many')).toBe(2);
  expect(failedDeletes('Many')).toEqual([]);
});
