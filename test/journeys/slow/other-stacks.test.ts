import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { ProtectedJob, ProtectedJobRunner } from '../../../src';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: 60_000, cancelling: 20_000 });
});

afterAll(() => journey.end());

function newJob(stack: Stack, collaborator: Collaborator, run: string, runner?: ProtectedJobRunner): ProtectedJob {
  return new ProtectedJob(stack, 'Uplift', {
    membership: collaborator.membership(stack, 'Membership'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
    triggers: { run },
    runner,
  });
}

function showJob(stack: Stack, jobId: string): void {
  new CfnOutput(stack, 'Job', { value: new StringParameter(stack, 'Shown', { stringValue: jobId }).stringValue });
}

/** The CLI says the same of a stack that has not changed. */
function unchanged(error: unknown): string {
  return String(error).includes('No updates are to be performed') ? 'unchanged' : String(error);
}

async function deployAll(build: (app: App) => void, ...stackNames: string[]): Promise<string[]> {
  const outcomes: string[] = [];
  for (const stackName of stackNames) {
    outcomes.push(await journey.deployOf(stackName, build).then(outcomeOf, unchanged));
  }
  return outcomes;
}

test('an attribute reaches another stack by an SSM parameter, with each run', async () => {
  const collaborator = await journey.collaborator();
  const appWith = (run: string) => (app: App) => {
    const producer = new Stack(app, 'Analysis');
    new StringParameter(producer, 'Latest', { parameterName: '/uplift/latest', stringValue: newJob(producer, collaborator, run).jobId });
    const consumer = new Stack(app, 'Report');
    consumer.addDependency(producer);
    showJob(consumer, StringParameter.valueForStringParameter(consumer, '/uplift/latest'));
  };

  for (const [index, run] of ['1', '2'].entries()) {
    expect(await deployAll(appWith(run), 'Analysis', 'Report')).toEqual(['deployed', 'deployed']);
    expect(journey.outputs('Report').Job).toBe(journey.jobs(collaborator)[index].id);
  }
});

test('an attribute that is exported and used is not changed: the run is rolled back, and remembered for when the export is gone', async () => {
  const collaborator = await journey.collaborator();
  const appWith = (run: string, isUsed: boolean) => (app: App) => {
    const producer = new Stack(app, 'Exporting');
    const { jobId } = newJob(producer, collaborator, run);
    showJob(new Stack(app, 'Importing'), isUsed ? jobId : 'no job');
  };
  expect(await deployAll(appWith('1', true), 'Exporting', 'Importing')).toEqual(['deployed', 'deployed']);

  expect(await deployAll(appWith('2', true), 'Exporting')).not.toEqual(['deployed']);
  expect(journey.status('Exporting')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.outputs('Importing').Job).toBe(journey.jobs(collaborator)[0].id);

  expect(await deployAll(appWith('2', false), 'Importing', 'Exporting')).toEqual(['deployed', 'deployed']);
  expect(journey.outputs('Exporting').UpliftJobId).toBe(journey.jobs(collaborator)[1].id);
  expect(journey.jobs(collaborator)).toHaveLength(2);
});

test('the last job of a shared runner is removed, while both stacks are deployed, that of the runner first', async () => {
  const collaborator = await journey.collaborator();
  const appWith = (hasJob: boolean) => (app: App) => {
    const runner = new ProtectedJobRunner(new Stack(app, 'Shared'), 'Runner');
    const stack = new Stack(app, 'Jobs');
    new StringParameter(stack, 'Other', { stringValue: 'of the stack' });
    if (hasJob) {
      newJob(stack, collaborator, '1', runner);
    }
  };

  expect(await deployAll(appWith(true), 'Shared', 'Jobs')).toEqual(['deployed', 'deployed']);
  expect(await deployAll(appWith(false), 'Shared', 'Jobs')).toEqual(['unchanged', 'deployed']);
  expect(await deployAll(appWith(true), 'Shared', 'Jobs')).toEqual(['unchanged', 'deployed']);
});
