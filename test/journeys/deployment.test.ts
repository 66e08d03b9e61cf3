import { CfnOutput, Fn, type Stack } from 'aws-cdk-lib';
import { Journey } from './journey';
import { addJob, decideByOutcome, SECRET } from './outcomes';
import { type ProtectedJobProps } from '../../src';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.begin();
  decideByOutcome(journey);
});

afterAll(() => journey.end());

test('create, no change, an update that is rolled back, one that is not, and destroy', async () => {
  const collaborator = await journey.collaborator('outcome', 'token');
  const stackWith = (props: Partial<ProtectedJobProps>) => (stack: Stack) => {
    const job = addJob(stack, 'Uplift', collaborator, props);
    const attributes = {
      Status: job.status,
      Bucket: job.resultBucketName,
      Prefix: job.resultKeyPrefix,
      Receivers: Fn.join(',', job.resultReceivers),
      MembershipId: job.membershipId,
      MembershipArn: job.membershipArn,
      CreateTime: job.createTime,
      Duration: job.durationInMillis,
      Units: job.billedUnits,
    };
    for (const [name, value] of Object.entries(attributes)) {
      new CfnOutput(stack, name, { value });
    }
  };
  const parameters = { token: SECRET };

  const create = await journey.deploy('Life', stackWith({ parameters }));
  const [job] = journey.jobs(collaborator);
  expect(create.output).toContain(`Life.UpliftJobId = ${job.id}`);
  expect(create.output).toContain(`Life.UpliftResultLocation = s3://results/uplift/${job.id}/`);
  expect(create.exitCode).toBe(0);
  expect(journey.outputs('Life')).toEqual({
    UpliftJobId: job.id,
    UpliftResultLocation: `s3://results/uplift/${job.id}/`,
    Status: 'SUCCESS',
    Bucket: 'results',
    Prefix: 'uplift',
    Receivers: 'none',
    MembershipId: collaborator.membershipId,
    MembershipArn: expect.stringMatching(new RegExp(`^arn:aws:cleanrooms:us-east-1:111122223333:membership/${collaborator.membershipId}$`)),
    CreateTime: new Date(job.createTime).toISOString(),
    Duration: expect.stringMatching(/^\d+$/),
    Units: expect.stringMatching(/^\d+(\.\d+)?$/),
  });

  const noChange = await journey.deploy('Life', stackWith({ parameters }));
  expect(noChange.output).toContain('(no changes)');
  expect(journey.jobs(collaborator)).toHaveLength(1);

  const before = journey.outputs('Life');
  const failure = await journey.deploy('Life', stackWith({ parameters: { ...parameters, outcome: 'failure' } }));
  expect(failure.exitCode).toBe(1);
  expect(failure.output).toContain('PJ-JOB-FAILED');
  expect(journey.status('Life')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.outputs('Life')).toEqual(before);
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS', 'FAILED']);

  const update = await journey.deploy('Life', stackWith({ parameters, triggers: { run: 'second' } }));
  expect(update.exitCode).toBe(0);
  expect(journey.jobs(collaborator)).toHaveLength(3);
  expect(update.output).toContain(`Life.UpliftJobId = ${journey.jobs(collaborator)[2].id}`);

  expect(journey.readable('Life')).toContain(job.id);
  expect(journey.readable('Life')).not.toContain(SECRET);
  expect(journey.readable('Life')).not.toContain('X-Amz-Signature');

  const destroy = await journey.destroy('Life');
  expect(destroy.exitCode).toBe(0);
  expect(journey.jobs(collaborator)).toHaveLength(3);
});

test('a job that fails rolls the stack back, and the CLI shows why in one line', async () => {
  const collaborator = await journey.collaborator('outcome', 'token');
  const parameters = { outcome: 'failure', token: SECRET };
  const { exitCode, output } = await journey.deploy('Failing', (stack) => addJob(stack, 'Uplift', collaborator, { parameters }));
  expect(exitCode).toBe(1);
  const [job] = journey.jobs(collaborator);
  const reason =
    `PJ-JOB-FAILED: job ${job.id} failed: MALFORMED_SCRIPT: column [parameters.token] is missing (Clean Rooms: the same job will fail again). ` +
    'The same script will fail again, and each run is billed: mend it, publish it as a new analysis template, and deploy with that';
  expect(output.split('\n').filter((line) => line.includes(reason))).not.toEqual([]);
  expect(output).not.toContain(SECRET);
  expect(journey.status('Failing')).toBe('ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator)).toHaveLength(1);
});

test('a stack that is destroyed while its job runs cancels the job', async () => {
  const collaborator = await journey.collaborator('outcome');
  const deployment = journey.startDeploying('Destroyed', (stack) => addJob(stack, 'Uplift', collaborator, { parameters: { outcome: 'endless' } }));
  await journey.untilJobStarted(collaborator);

  const { exitCode } = await journey.destroy('Destroyed');
  expect(exitCode).toBe(0);
  expect((await journey.finish(deployment)).exitCode).toBe(1);
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('a start whose answer is lost and a request that is delivered twice still make one job', async () => {
  const collaborator = await journey.collaborator('outcome');
  journey.aws.cleanRooms.faults.next('StartProtectedJob', 'internalErrorAfterEffect');
  journey.aws.lambda.faults.deliverTwice(/OnEvent/);
  const { exitCode } = await journey.deploy('Faults', (stack) => addJob(stack, 'Uplift', collaborator));
  expect(exitCode).toBe(0);
  expect(journey.jobs(collaborator)).toHaveLength(1);
  expect(journey.outputs('Faults').UpliftJobId).toBe(journey.jobs(collaborator)[0].id);
});
