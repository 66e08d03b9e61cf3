import {
  CleanRoomsClient,
  GetProtectedJobCommand,
  ListProtectedJobsCommand,
  StartProtectedJobCommand,
  UpdateProtectedJobCommand,
  type ProtectedJob,
  type StartProtectedJobCommandInput,
} from '@aws-sdk/client-cleanrooms';
import { CertificateAuthority } from '../certificate';
import { CleanRoomsService } from './clean-rooms';
import { type AnalysisTemplate, type Membership } from './collaborations';
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { AwsServer } from '../server';
import { AwsError, type Properties, type ResourceContext, type ResourceState } from '../service';
import { S3Double } from '../test-doubles';

const account = { region: 'us-east-1', accountId: '111122223333', partition: 'aws' };
const partner = '444455556666';
const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'X',
  generatedName: 'stack-X-ABCDEFGHIJKL',
};

let clock: Clock;
let iam: IamService;
let s3: S3Double;
let cleanRooms: CleanRoomsService;
let server: AwsServer;
let client: CleanRoomsClient;
let membership: Membership;
let template: AnalysisTemplate;
let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
});

beforeEach(async () => {
  clock = new Clock(10_000);
  iam = new IamService({ clock, ...account });
  s3 = new S3Double();
  cleanRooms = new CleanRoomsService({ clock, iam, s3, ...account });
  server = await AwsServer.start({ services: [cleanRooms], certificateAuthority: authority, callerOf: (key) => iam.callerOf(key) });
  client = clientWith({ accessKeyId: 'admin', secretAccessKey: 'x' });
  s3.putObject('code', 'job.py', 'print(1)');
  membership = cleanRooms.addMembership({ results: { bucket: 'results', keyPrefix: 'uplift/' } });
  template = await cleanRooms.addAnalysisTemplate({ membership, artifacts: [{ bucket: 'code', key: 'job.py' }] });
});

afterEach(async () => {
  client.destroy();
  cleanRooms.stop();
  await server.stop();
});

function clientWith(credentials: { accessKeyId: string; secretAccessKey: string }): CleanRoomsClient {
  return new CleanRoomsClient({ region: 'us-east-1', endpoint: `http://127.0.0.1:${server.port}`, credentials, maxAttempts: 1 });
}

function startCommand(input: Partial<StartProtectedJobCommandInput> = {}): StartProtectedJobCommand {
  return new StartProtectedJobCommand({
    type: 'PYSPARK',
    membershipIdentifier: membership.id,
    jobParameters: { analysisTemplateArn: template.arn, parameters: { day: 'monday' } },
    ...input,
  });
}

async function start(input: Partial<StartProtectedJobCommandInput> = {}): Promise<ProtectedJob> {
  return jobOf(await client.send(startCommand(input)));
}

async function get(id = ''): Promise<ProtectedJob> {
  return jobOf(await client.send(new GetProtectedJobCommand({ membershipIdentifier: membership.id, protectedJobIdentifier: id })));
}

function jobOf({ protectedJob }: { protectedJob?: ProtectedJob }): ProtectedJob {
  if (!protectedJob) {
    throw new Error('the answer has no job');
  }
  return protectedJob;
}

const cancel = (id = '') =>
  client.send(
    new UpdateProtectedJobCommand({ membershipIdentifier: membership.id, protectedJobIdentifier: id, targetStatus: 'CANCELLED' }),
  );
const list = (more: object = {}) => client.send(new ListProtectedJobsCommand({ membershipIdentifier: membership.id, ...more }));
const ended = (status: string) => cleanRooms.untilJob((job) => job.status === status);

describe('a job', () => {
  it('goes through SUBMITTED and STARTED to SUCCESS on the embedded clock', async () => {
    const { id, status, createTime, membershipArn } = await start();
    expect({ status, membershipArn }).toEqual({ status: 'SUBMITTED', membershipArn: membership.arn });
    expect(Math.abs((createTime?.getTime() ?? 0) - clock.now())).toBeLessThan(30_000_000);
    const job = await ended('SUCCESS');
    expect(job.history.map((entry) => entry.status)).toEqual(['SUBMITTED', 'STARTED', 'SUCCESS']);
    const [submitted, started, success] = job.history.map(({ time }) => time);
    expect(started - submitted).toBeGreaterThanOrEqual(20_000);
    expect(success - started).toBeGreaterThanOrEqual(590_000);
    expect((await get(id)).status).toBe('SUCCESS');
  });

  it('writes results that come from its parameters, and tells where they are and what they cost', async () => {
    cleanRooms.setOutputKeys(() => ['scores', 'report']);
    const { id } = await start({
      computeConfiguration: { worker: { type: 'CR.4X', number: 8, properties: { spark: { 'spark.x': '1' } } } },
    });
    await ended('SUCCESS');
    const files = ['report', 'scores'].flatMap((output) =>
      ['_SUCCESS', 'part-00000.parquet'].map((file) => `results/uplift/${id}/${output}/${file}`),
    );
    expect([...s3.objects.keys()].filter((key) => key.startsWith('results/')).sort()).toEqual(files);
    expect(s3.getObject('results', `uplift/${id}/scores/part-00000.parquet`).toString()).toContain('"parameters":{"day":"monday"}');
    const { result, statistics, resultConfiguration, computeConfiguration, jobParameters } = await get(id);
    expect(result).toEqual({ output: { s3: { location: `s3://results/uplift/${id}/` } } });
    expect(resultConfiguration).toEqual({ outputConfiguration: { s3: { bucket: 'results', keyPrefix: 'uplift/' } } });
    expect(statistics?.totalDurationInMillis).toBeGreaterThanOrEqual(620_000);
    // 8 workers of 8 CRPU, for at least 10 minutes.
    expect(statistics?.billedResourceUtilization?.units).toBeGreaterThanOrEqual(64 / 6);
    expect(computeConfiguration?.worker?.properties?.spark).toEqual({ 'spark.x': '1' });
    expect(jobParameters).toEqual({ analysisTemplateArn: template.arn, parameters: { day: 'monday' } });
  });

  it('fails as the test decides, by its parameters', async () => {
    cleanRooms.failJobs(({ parameters }) => (parameters.day === 'monday' ? { code: 'USER_ERROR', message: 'no' } : undefined));
    const { id } = await start();
    await ended('FAILED');
    expect(await get(id)).toMatchObject({ status: 'FAILED', error: { code: 'USER_ERROR', message: 'no' } });
    await start({ jobParameters: { analysisTemplateArn: template.arn } });
    await ended('SUCCESS');
  });

  it('runs as long as the test decides', async () => {
    cleanRooms.setRunTime(() => 3_600_000);
    await start();
    const {
      history: [, started, success],
    } = await ended('SUCCESS');
    expect(success.time - started.time).toBeGreaterThanOrEqual(3_590_000);
  });

  it('fails when the member who receives the results has not configured where', async () => {
    membership.results = undefined;
    const { id } = await start();
    await ended('FAILED');
    expect((await get(id)).error?.message).toContain('no job result settings');
  });

  it.each([
    ['can not be read', () => s3.objects.delete('code/job.py')],
    ['was changed', () => s3.putObject('code', 'job.py', 'print(2)')],
  ])('fails when an artifact of the template %s', async (message, change) => {
    change();
    await start();
    expect((await ended('FAILED')).error?.message).toContain(message);
  });

  it('can have its results sent to the member who made the template', async () => {
    const theirs = cleanRooms.addMembership({ collaboration: membership.collaboration, accountId: partner, results: { bucket: 'theirs' } });
    const { arn } = await cleanRooms.addAnalysisTemplate({ membership: theirs });
    const receiver = { outputConfiguration: { member: { accountId: partner } } };
    const { id } = await start({ jobParameters: { analysisTemplateArn: arn }, resultConfiguration: receiver });
    await ended('SUCCESS');
    expect(await get(id)).toMatchObject({ result: { output: { memberList: [{ accountId: partner }] } }, resultConfiguration: receiver });
  });
});

describe('cancelling', () => {
  beforeEach(() => cleanRooms.setRunTime(() => 86_400_000));

  it('goes through CANCELLING to CANCELLED', async () => {
    cleanRooms.jobDurations.cancelling = 10_000_000;
    const { id } = await start();
    expect(jobOf(await cancel(id)).status).toBe('CANCELLING');
    expect(jobOf(await cancel(id)).status).toBe('CANCELLING');
    await ended('CANCELLED');
    expect((await get(id)).status).toBe('CANCELLED');
  });

  it('is refused once the job has ended', async () => {
    cleanRooms.setRunTime(() => 0);
    const { id } = await start();
    await ended('SUCCESS');
    await expect(cancel(id)).rejects.toMatchObject({
      name: 'ConflictException',
      reason: 'INVALID_STATE',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('can hang', async () => {
    cleanRooms.hangInCancelling();
    const { id } = await start();
    await cancel(id);
    await clock.sleep(400_000);
    expect((await get(id)).status).toBe('CANCELLING');
    cleanRooms.hangInCancelling(false);
    await ended('CANCELLED');
  });
});

describe('listing', () => {
  async function startOneAfterTheOther(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const { id = '' } = await start();
      ids.push(id);
      await cleanRooms.untilJob((job) => job.id === id && job.status === 'SUCCESS');
    }
    return ids;
  }

  it('is newest first, by pages and by status', async () => {
    cleanRooms.setRunTime(() => 0);
    const ids = await startOneAfterTheOther(3);
    cleanRooms.setRunTime(() => 86_400_000);
    const { id: running } = await start();
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect([first, second].flatMap(({ protectedJobs = [] }) => protectedJobs.map(({ id }) => id))).toEqual([running, ...ids.reverse()]);
    expect(second.nextToken).toBeUndefined();
    expect((await list({ status: 'SUCCESS' })).protectedJobs).toHaveLength(3);
    expect(first.protectedJobs?.[0]).toMatchObject({
      membershipId: membership.id,
      receiverConfigurations: [{ analysisType: 'DIRECT_ANALYSIS' }],
    });
    await expect(list({ nextToken: 'invented' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ maxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('does not see a job before the visibility delay is over, nor does Get', async () => {
    cleanRooms.visibilityDelay = 10_000_000;
    const { id } = await start();
    expect((await list()).protectedJobs).toEqual([]);
    await expect(get(id)).rejects.toMatchObject({ name: 'ResourceNotFoundException', resourceId: id });
    await clock.sleep(10_100_000);
    expect((await list()).protectedJobs).toHaveLength(1);
  });
});

describe('quotas', () => {
  beforeEach(() => cleanRooms.setRunTime(() => 86_400_000));

  it('allow one ongoing job per membership, cancelling included', async () => {
    const { id } = await start();
    await expect(start()).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      quotaValue: 1,
      $metadata: { httpStatusCode: 402 },
    });
    cleanRooms.hangInCancelling();
    await cancel(id);
    await expect(start()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
    expect(cleanRooms.startRequests().map(({ error, jobId }) => error ?? jobId)).toEqual([
      id,
      'ServiceQuotaExceededException',
      'ServiceQuotaExceededException',
    ]);
  });

  it('allow five ongoing jobs per account in us-east-1, two elsewhere', async () => {
    expect(new CleanRoomsService({ clock, iam, s3, ...account, region: 'eu-central-1' }).jobsPerAccount).toBe(2);
    for (let n = 0; n < 6; n += 1) {
      membership = cleanRooms.addMembership({ results: { bucket: 'results' } });
      template = await cleanRooms.addAnalysisTemplate({ membership });
      if (n < 5) {
        await start();
      }
    }
    await expect(start()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException', quotaValue: 5 });
  });
});

describe('requests that are refused', () => {
  const jobParameters = (parameters: Record<string, string>) => ({ jobParameters: { analysisTemplateArn: template.arn, parameters } });
  const worker = (type: 'CR.1X', number: number, spark?: Record<string, string>) => ({
    computeConfiguration: { worker: { type, number, properties: spark && { spark } } },
  });

  it.each<[string, () => object]>([
    ['type', () => ({ type: 'SQL' })],
    ['membershipIdentifier', () => ({ membershipIdentifier: membership.id.toUpperCase() })],
    ['jobParameters', () => ({ jobParameters: undefined })],
    ['jobParameters.analysisTemplateArn', () => ({ jobParameters: { analysisTemplateArn: membership.arn } })],
    ['jobParameters.parameters', () => jobParameters({ 'not-a-name': 'x' })],
    ['jobParameters.parameters', () => jobParameters({ x: 'x'.repeat(1001) })],
    ['jobParameters.parameters', () => jobParameters(Object.fromEntries([...Array(51).keys()].map((n) => [`p${n}`, ''])))],
    [
      'resultConfiguration.outputConfiguration.member.accountId',
      () => ({ resultConfiguration: { outputConfiguration: { member: { accountId: '1' } } } }),
    ],
    ['computeConfiguration.worker.number', () => worker('CR.1X', 3)],
    ['computeConfiguration.worker.number', () => worker('CR.1X', 1025)],
    ['computeConfiguration.worker.type', () => ({ computeConfiguration: { worker: { type: 'CR.2X', number: 4 } } })],
    ['computeConfiguration.worker.properties.spark', () => worker('CR.1X', 4, { x: 'x'.repeat(501) })],
  ])('names the field %s: %#', async (name, input) => {
    await expect(client.send(startCommand(input()))).rejects.toMatchObject({
      name: 'ValidationException',
      reason: 'FIELD_VALIDATION_FAILED',
      fieldList: [{ name }],
      $metadata: { httpStatusCode: 400 },
    });
    expect(cleanRooms.jobs()).toHaveLength(0);
  });

  it('never repeats the value of a parameter in the error', async () => {
    await expect(start(jobParameters({ x: 'secret'.repeat(200) }))).rejects.not.toThrow(/secret/);
  });

  const raw = (body: object) =>
    cleanRooms.handle({
      method: 'POST',
      host: 'cleanrooms',
      path: `/memberships/${membership.id}/protectedJobs`,
      query: new URLSearchParams(),
      headers: {},
      caller: {},
      body: Buffer.from(JSON.stringify({ type: 'PYSPARK', jobParameters: { analysisTemplateArn: template.arn }, ...body })),
    });

  it('refuses unknown members, wrong types and unions with two members', async () => {
    await expect(raw({ clientToken: 'x' })).rejects.toThrow('clientToken: Member is not known');
    await expect(raw({ resultConfiguration: 'x' })).rejects.toThrow('resultConfiguration: Expected an object');
    await expect(raw({ resultConfiguration: { outputConfiguration: {} } })).rejects.toThrow('Exactly one member of the union');
    await expect(raw({ computeConfiguration: { worker: { type: 'CR.1X', number: '4' } } })).rejects.toThrow('number: Expected a number');
  });

  it('takes the payer, which the client does not know yet, if it is a member', async () => {
    await expect(raw({ jobComputePayerAccountId: '12' })).rejects.toThrow('jobComputePayerAccountId');
    await expect(raw({ jobComputePayerAccountId: partner })).rejects.toThrow('is not a member of the collaboration');
    await raw({ jobComputePayerAccountId: account.accountId });
    expect(cleanRooms.jobs()[0].payerAccountId).toBe(account.accountId);
  });

  it('refuses memberships, templates and jobs that do not exist, are of others, or of another collaboration', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    const others = cleanRooms.addMembership({ collaboration: membership.collaboration, accountId: partner });
    await expect(start({ membershipIdentifier: unknown })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceType: 'MEMBERSHIP',
      resourceId: unknown,
    });
    await expect(start({ membershipIdentifier: others.id })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const elsewhere = await cleanRooms.addAnalysisTemplate({ membership: cleanRooms.addMembership() });
    await expect(start({ jobParameters: { analysisTemplateArn: elsewhere.arn } })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceId: elsewhere.arn,
    });
    await expect(get(unknown)).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
    await expect(get('x')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses receivers other than the member who made the template, and templates that are not PySpark', async () => {
    const member = { resultConfiguration: { outputConfiguration: { member: { accountId: partner } } } };
    await expect(start(member)).rejects.toThrow('can be received only by 111122223333');
    const { arn } = await cleanRooms.addAnalysisTemplate({ membership, format: 'SQL' });
    await expect(start({ jobParameters: { analysisTemplateArn: arn } })).rejects.toThrow('not PySpark');
  });

  it('checks parameters against those that the template declares', async () => {
    const parameters = [
      { name: 'day', type: 'VARCHAR' },
      { name: 'hour', type: 'VARCHAR', defaultValue: '1' },
    ];
    template = await cleanRooms.addAnalysisTemplate({ membership, parameters });
    await expect(start(jobParameters({ day: 'x', week: 'y' }))).rejects.toThrow('no parameters week');
    await expect(start(jobParameters({}))).rejects.toThrow('Values are missing for the parameters day');
    await start(jobParameters({ day: 'x' }));
  });
});

describe('permissions', () => {
  const trust = (service: string): object => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
  });

  async function makeRole(service: string, ...statements: object[]): Promise<string> {
    const Policies = statements.length > 0 ? [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: statements } }] : [];
    const role = await iam.resourceTypes['AWS::IAM::Role'].create(
      { RoleName: `r${Math.random()}`, AssumeRolePolicyDocument: trust(service), Policies },
      context,
    );
    return String(role.attributes.Arn);
  }

  const allow = (action: string, ...resources: string[]): object => ({ Effect: 'Allow', Action: action, Resource: resources });

  it('to start are needed on the membership and on the template', async () => {
    for (const resource of [membership.arn, template.arn]) {
      const roleArn = await makeRole('lambda.amazonaws.com', allow('cleanrooms:StartProtectedJob', resource));
      const limited = clientWith(iam.issueCredentials(roleArn));
      await expect(limited.send(startCommand())).rejects.toMatchObject({
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 403 },
      });
      limited.destroy();
    }
    const roleArn = await makeRole('lambda.amazonaws.com', allow('cleanrooms:StartProtectedJob', membership.arn, template.arn));
    const allowed = clientWith(iam.issueCredentials(roleArn));
    await allowed.send(startCommand());
    await expect(allowed.send(new ListProtectedJobsCommand({ membershipIdentifier: membership.id }))).rejects.toThrow(
      `is not authorized to perform: cleanrooms:ListProtectedJobs on resource: ${membership.arn} because`,
    );
    allowed.destroy();
  });

  const collaborationProperties = { CreatorDisplayName: 'me', Description: 'd', Name: 'n', QueryLogStatus: 'DISABLED' };
  const make = (type: string, properties: Properties): Promise<ResourceState> =>
    cleanRooms.resourceTypes[`AWS::CleanRooms::${type}`].create(properties, context);

  async function makeStack(
    resultsRole: string,
    artifactsRole: string,
    abilities = ['CAN_RUN_JOB', 'CAN_RECEIVE_RESULTS'],
  ): Promise<ResourceState> {
    const collaboration = await make('Collaboration', { ...collaborationProperties, CreatorMemberAbilities: abilities });
    const member = await make('Membership', {
      CollaborationIdentifier: collaboration.physicalId,
      QueryLogStatus: 'DISABLED',
      DefaultJobResultConfiguration: { OutputConfiguration: { S3: { Bucket: 'results', KeyPrefix: 'p' } }, RoleArn: resultsRole },
    });
    return make('AnalysisTemplate', {
      Name: 't',
      Format: 'PYSPARK_1_0',
      MembershipIdentifier: member.physicalId,
      Source: { Artifacts: { EntryPoint: { Location: { Bucket: 'code', Key: 'job.py' } }, RoleArn: artifactsRole } },
    });
  }

  function startMade({ physicalId, attributes }: ResourceState): Promise<ProtectedJob> {
    return start({ membershipIdentifier: physicalId.split('|')[1], jobParameters: { analysisTemplateArn: String(attributes.Arn) } });
  }

  it('of the roles for artifacts and results are needed too', async () => {
    const bare = await makeRole('cleanrooms.amazonaws.com');
    const reader = await makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    const writer = await makeRole('cleanrooms.amazonaws.com', allow('s3:PutObject', 'arn:aws:s3:::results/p/*'));
    await expect(makeStack(writer, bare)).rejects.toThrow('not authorized to perform: s3:GetObject on resource: arn:aws:s3:::code/job.py');
    await expect(makeStack(await makeRole('lambda.amazonaws.com'), reader)).rejects.toThrow('Clean Rooms can not assume the role');
    await startMade(await makeStack(bare, reader));
    expect((await ended('FAILED')).error?.message).toContain('s3:PutObject');
    await startMade(await makeStack(writer, reader));
    await ended('SUCCESS');
  });

  it('include the ability to run jobs', async () => {
    const reader = await makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    await expect(startMade(await makeStack(reader, reader, ['CAN_QUERY']))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      reason: 'INSUFFICIENT_PERMISSIONS',
    });
  });

  it('do not help an artifact that does not exist', async () => {
    const reader = await makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    s3.objects.clear();
    await expect(makeStack(reader, reader)).rejects.toThrow('The artifact s3://code/job.py can not be read');
  });

  it('resources have the Ref and attributes that the CDK reads', async () => {
    const reader = await makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    const { physicalId, attributes } = await makeStack(reader, reader);
    const [templateId, membershipId] = physicalId.split('|');
    expect(attributes).toMatchObject({ AnalysisTemplateIdentifier: templateId, MembershipArn: expect.stringContaining(membershipId) });
    expect(attributes.Arn).toBe(`arn:aws:cleanrooms:us-east-1:111122223333:membership/${membershipId}/analysistemplate/${templateId}`);
    const { delete: deleteMembership } = cleanRooms.resourceTypes['AWS::CleanRooms::Membership'];
    await expect(deleteMembership(membershipId, {}, context)).rejects.toMatchObject({
      code: 'ConflictException',
      members: { reason: 'SUBRESOURCES_EXIST' },
    });
    await cleanRooms.resourceTypes['AWS::CleanRooms::AnalysisTemplate'].delete(physicalId, {}, context);
    await deleteMembership(membershipId, {}, context);
    await expect(make('Membership', { CollaborationIdentifier: 'x', QueryLogStatus: 'DISABLED', Oops: 1 })).rejects.toThrow(
      'extraneous key [Oops]',
    );
  });
});

describe('faults', () => {
  it.each<[Parameters<CleanRoomsService['faults']['next']>[1], object, number]>([
    ['throttled', { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }, 0],
    ['internalError', { name: 'InternalServerException', $metadata: { httpStatusCode: 500 } }, 0],
    ['internalErrorAfterEffect', { name: 'InternalServerException', $metadata: { httpStatusCode: 500 } }, 1],
    ['connectionReset', { message: expect.stringMatching(/hang up|ECONNRESET/) }, 0],
    ['connectionResetAfterEffect', { message: expect.stringMatching(/hang up|ECONNRESET/) }, 1],
    [
      new AwsError('ValidationException', 'wait', 400, { reason: 'IAM_SYNCHRONIZATION_DELAY' }),
      { name: 'ValidationException', reason: 'IAM_SYNCHRONIZATION_DELAY' },
      0,
    ],
  ])('%s', async (fault, error, jobs) => {
    cleanRooms.faults.next('StartProtectedJob', fault);
    await expect(start()).rejects.toMatchObject(error);
    expect(cleanRooms.jobs()).toHaveLength(jobs);
  });

  it('are for the next calls of one operation only', async () => {
    cleanRooms.faults.next('ListProtectedJobs', 'throttled', 2);
    await start();
    await expect(list()).rejects.toThrow();
    await expect(list()).rejects.toThrow();
    await list();
  });
});
