import { Duration, type Stack } from 'aws-cdk-lib';
import { ProtectedJob, type ProtectedJobProps } from '../../../src';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: 2 * MINUTE, cancelling: 20_000 });
});

afterAll(() => journey.end());

/** As many jobs as there are names, on one membership. */
function addJobs(stack: Stack, names: readonly string[], collaborator: Collaborator, props: Partial<ProtectedJobProps> = {}): void {
  const membership = collaborator.membership(stack, `Membership${names[0]}`);
  const analysisTemplate = collaborator.analysisTemplate(stack, `Template${names[0]}`);
  for (const name of names) {
    new ProtectedJob(stack, name, { membership, analysisTemplate, parameters: { name }, ...props });
  }
}

/** What the jobs of the collaborator were, in the order of their start. */
function jobsOf(collaborator: Collaborator): { name: string; status: string }[] {
  return journey.jobs(collaborator).map(({ parameters, status }) => ({ name: parameters.name, status }));
}

/** The starts that Clean Rooms refused, because another job ran with the membership. */
function refusedStarts({ membershipId }: Collaborator): number {
  return journey.aws.cleanRooms
    .startRequests()
    .filter(({ input, error }) => input.membershipIdentifier === membershipId && error === 'ServiceQuotaExceededException').length;
}

const FOUR = ['One', 'Two', 'Three', 'Four'];

test('four jobs on one membership in one stack and one more in a second stack succeed one after another', async () => {
  const collaborator = await journey.collaborator('name');
  const deployments = await Promise.all([
    journey.deploy('Four', (stack) => addJobs(stack, FOUR, collaborator)),
    journey.deploy('Fifth', (stack) => addJobs(stack, ['Five'], collaborator, { timeout: Duration.hours(3) })),
  ]);
  expect(deployments.map(outcomeOf)).toEqual(['deployed', 'deployed']);
  expect(jobsOf(collaborator).filter(({ name }) => name !== 'Five')).toEqual(FOUR.map((name) => ({ name, status: 'SUCCESS' })));
  expect(jobsOf(collaborator)).toContainEqual({ name: 'Five', status: 'SUCCESS' });
  expect(jobsOf(collaborator)).toHaveLength(5);
});

test('four jobs in line are started without a refusal', async () => {
  const collaborator = await journey.collaborator('name');
  expect(outcomeOf(await journey.deploy('InLine', (stack) => addJobs(stack, FOUR, collaborator)))).toBe('deployed');
  expect(refusedStarts(collaborator)).toBe(0);
});

test('four jobs that are not sequential wait for the quota, and succeed', async () => {
  const collaborator = await journey.collaborator('name');
  const result = await journey.deploy('Queue', (stack) =>
    addJobs(stack, FOUR, collaborator, { sequential: false, timeout: Duration.hours(2) }),
  );
  expect(outcomeOf(result)).toBe('deployed');
  expect(jobsOf(collaborator).map(({ status }) => status)).toEqual(FOUR.map(() => 'SUCCESS'));
  expect(refusedStarts(collaborator)).toBeGreaterThan(3);
});

test('jobs on two memberships run at the same time', async () => {
  const collaborators = [await journey.collaborator('name'), await journey.collaborator('name')];
  const result = await journey.deploy('Two', (stack) => {
    addJobs(stack, ['Here'], collaborators[0]);
    addJobs(stack, ['There'], collaborators[1]);
  });
  expect(outcomeOf(result)).toBe('deployed');
  const [[here], [there]] = collaborators.map((collaborator) => journey.jobs(collaborator));
  expect(Math.abs(here.createTime - there.createTime)).toBeLessThan(2 * MINUTE);
});
