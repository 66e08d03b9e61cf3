import { CfnCondition, CfnOutput, CfnResource, Fn, type Stack } from 'aws-cdk-lib';
import { type ProtectedJob } from '../../../src';
import { type DeployOptions } from '../deployer';
import { type Collaborator, Journey } from '../journey';
import { addJob, decideByOutcome } from '../outcomes';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.begin();
  decideByOutcome(journey);
});

afterAll(() => journey.end());

const statusesOf = (collaborator: Collaborator) => journey.jobs(collaborator).map(({ status }) => status);

describe.each<[string, string, DeployOptions]>([
  ['without a rollback (cdk deploy --no-rollback)', 'NoRollback', { rollback: false }],
  ['in express mode (cdk deploy --express)', 'Express', { express: true }],
])('a deployment %s', (_, stackName, options) => {
  test('waits for its jobs; one that fails stays failed, and a retry runs it again, and no other', async () => {
    const [good, bad] = [await journey.collaborator('outcome'), await journey.collaborator('outcome')];
    const deploy = (outcome: string) =>
      journey.deploy(stackName, (stack) => {
        const first = addJob(stack, 'Good', good);
        addJob(stack, 'Bad', bad, { parameters: { outcome } }).node.addDependency(first);
      }, options);

    const failed = await deploy('failure');
    expect(failed.exitCode).toBe(1);
    expect(failed.output).toContain('MALFORMED_SCRIPT');
    expect(journey.status(stackName)).toBe('CREATE_FAILED');
    expect([statusesOf(good), statusesOf(bad)]).toEqual([['SUCCESS'], ['FAILED']]);

    expect((await deploy('failure')).exitCode).toBe(1);
    expect([statusesOf(good), statusesOf(bad)]).toEqual([['SUCCESS'], ['FAILED', 'FAILED']]);

    expect((await deploy('success')).exitCode).toBe(0);
    expect([statusesOf(good), statusesOf(bad)]).toEqual([['SUCCESS'], ['FAILED', 'FAILED', 'SUCCESS']]);
    expect(journey.outputs(stackName)).toMatchObject({ GoodJobId: journey.jobs(good)[0].id, BadJobId: journey.jobs(bad)[2].id });
  });
});

test('a job with a condition runs where that holds, without outputs of the stack', async () => {
  const [collaborator, other] = [await journey.collaborator('outcome'), await journey.collaborator('outcome')];
  const deploy = (isWanted: string) =>
    journey.deploy('Conditional', (stack) => {
      const condition = new CfnCondition(stack, 'IsWanted', { expression: Fn.conditionEquals(isWanted, 'yes') });
      addJob(stack, 'Other', other);
      const job = addJob(stack, 'Uplift', collaborator, { stackOutputs: false });
      makeConditional(job, condition);
      new CfnOutput(stack, 'JobId', { value: job.jobId, condition });
    });

  expect((await deploy('no')).exitCode).toBe(0);
  expect(statusesOf(collaborator)).toEqual([]);
  expect((await deploy('yes')).exitCode).toBe(0);
  expect(statusesOf(collaborator)).toEqual(['SUCCESS']);
  expect(journey.outputs('Conditional').JobId).toBe(journey.jobs(collaborator)[0].id);
});

function makeConditional(job: ProtectedJob, condition: CfnCondition): void {
  for (const { node: { defaultChild } } of job.node.children) {
    if (CfnResource.isCfnResource(defaultChild)) {
      defaultChild.cfnOptions.condition = condition;
    }
  }
}

test('a job under another construct ID is another one, and runs again', async () => {
  const collaborator = await journey.collaborator('outcome');
  const deploy = (id: string) => journey.deploy('Renamed', (stack: Stack) => addJob(stack, id, collaborator));

  expect((await deploy('Uplift')).exitCode).toBe(0);
  expect((await deploy('Reach')).exitCode).toBe(0);
  expect(statusesOf(collaborator)).toEqual(['SUCCESS', 'SUCCESS']);
});
