import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { type Collaborator, Journey, outcomeOf } from './journey';
import { ProtectedJob, ProtectedJobRunner, type ProtectedJobProps } from '../../src';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

const directory = new TemporaryDirectory('runner');
let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: MINUTE, cancelling: 20_000 });
  journey.aws.cleanRooms.setRunTime((job) => Number(job.parameters.minutes) * MINUTE);
});

afterAll(async () => {
  await journey.end();
  directory.remove();
});

function addJob(stack: Stack, collaborator: Collaborator, props: Partial<ProtectedJobProps> = {}): void {
  new ProtectedJob(stack, 'Uplift', {
    membership: collaborator.membership(stack, 'Membership'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
    parameters: { minutes: '1' },
    ...props,
  });
}

/** Gives the runner's functions other code, as another version of this library does. */
function replaceHandlers(runner: ProtectedJobRunner): void {
  for (const [name, handler] of [['Advance', 'advance'], ['OnEvent', 'on-event']]) {
    const bundle = path.join(directory.path, name);
    fs.cpSync(path.join(__dirname, '..', '..', 'assets', 'engine', `${handler}.lambda`), bundle, { recursive: true });
    fs.appendFileSync(path.join(bundle, 'index.js'), '\n// the next version\n');
    const resource = runner.node.findChild(name).node.findAll().find(CfnFunction.isCfnFunction);
    const { s3BucketName, s3ObjectKey } = new Asset(runner, `${name}OfNextVersion`, { path: bundle });
    resource?.addPropertyOverride('Code', { S3Bucket: s3BucketName, S3Key: s3ObjectKey });
  }
}

test('handlers that are replaced while a job runs go on with it', async () => {
  const collaborator = await journey.collaborator('minutes');
  const appWith = (change: (runner: ProtectedJobRunner) => void) => (app: App) => {
    const runner = new ProtectedJobRunner(new Stack(app, 'Shared'), 'Runner');
    addJob(new Stack(app, 'Jobs'), collaborator, { runner, parameters: { minutes: '15' } });
    change(runner);
  };
  expect(outcomeOf(await journey.deployOf('Shared', appWith(() => {})))).toBe('deployed');
  const deployment = journey.startDeployingOf('Jobs', appWith(() => {}));
  await journey.untilJobStarted(collaborator);
  expect(outcomeOf(await journey.deployOf('Shared', appWith(replaceHandlers)))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['STARTED']);
  const updated = journey.aws.cloudFormation.events('Shared').filter(({ type, status }) => type === 'AWS::Lambda::Function' && status === 'UPDATE_COMPLETE');
  expect(updated).toHaveLength(2);

  expect(outcomeOf(await journey.finish(deployment))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS']);
  expect(journey.outputs('Jobs').UpliftJobId).toBe(journey.jobs(collaborator)[0].id);
});

test('where no function of the runner can run, the service timeout bounds the wait', async () => {
  const collaborator = await journey.collaborator('minutes');
  for (let attempt = 1; attempt <= 3; attempt++) {
    journey.aws.lambda.faults.crash(/^Dead-.*OnEvent/, 'before', attempt); // CloudFormation's Create, with Lambda's retries
  }
  const { exitCode, output } = await journey.deploy('Dead', (stack) => addJob(stack, collaborator, { timeout: Duration.minutes(1) }));
  expect(exitCode).toBe(1);
  expect(output).toMatch(/did not receive a response/);
  expect(journey.status('Dead')).toBe('ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator)).toEqual([]);
});
