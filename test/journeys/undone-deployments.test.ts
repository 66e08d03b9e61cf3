import { CfnMapping, CfnOutput, CfnParameter, type Stack } from 'aws-cdk-lib';
import { type Collaborator, Journey } from './journey';
import { addJob, decideByOutcome, SECRET } from './outcomes';
import { AnalysisTemplate, Membership, ProtectedJob } from '../../src';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  decideByOutcome(journey);
});

afterAll(() => journey.end());

test('an update that fails elsewhere while the job runs cancels the job and restores the attributes', async () => {
  const [collaborator, other] = [await journey.collaborator('outcome'), await journey.collaborator('outcome')];
  await journey.deploy('Sibling', (stack) => addJob(stack, 'Uplift', collaborator));
  const before = journey.outputs('Sibling');

  const { exitCode } = await journey.deploy('Sibling', (stack) => {
    addJob(stack, 'Uplift', collaborator, { parameters: { outcome: 'endless' } });
    addJob(stack, 'Failing', other, { parameters: { outcome: 'failure' } });
  });
  expect(exitCode).toBe(1);
  expect(journey.status('Sibling')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.outputs('Sibling')).toEqual(before);
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS', 'CANCELLED']);
});

test('a job that is removed from the stack while it runs is cancelled', async () => {
  const [collaborator, other] = [await journey.collaborator('outcome'), await journey.collaborator('outcome')];
  const withOther = (stack: Stack) => addJob(stack, 'Other', other);
  await journey.deploy('Removed', withOther); // the runner stays in the stack with this job
  const failure = journey.startDeploying(
    'Removed',
    (stack) => {
      withOther(stack);
      addJob(stack, 'Uplift', collaborator, { parameters: { outcome: 'endless' } });
    },
    { rollback: false },
  );
  await journey.untilJobStarted(collaborator);
  // The clock's first try and its ten retries: then it gives up, and the resource has failed while its job runs on.
  for (let invocation = 1; invocation <= 11; invocation++) {
    journey.aws.lambda.faults.crash(/^Removed-.*Advance/, 'before', invocation);
  }
  const { exitCode, output } = await journey.finish(failure);
  expect(exitCode).toBe(1);
  expect(output).toContain(
    `PJ-INTERNAL: the runner could not go on (its clock ran out of retries); job ${journey.jobs(collaborator)[0].id}`,
  );
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['STARTED']);

  const removal = await journey.deploy('Removed', withOther, { rollback: false });
  expect(removal.exitCode).toBe(0);
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('a job that may fail does not fail the deployment, which learns how it ended; the metrics are in the log', async () => {
  const collaborator = await journey.collaborator('outcome', 'token');
  const { exitCode } = await journey.deploy('MayFail', (stack) => {
    const { status, errorCode, errorMessage } = addJob(stack, 'Uplift', collaborator, {
      parameters: { outcome: 'failure', token: SECRET },
      failDeployment: false,
    });
    for (const [name, value] of Object.entries({ Status: status, ErrorCode: errorCode, ErrorMessage: errorMessage })) {
      new CfnOutput(stack, name, { value });
    }
  });
  expect(exitCode).toBe(0);
  expect(journey.outputs('MayFail')).toMatchObject({
    Status: 'FAILED',
    ErrorCode: 'MALFORMED_SCRIPT',
    ErrorMessage: 'column [parameters.token] is missing',
  });
  const metrics = journey.readable('MayFail').split('\n').filter((line) => line.startsWith('{"_aws"') && line.includes('"MayFail/Uplift"'));
  expect(metrics.some((line) => JSON.parse(line).Failed === 1)).toBe(true);
});

test('a job that is not waited for runs on after the deployment, until the stack is destroyed', async () => {
  const collaborator = await journey.collaborator('outcome');
  const create = await journey.deploy('Unawaited', (stack) => {
    addJob(stack, 'Uplift', collaborator, { parameters: { outcome: 'endless' }, waitForCompletion: false });
  });
  const [job] = journey.jobs(collaborator);
  expect(create.exitCode).toBe(0);
  expect(journey.outputs('Unawaited')).toEqual({ UpliftJobId: job.id });
  expect(['SUBMITTED', 'STARTED']).toContain(job.status);

  await journey.destroy('Unawaited');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('two jobs of one membership run one after the other', async () => {
  const collaborator = await journey.collaborator('outcome');
  const { exitCode } = await journey.deploy('Line', (stack) => {
    addJob(stack, 'First', collaborator);
    addJob(stack, 'Second', collaborator, { triggers: { run: 'second' } });
  });
  expect(exitCode).toBe(0);
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS']);
});

test('a membership that is replaced while an update fails leaves no job behind, and the rollback is not trapped', async () => {
  const [before, after] = [await journey.collaborator('outcome'), await journey.collaborator('outcome')];
  const failing = await journey.collaborator('outcome');
  const withMembership = ({ membershipId, templateArn }: Collaborator, build: (stack: Stack) => void) => (stack: Stack) => {
    // The same references as before, with other values behind them, like those of a CfnMembership that is replaced.
    const value = (id: string, text: string) => new CfnMapping(stack, id, { mapping: { value: { is: text } }, lazy: false }).findInMap('value', 'is');
    new ProtectedJob(stack, 'Uplift', {
      membership: Membership.fromMembershipId(stack, 'Membership', value('MembershipId', membershipId)),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', value('TemplateArn', templateArn)),
      parameters: { outcome: membershipId === after.membershipId ? 'endless' : '' },
    });
    build(stack);
  };
  await journey.deploy('Replaced', withMembership(before, () => {}));
  const outputs = journey.outputs('Replaced');

  const { exitCode } = await journey.deploy(
    'Replaced',
    withMembership(after, (stack) => addJob(stack, 'Failing', failing, { parameters: { outcome: 'failure' } })),
  );
  expect(exitCode).toBe(1);
  expect(journey.status('Replaced')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.outputs('Replaced')).toEqual(outputs);
  expect(journey.jobs(after).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('bad values behind tokens fail the deployment before any job starts, with the words of synth', async () => {
  const { exitCode, output } = await journey.deploy('BadInput', (stack) => {
    const value = (id: string, text: string) => new CfnParameter(stack, id, { default: text }).valueAsString;
    new ProtectedJob(stack, 'Uplift', {
      membership: Membership.fromMembershipId(stack, 'Membership', value('MembershipId', 'mine')),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', value('TemplateArn', 'arn:aws:s3:::bucket')),
      resultReceiver: value('Receiver', '1234'),
    });
  });
  expect(exitCode).toBe(1);
  expect(output).toContain(
    'PJ-INVALID-INPUT: no job was started: membership: "mine" (4 characters) is not a membership ID, ' +
      'a UUID of 36 characters in lower case; ' +
      'analysisTemplate: "arn:aws:s3:::bucket" (19 characters) is not an analysis template ARN of at most 200 characters',
  );
  expect(output).toContain('resultReceiver: "1234" (4 characters) is not an AWS account ID of 12 digits');
  expect(journey.aws.cleanRooms.startRequests().filter(({ input }) => input.membershipIdentifier === 'mine')).toEqual([]);
});
