import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CertificateAuthority } from '../certificate';
import { Clients } from '../clients';
import { AwsServer } from '../server';
import { type Caller } from '../service';
import { allow, context, machineArn, pass, TestStepFunctions } from './test-step-functions';

let aws: TestStepFunctions;

beforeEach(async () => {
  aws = await TestStepFunctions.create();
});

afterEach(() => aws.stop());

describe('the API, by the AWS SDK', () => {
  let server: AwsServer;
  let client: SFNClient;

  beforeEach(async () => {
    const certificateAuthority = await CertificateAuthority.create();
    const { clock, iam, service } = aws;
    const callerOf = (keyId: string): Caller => iam.callerOf(keyId);
    server = await AwsServer.start({ services: [service], certificateAuthority, callerOf, clock, clients: new Clients() });
    client = clientWith({ accessKeyId: 'admin', secretAccessKey: 'x' });
    await aws.define({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } });
  });

  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  const clientWith = (credentials: { accessKeyId: string; secretAccessKey: string }): SFNClient =>
    new SFNClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${server.port}`, credentials, maxAttempts: 1 });
  const start = (name: string, input = '{}'): StartExecutionCommand =>
    new StartExecutionCommand({ stateMachineArn: machineArn, name, input });

  it('starts the same execution once while it runs with the same input', async () => {
    const first = await client.send(start('one'));
    expect(await client.send(start('one'))).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    await expect(client.send(start('one', '{"other":1}'))).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      $metadata: { httpStatusCode: 400 },
    });
    expect(aws.service.executions()).toHaveLength(1);
  });

  it('refuses the name of an execution that has ended', async () => {
    await client.send(start('one'));
    await aws.clock.until(aws.service.executions()[0].ended);
    await expect(client.send(start('one'))).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it('describes, lists and stops executions', async () => {
    const { executionArn } = await client.send(start('one', '{"a":1}'));
    await client.send(start('two'));
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'RUNNING',
      input: '{"a":1}',
      name: 'one',
    });
    await client.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by test' }));
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'by test',
    });
    const listed = await client.send(new ListExecutionsCommand({ stateMachineArn: machineArn }));
    expect(listed.executions?.map(({ name, status }) => [name, status])).toEqual([
      ['two', 'RUNNING'],
      ['one', 'ABORTED'],
    ]);
    const running = await client.send(new ListExecutionsCommand({ stateMachineArn: machineArn, statusFilter: 'RUNNING', maxResults: 1 }));
    expect(running.executions).toHaveLength(1);
  });

  it.each([['a b'], ['x'.repeat(81)], ['a/b'], ['a?b'], ['']])('refuses the execution name "%s"', async (name) => {
    await expect(client.send(start(name))).rejects.toMatchObject({ name: 'InvalidName' });
  });

  it('refuses input that is no JSON, and what does not exist', async () => {
    await expect(client.send(start('one', '{'))).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    await expect(client.send(new StartExecutionCommand({ stateMachineArn: `${machineArn}2` }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    await expect(
      client.send(new DescribeExecutionCommand({ executionArn: machineArn.replace('stateMachine', 'execution') + ':x' })),
    ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });

  it('refuses a caller without permission', async () => {
    const limited = clientWith(aws.iam.issueCredentials(aws.roleArn));
    await expect(limited.send(start('one'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('states:StartExecution'),
    });
    limited.destroy();
  });

  it('can lose the answer of an execution that did start', async () => {
    aws.service.faults.next('StartExecution', 'internalErrorAfterEffect');
    await expect(client.send(start('one'))).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(aws.service.executions()).toHaveLength(1);
    aws.service.faults.next('StartExecution', 'connectionReset');
    await expect(client.send(start('two'))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(aws.service.executions()).toHaveLength(1);
  });
});

describe('state machines', () => {
  const good = { StartAt: 'A', States: { A: pass() } };

  it('are refused as Express, and with unknown properties, a role that can not be assumed, or a log group without access', async () => {
    await expect(aws.define(good, { StateMachineType: 'EXPRESS' })).rejects.toThrow('no Express workflows');
    await expect(aws.define(good, { Oops: 1 })).rejects.toThrow('extraneous key [Oops]');
    await expect(aws.define(good, { RoleArn: 'arn:aws:iam::111122223333:role/nobody' })).rejects.toThrow(
      'authorized to assume the provided role',
    );
    const group = { LogGroupArn: 'arn:aws:logs:eu-central-1:111122223333:log-group:g:*' };
    const logging = { Level: 'ALL', Destinations: [{ CloudWatchLogsLogGroup: group }] };
    await expect(aws.define(good, { LoggingConfiguration: logging })).rejects.toThrow('not authorized to access the Log Destination');
  });

  it('with a key start where their role may use it for them', async () => {
    const { attributes } = await aws.kms.resourceTypes['AWS::KMS::Key'].create({}, context);
    await aws.define(good, { EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: attributes.Arn } });
    const useFor = (stateMachineArn: string): void => {
      const Condition = { StringEquals: { 'kms:EncryptionContext:aws:states:stateMachineArn': stateMachineArn } };
      const statement = { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: attributes.Arn, Condition };
      aws.iam.putRolePolicy('clock', 'key', { Version: '2012-10-17', Statement: [statement] });
    };
    useFor('arn:aws:states:eu-central-1:111122223333:stateMachine:');
    await expect(aws.execute({})).rejects.toMatchObject({ code: 'KmsAccessDeniedException' });
    useFor(machineArn);
    const { identity, status } = await aws.execute({});
    expect(status).toBe('SUCCEEDED');

    const { arn: roleArn } = aws.iam.createRole('reader', '/', {});
    aws.iam.putRolePolicy('reader', 'executions', allow('states:DescribeExecution', identity.arn));
    const describe = (): Promise<unknown> => aws.call('DescribeExecution', { executionArn: identity.arn }, { roleArn });
    await expect(describe()).rejects.toThrow('not authorized to perform: kms:Decrypt');
    aws.iam.putRolePolicy('reader', 'key', allow('kms:Decrypt', String(attributes.Arn)));
    expect(await describe()).toMatchObject({ status: 200 });
  });
});
