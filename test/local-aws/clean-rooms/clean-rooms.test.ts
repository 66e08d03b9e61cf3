import { ListProtectedJobsCommand } from '@aws-sdk/client-cleanrooms';
import { CleanRoomsService } from './clean-rooms';
import { AwsError } from '../service';
import { account, allow, jobOf, partner, TestCleanRooms } from './test-clean-rooms';

let aws: TestCleanRooms;

beforeEach(async () => {
  aws = await TestCleanRooms.start();
});

afterEach(() => aws.stop());

describe('a job', () => {
  it('goes through SUBMITTED and STARTED to SUCCESS on the embedded clock', async () => {
    const { id, status, createTime, membershipArn } = await aws.start();
    expect({ status, membershipArn }).toEqual({ status: 'SUBMITTED', membershipArn: aws.membership.arn });
    expect(createTime?.getTime()).toBe(aws.clock.now());
    const job = await aws.until('SUCCESS');
    expect(job.history.map((entry) => entry.status)).toEqual(['SUBMITTED', 'STARTED', 'SUCCESS']);
    const [submitted, started, success] = job.history.map(({ time }) => time);
    expect([started - submitted, success - started]).toEqual([30_000, 600_000]);
    expect(aws.clock.now()).toBe(success);
    expect((await aws.get(id)).status).toBe('SUCCESS');
  });

  it('writes results that come from its parameters, and tells where they are and what they cost', async () => {
    aws.service.setOutputKeys(() => ['scores', 'report']);
    const { id } = await aws.start({
      computeConfiguration: { worker: { type: 'CR.4X', number: 8, properties: { spark: { 'spark.x': '1' } } } },
    });
    await aws.until('SUCCESS');
    const files = ['report', 'scores'].flatMap((output) =>
      ['_SUCCESS', 'part-00000.parquet'].map((file) => `uplift/${id}/${output}/${file}`),
    );
    expect(aws.s3.listObjects('results')).toEqual(files);
    expect(aws.s3.getObject('results', `uplift/${id}/scores/part-00000.parquet`).toString()).toContain('"parameters":{"day":"monday"}');
    const { result, statistics, resultConfiguration, computeConfiguration, jobParameters } = await aws.get(id);
    expect(result).toEqual({ output: { s3: { location: `s3://results/uplift/${id}/` } } });
    expect(resultConfiguration).toEqual({ outputConfiguration: { s3: { bucket: 'results', keyPrefix: 'uplift/' } } });
    expect(statistics?.totalDurationInMillis).toBe(630_000);
    // 8 workers of 8 CRPU, for at least 10 minutes.
    expect(statistics?.billedResourceUtilization?.units).toBe(64 / 6);
    expect(computeConfiguration?.worker?.properties?.spark).toEqual({ 'spark.x': '1' });
    expect(jobParameters).toEqual({ analysisTemplateArn: aws.template.arn, parameters: { day: 'monday' } });
  });

  it('fails as the test decides, by its parameters', async () => {
    aws.service.failJobs(({ parameters }) => (parameters.day === 'monday' ? { code: 'MALFORMED_SCRIPT', message: 'no' } : undefined));
    const { id } = await aws.start();
    await aws.until('FAILED');
    expect(await aws.get(id)).toMatchObject({ status: 'FAILED', error: { code: 'MALFORMED_SCRIPT', message: 'no' } });
    await aws.start({ jobParameters: { analysisTemplateArn: aws.template.arn } });
    await aws.until('SUCCESS');
  });

  it.each([
    ['TRANSIENT_ERROR', true],
    ['MALFORMED_SCRIPT', false],
  ] as const)('that fails with %s says whether the same job may succeed: %s', async (code, retryable) => {
    aws.service.failJobs(() => ({ code, message: 'no' }));
    const { id } = await aws.start();
    await aws.until('FAILED');
    expect(await aws.getRaw(id)).toMatchObject({ protectedJob: { error: { code, message: 'no', retry: { retryable } } } });
  });

  it('tells who pays for it: who runs it, unless the start names another member', async () => {
    const { id } = await aws.start();
    expect(await aws.getRaw(id)).toMatchObject({ protectedJob: { jobComputePayerAccountId: account.accountId } });
    expect(await aws.listRaw()).toMatchObject({ protectedJobs: [{ id, jobComputePayerAccountId: account.accountId }] });
  });

  it.each([
    [true, { day: 'monday', limit: '10' }],
    [false, { day: 'monday' }],
  ])('shows the defaults of parameters that were not given, where a test says so: %s', async (echoesDefaults, expected) => {
    const parameters = [
      { name: 'day', type: 'VARCHAR' },
      { name: 'limit', type: 'INTEGER', defaultValue: '10' },
    ];
    const { arn } = await aws.service.addAnalysisTemplate({ membership: aws.membership, parameters });
    aws.service.echoesDefaults = echoesDefaults;
    const { id } = await aws.start({ jobParameters: { analysisTemplateArn: arn, parameters: { day: 'monday' } } });
    expect((await aws.get(id)).jobParameters?.parameters).toEqual(expected);
  });

  it('runs as long as the test decides', async () => {
    aws.service.setRunTime(() => 3_600_000);
    await aws.start();
    const {
      history: [, started, success],
    } = await aws.until('SUCCESS');
    expect(success.time - started.time).toBe(3_600_000);
  });

  it('fails when the member who receives the results has not configured where', async () => {
    aws.membership.results = undefined;
    const { id } = await aws.start();
    await aws.until('FAILED');
    expect((await aws.get(id)).error?.message).toContain('no job result settings');
  });

  it.each([
    ['can not be read', () => aws.s3.deleteObject('code', 'job.py')],
    ['was changed', () => aws.s3.putObject('code', 'job.py', 'print(2)')],
  ])('fails when an artifact of the template %s', async (message, change) => {
    change();
    await aws.start();
    expect((await aws.until('FAILED')).error?.message).toContain(message);
  });

  it('can have its results sent to the member who made the template', async () => {
    const theirs = aws.service.addMembership({
      collaboration: aws.membership.collaboration,
      accountId: partner,
      results: { bucket: 'theirs' },
    });
    const { arn } = await aws.service.addAnalysisTemplate({ membership: theirs });
    const receiver = { outputConfiguration: { member: { accountId: partner } } };
    const { id } = await aws.start({ jobParameters: { analysisTemplateArn: arn }, resultConfiguration: receiver });
    await aws.until('SUCCESS');
    expect(await aws.get(id)).toMatchObject({
      result: { output: { memberList: [{ accountId: partner }] } },
      resultConfiguration: receiver,
    });
  });
});

describe('cancelling', () => {
  beforeEach(() => aws.service.setRunTime(() => 86_400_000));

  it('goes through CANCELLING to CANCELLED', async () => {
    const { id } = await aws.start();
    expect(jobOf(await aws.cancel(id)).status).toBe('CANCELLING');
    expect(jobOf(await aws.cancel(id)).status).toBe('CANCELLING');
    const { history } = await aws.until('CANCELLED');
    const [cancelling, cancelled] = history.slice(-2).map(({ time }) => time);
    expect(cancelled - cancelling).toBe(60_000);
    expect((await aws.get(id)).status).toBe('CANCELLED');
  });

  it('is refused once the job has ended', async () => {
    aws.service.setRunTime(() => 0);
    const { id } = await aws.start();
    await aws.until('SUCCESS');
    await expect(aws.cancel(id)).rejects.toMatchObject({
      name: 'ConflictException',
      reason: 'INVALID_STATE',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('can hang', async () => {
    aws.service.hangInCancelling();
    const { id } = await aws.start();
    await aws.cancel(id);
    await aws.pass(400_000);
    expect((await aws.get(id)).status).toBe('CANCELLING');
    aws.service.hangInCancelling(() => false);
    await aws.until('CANCELLED');
  });
});

describe('a cancelled job that was about to end', () => {
  beforeEach(() => aws.service.setRunTime(() => 86_400_000));

  it('can succeed, with its results', async () => {
    aws.service.setEndOfCancelling(() => 'SUCCESS');
    const { id } = await aws.start();
    await aws.cancel(id);
    const { history } = await aws.until('SUCCESS');
    expect(history.at(-2)?.status).toBe('CANCELLING');
    expect((await aws.get(id)).result?.output?.s3?.location).toContain(id);
  });

  it('can fail', async () => {
    aws.service.setEndOfCancelling(() => 'FAILED');
    const { id } = await aws.start();
    await aws.cancel(id);
    await aws.until('FAILED');
    expect((await aws.get(id)).error?.code).toBe('INTERNAL_ERROR');
  });
});

describe('listing', () => {
  async function startOneAfterTheOther(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const { id = '' } = await aws.start();
      ids.push(id);
      await aws.until('SUCCESS', id);
    }
    return ids;
  }

  it('is newest first, by pages and by status', async () => {
    aws.service.setRunTime(() => 0);
    const ids = await startOneAfterTheOther(3);
    aws.service.setRunTime(() => 86_400_000);
    const { id: running } = await aws.start();
    const first = await aws.list({ maxResults: 2 });
    const second = await aws.list({ maxResults: 2, nextToken: first.nextToken });
    expect([first, second].flatMap(({ protectedJobs = [] }) => protectedJobs.map(({ id }) => id))).toEqual([running, ...ids.reverse()]);
    expect(second.nextToken).toBeUndefined();
    expect((await aws.list({ status: 'SUCCESS' })).protectedJobs).toHaveLength(3);
    expect(first.protectedJobs?.[0]).toMatchObject({
      membershipId: aws.membership.id,
      receiverConfigurations: [{ analysisType: 'DIRECT_ANALYSIS' }],
    });
    await expect(aws.list({ nextToken: 'invented' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(aws.list({ maxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('does not see a job before the visibility delay is over, nor does Get', async () => {
    aws.service.setVisibilityDelay(() => 10_000_000);
    const { id } = await aws.start();
    expect((await aws.list()).protectedJobs).toEqual([]);
    await expect(aws.get(id)).rejects.toMatchObject({ name: 'ResourceNotFoundException', resourceId: id });
    await aws.pass(9_999_999);
    expect((await aws.list()).protectedJobs).toEqual([]);
    await aws.pass(1);
    expect((await aws.list()).protectedJobs).toHaveLength(1);
    expect((await aws.get(id)).id).toBe(id);
  });
});

describe('quotas', () => {
  beforeEach(() => aws.service.setRunTime(() => 86_400_000));

  it('allow so many vCPUs of workers per account, those of the new job included', async () => {
    const workers = (number: number) => ({ computeConfiguration: { worker: { type: 'CR.4X' as const, number } } });
    await expect(aws.start(workers(65))).rejects.toMatchObject({ name: 'ServiceQuotaExceededException', quotaValue: 1024 });
    await aws.start(workers(60));
    const membership = aws.service.addMembership({ results: { bucket: 'results' } });
    const { arn } = await aws.service.addAnalysisTemplate({ membership });
    const onOther = { membershipIdentifier: membership.id, jobParameters: { analysisTemplateArn: arn } };
    await expect(aws.start({ ...onOther, ...workers(5) })).rejects.toMatchObject({ quotaName: 'vCPUs of PySpark workers per account' });
    await aws.start({ ...onOther, ...workers(4) });
  });

  it('allow one ongoing job per membership, cancelling included', async () => {
    const { id } = await aws.start();
    await expect(aws.start()).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      quotaValue: 1,
      $metadata: { httpStatusCode: 402 },
    });
    aws.service.hangInCancelling();
    await aws.cancel(id);
    await expect(aws.start()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
    expect(aws.service.startRequests().map(({ error, jobId }) => error ?? jobId)).toEqual([
      id,
      'ServiceQuotaExceededException',
      'ServiceQuotaExceededException',
    ]);
  });

  it('can be made larger per membership, as it is not in AWS', async () => {
    aws.service.jobsPerMembership = ({ id }) => (id === aws.membership.id ? 2 : 1);
    await aws.start();
    await aws.start();
    await expect(aws.start()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException', quotaValue: 2 });
  });

  it('allow five ongoing jobs per account in us-east-1, two elsewhere', async () => {
    expect(new CleanRoomsService({ clock: aws.clock, iam: aws.iam, s3: aws.s3, ...account, region: 'eu-central-1' }).jobsPerAccount).toBe(
      2,
    );
    for (let n = 0; n < 6; n += 1) {
      aws.membership = aws.service.addMembership({ results: { bucket: 'results' } });
      aws.template = await aws.service.addAnalysisTemplate({ membership: aws.membership });
      if (n < 5) {
        await aws.start();
      }
    }
    await expect(aws.start()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException', quotaValue: 5 });
  });
});

describe('requests that are refused', () => {
  const jobParameters = (parameters: Record<string, string>) => ({ jobParameters: { analysisTemplateArn: aws.template.arn, parameters } });

  it('refuses memberships, templates and jobs that do not exist, are of others, or of another collaboration', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    const others = aws.service.addMembership({ collaboration: aws.membership.collaboration, accountId: partner });
    await expect(aws.start({ membershipIdentifier: unknown })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceType: 'MEMBERSHIP',
      resourceId: unknown,
    });
    await expect(aws.start({ membershipIdentifier: others.id })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const elsewhere = await aws.service.addAnalysisTemplate({ membership: aws.service.addMembership() });
    await expect(aws.start({ jobParameters: { analysisTemplateArn: elsewhere.arn } })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      resourceId: elsewhere.arn,
    });
    await expect(aws.get(unknown)).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
    await expect(aws.get('x')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses receivers other than the member who made the template, and templates that are not PySpark', async () => {
    const member = { resultConfiguration: { outputConfiguration: { member: { accountId: partner } } } };
    await expect(aws.start(member)).rejects.toThrow('can be received only by 111122223333');
    const { arn } = await aws.service.addAnalysisTemplate({ membership: aws.membership, format: 'SQL' });
    await expect(aws.start({ jobParameters: { analysisTemplateArn: arn } })).rejects.toThrow('not PySpark');
  });

  it('checks parameters against those that the template declares', async () => {
    const parameters = [
      { name: 'day', type: 'VARCHAR' },
      { name: 'hour', type: 'VARCHAR', defaultValue: '1' },
    ];
    aws.template = await aws.service.addAnalysisTemplate({ membership: aws.membership, parameters });
    await expect(aws.start(jobParameters({ day: 'x', week: 'y' }))).rejects.toThrow('no parameters week');
    await expect(aws.start(jobParameters({}))).rejects.toThrow('Values are missing for the parameters day');
    await aws.start(jobParameters({ day: 'x' }));
  });

  it('refuses a start without permission for the membership and for the template', async () => {
    for (const resource of [aws.membership.arn, aws.template.arn]) {
      const roleArn = await aws.makeRole('lambda.amazonaws.com', allow('cleanrooms:StartProtectedJob', resource));
      const limited = aws.clientWith(aws.iam.issueCredentials(roleArn));
      await expect(limited.send(aws.startCommand())).rejects.toMatchObject({
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 403 },
      });
      limited.destroy();
    }
    const roleArn = await aws.makeRole(
      'lambda.amazonaws.com',
      allow('cleanrooms:StartProtectedJob', aws.membership.arn, aws.template.arn),
      allow('cleanrooms:GetCollaborationAnalysisTemplate', aws.template.arn, aws.membership.collaboration.arn),
      allow('cleanrooms:GetSchema', aws.membership.collaboration.arn),
    );
    const allowed = aws.clientWith(aws.iam.issueCredentials(roleArn));
    await allowed.send(aws.startCommand());
    await expect(allowed.send(new ListProtectedJobsCommand({ membershipIdentifier: aws.membership.id }))).rejects.toThrow(
      `is not authorized to perform: cleanrooms:ListProtectedJobs on resource: ${aws.membership.arn} because`,
    );
    allowed.destroy();
  });

  it('refuses a start without permission for what it reads', async () => {
    const table = `${aws.membership.arn}/configuredtableassociation/t1`;
    const intermediateTable = `${aws.membership.arn}/intermediatetable/i1`;
    aws.template = await aws.service.addAnalysisTemplate({ membership: aws.membership, tables: [table, intermediateTable] });
    const collaboration = aws.membership.collaboration.arn;
    const needed = [
      ['cleanrooms:StartProtectedJob', table],
      ['cleanrooms:StartProtectedJob', intermediateTable],
      ['cleanrooms:GetCollaborationAnalysisTemplate', aws.template.arn],
      ['cleanrooms:GetCollaborationAnalysisTemplate', collaboration],
      ['cleanrooms:GetSchema', collaboration],
      ['cleanrooms:GetSchema', table],
    ];
    const start = allow('cleanrooms:StartProtectedJob', aws.membership.arn, aws.template.arn);
    for (const missing of needed) {
      const rest = needed.filter((permission) => permission !== missing).map(([action, resource]) => allow(action, resource));
      const limited = aws.clientWith(aws.iam.issueCredentials(await aws.makeRole('lambda.amazonaws.com', start, ...rest)));
      await expect(limited.send(aws.startCommand())).rejects.toThrow(`not authorized to perform: ${missing[0]} on resource: ${missing[1]} because`);
      limited.destroy();
    }
    const all = needed.map(([action, resource]) => allow(action, resource));
    const allowed = aws.clientWith(aws.iam.issueCredentials(await aws.makeRole('lambda.amazonaws.com', start, ...all)));
    await allowed.send(aws.startCommand());
    allowed.destroy();
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
    aws.service.faults.next('StartProtectedJob', fault);
    await expect(aws.start()).rejects.toMatchObject(error);
    expect(aws.service.jobs()).toHaveLength(jobs);
  });

  it('are for the next calls of one operation only', async () => {
    aws.service.faults.next('ListProtectedJobs', 'throttled', 2);
    await aws.start();
    await expect(aws.list()).rejects.toThrow();
    await expect(aws.list()).rejects.toThrow();
    await aws.list();
  });
});
