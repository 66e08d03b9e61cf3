import { Duration, type Stack } from 'aws-cdk-lib';
import { ProtectedJob, type ProtectedJobProps } from '../../../src';
import { AwsError } from '../../local-aws/service';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

const MINUTE = 60_000;

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: MINUTE, cancelling: 20_000 });
  journey.aws.cleanRooms.setRunTime((job) => Number(job.parameters.minutes) * MINUTE);
});

afterAll(() => journey.end());

function addJob(stack: Stack, collaborator: Collaborator, props: Partial<ProtectedJobProps> = {}): void {
  new ProtectedJob(stack, 'Uplift', {
    membership: collaborator.membership(stack, 'Membership'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
    parameters: { minutes: '1' },
    timeout: Duration.minutes(55),
    ...props,
  });
}

/** The functions of the stack may not read their ledger, for this many reads or for as long as the condition holds. */
function denyLedger(stackName: string, reads: number, condition: () => boolean = () => true): void {
  const denial = new AwsError('AccessDeniedException', 'not authorized', 400);
  journey.aws.dynamoDb.faults.next('GetItem', denial, reads, (input) => JSON.stringify(input).includes(`${stackName}-`) && condition());
}

function hasFailed(stackName: string): boolean {
  return journey.aws.cloudFormation.events(stackName).some(({ status }) => status === 'CREATE_FAILED');
}

/** Writes something into the ledger that no version of this library ever wrote. */
async function damageRecords(stackName: string): Promise<void> {
  const { dynamoDb } = journey.aws;
  const [tableName] = [...dynamoDb.tables.keys()].filter((name) => name.startsWith(`${stackName}-`));
  for (const { pk } of await dynamoDb.items(tableName)) {
    if (JSON.stringify(pk).includes('resource#')) {
      await dynamoDb.perform('PutItem', { TableName: tableName, Item: { pk, version: { S: 'damaged' } } });
    }
  }
}

test('where the clock can not call its function for minutes, the deployment fails with a reason and leaves no job', async () => {
  const collaborator = await journey.collaborator('minutes');
  const deployment = journey.startDeploying('Throttled', (stack) => addJob(stack, collaborator, { parameters: { minutes: '1000' } }));
  await journey.untilJobStarted(collaborator);
  journey.aws.lambda.faults.throttle(/^Throttled-.*Advance/, 13); // the first try, its ten retries, and the first two of the last state
  const { exitCode, output } = await journey.finish(deployment);
  expect(exitCode).toBe(1);
  expect(output).toContain('PJ-INTERNAL: the runner could not go on (its clock ran out of retries)');
  expect(journey.status('Throttled')).toBe('ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('where the ledger is denied to a request for minutes, the deployment goes on', async () => {
  const collaborator = await journey.collaborator('minutes');
  denyLedger('Delayed', 2);
  expect(outcomeOf(await journey.deploy('Delayed', (stack) => addJob(stack, collaborator)))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS']);
});

test('where the ledger is denied to a request for good, the deployment fails with a reason and starts no job', async () => {
  const collaborator = await journey.collaborator('minutes');
  denyLedger('Barred', Infinity, () => !hasFailed('Barred'));
  const { exitCode, output } = await journey.deploy('Barred', (stack) => addJob(stack, collaborator));
  expect(exitCode).toBe(1);
  expect(output).toContain('PJ-INTERNAL: the runner could not go on (its ledger or its clock can not be used)');
  expect(output).not.toMatch(/did not receive a response/);
  expect(journey.status('Barred')).toBe('ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator)).toEqual([]);
});

test('where the record of a job is damaged, every request is answered with a reason', async () => {
  const collaborator = await journey.collaborator('minutes');
  const deployment = journey.startDeploying('Damaged', (stack) => addJob(stack, collaborator, { parameters: { minutes: '1000' } }));
  await journey.untilJobStarted(collaborator);
  await damageRecords('Damaged');
  const { exitCode, output } = await journey.finish(deployment);
  expect(exitCode).toBe(1);
  const reasons = journey.aws.cloudFormation.events('Damaged').flatMap(({ reason }) => (reason?.includes('PJ-INTERNAL: ') ? [reason] : []));
  expect(reasons.join('\n')).toContain('its clock ran out of retries'); // of the Create
  expect(reasons.join('\n')).toContain('its ledger or its clock can not be used'); // of the rollback's Delete
  expect(output).not.toMatch(/did not receive a response/);
  expect(journey.jobs(collaborator)).toHaveLength(1);
});

test('where the clock only comes to its last state, the deployment fails with a reason and leaves no job', async () => {
  const collaborator = await journey.collaborator('minutes');
  const deployment = journey.startDeploying('Failing', (stack) => addJob(stack, collaborator, { parameters: { minutes: '1000' } }));
  await journey.untilJobStarted(collaborator);
  for (let attempt = 1; attempt <= 11; attempt++) {
    journey.aws.lambda.faults.crash(/^Failing-.*Advance/, 'before', attempt); // the clock's first try and its ten retries
  }
  const { exitCode, output } = await journey.finish(deployment);
  expect(exitCode).toBe(1);
  expect(output).toContain('PJ-INTERNAL: the runner could not go on (its clock ran out of retries)');
  expect(journey.status('Failing')).toBe('ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['CANCELLED']);
});

test('where the ledger is denied to the clock for minutes, the deployment goes on', async () => {
  const collaborator = await journey.collaborator('minutes');
  const deployment = journey.startDeploying('DeniedToClock', (stack) => addJob(stack, collaborator, { parameters: { minutes: '10' } }));
  await journey.untilJobStarted(collaborator);
  denyLedger('DeniedToClock', 5);
  expect(outcomeOf(await journey.finish(deployment))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS']);
});
