import { type App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ProtectedJob, ProtectedJobRunner } from '../../../src';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: 60_000, cancelling: 20_000 });
});

afterAll(() => journey.end());

const SERVICES = { TeamOnEvent: 'lambda', TeamAdvance: 'lambda', TeamClock: 'states' };

function addRoles(stack: Stack): void {
  for (const [roleName, service] of Object.entries(SERVICES)) {
    new iam.Role(stack, roleName, { roleName, assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) });
  }
}

/** The same app for each branch: the construct path is the same, and the name of the stack is not. */
const appOf = (stackName: string, collaborator: Collaborator, run: string) => (app: App): void => {
  const stack = new Stack(app, 'Analysis', { stackName });
  const role = (name: keyof typeof SERVICES) => iam.Role.fromRoleArn(stack, name, `arn:aws:iam::${journey.aws.accountId}:role/${name}`);
  const roles = { onEventRole: role('TeamOnEvent'), advanceRole: role('TeamAdvance'), clockRole: role('TeamClock') };
  new ProtectedJob(stack, 'Uplift', {
    membership: collaborator.membership(stack, 'Membership'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
    triggers: { run },
    runner: new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, { ...roles, addPermissionsToRoles: true }),
  });
};

test('one app that is deployed under two names with the same roles: neither stack takes the permissions of the other', async () => {
  const [one, two] = [await journey.collaborator(), await journey.collaborator()];
  const deploy = async (stackName: string, collaborator: Collaborator, run: string) =>
    outcomeOf(await journey.deployOf(stackName, appOf(stackName, collaborator, run)));
  expect(outcomeOf(await journey.deploy('Roles', addRoles))).toBe('deployed');

  expect(await deploy('analysis-one', one, '1')).toBe('deployed');
  expect(await deploy('analysis-two', two, '1')).toBe('deployed');
  expect(await deploy('analysis-one', one, '2')).toBe('deployed');
  expect(outcomeOf(await journey.destroy('analysis-one'))).toBe('deployed');
  expect(await deploy('analysis-two', two, '2')).toBe('deployed');

  expect([one, two].map((collaborator) => journey.jobs(collaborator).map(({ status }) => status))).toEqual([
    ['SUCCESS', 'SUCCESS'],
    ['SUCCESS', 'SUCCESS'],
  ]);
});
