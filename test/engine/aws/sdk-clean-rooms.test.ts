import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { StartProtectedJobInput$ } from '@aws-sdk/client-cleanrooms';
import { NormalizedSchema } from '@smithy/core/schema';
import { type JobInputs } from '../../../src/contract/job-inputs';
import { SdkCleanRooms } from '../../../src/engine/aws/sdk-clean-rooms';
import { MEMBERSHIP_ID, TEMPLATE_ARN } from '../fakes/events';

const JOB_ID = '00000000-0000-4000-8000-000000000001';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly errorType?: string;
}

let server: Server;
let cleanRooms: SdkCleanRooms;
let received: { readonly method?: string; readonly url?: string; readonly length: number; readonly body: string }[];
let replies: (Reply | 'reset')[];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk));
  }
  const { method, url, headers } = request;
  received.push({ method, url, length: Number(headers['content-length']), body: Buffer.concat(chunks).toString() });
  const reply = replies.shift() ?? 'reset';
  if (reply === 'reset') {
    request.socket.destroy();
    return;
  }
  response.writeHead(reply.status, reply.errorType === undefined ? {} : { 'x-amzn-errortype': reply.errorType });
  response.end(JSON.stringify(reply.body ?? {}));
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  received = [];
  replies = [];
  const { port } = server.address() as AddressInfo; // of a TCP server it is no string
  cleanRooms = SdkCleanRooms.create({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});

const inputs: JobInputs = {
  type: 'PYSPARK',
  membershipIdentifier: MEMBERSHIP_ID,
  analysisTemplateArn: TEMPLATE_ARN,
  parameters: { days: '30' },
  workerType: 'CR.4X',
  workerNumber: 8,
  sparkProperties: { 'spark.sql.shuffle.partitions': '64' },
  resultReceiver: '444455556666',
  timeoutSeconds: 3300,
};

const MEMBERSHIP_ARN = `arn:aws:cleanrooms:us-east-1:111122223333:membership/${MEMBERSHIP_ID}`;
const runningJob = { id: JOB_ID, membershipId: MEMBERSHIP_ID, membershipArn: 'arn', createTime: 1767225600, status: 'SUBMITTED' };

function start(jobInputs = inputs) {
  return cleanRooms.start(jobInputs, new AbortController().signal);
}

test('a start sends every input', async () => {
  replies.push({ status: 200, body: { protectedJob: runningJob } });
  await start();
  expect(received[0]).toMatchObject({ method: 'POST', url: `/memberships/${MEMBERSHIP_ID}/protectedJobs` });
  expect(JSON.parse(received[0].body)).toEqual({
    type: 'PYSPARK',
    jobParameters: { analysisTemplateArn: TEMPLATE_ARN, parameters: { days: '30' } },
    resultConfiguration: { outputConfiguration: { member: { accountId: '444455556666' } } },
    computeConfiguration: {
      worker: { type: 'CR.4X', number: 8, properties: { spark: { 'spark.sql.shuffle.partitions': '64' } } },
    },
  });
});

test('a start sends the payer, which the client does not know', async () => {
  replies.push({ status: 200, body: { protectedJob: runningJob } });
  const { value } = await start({ ...inputs, computePayer: '777788889999' });
  expect(value?.id).toBe(JOB_ID);
  const { jobComputePayerAccountId, ...others } = JSON.parse(received[0].body);
  expect(jobComputePayerAccountId).toBe('777788889999');
  expect(others).toMatchObject({ type: 'PYSPARK', jobParameters: { parameters: { days: '30' } } });
  expect(received[0].length).toBe(received[0].body.length);
});

test('the client does not know the payer yet: once it does, send it as any other input', () => {
  expect(NormalizedSchema.of(StartProtectedJobInput$).getMemberSchemas()).toHaveProperty('jobParameters');
  expect(NormalizedSchema.of(StartProtectedJobInput$).getMemberSchemas()).not.toHaveProperty('jobComputePayerAccountId');
});

test('a start leaves out what is not asked for', async () => {
  replies.push({ status: 200, body: { protectedJob: runningJob } });
  const { type, membershipIdentifier, analysisTemplateArn, timeoutSeconds } = inputs;
  await start({ type, membershipIdentifier, analysisTemplateArn, timeoutSeconds });
  expect(JSON.parse(received[0].body)).toEqual({ type: 'PYSPARK', jobParameters: { analysisTemplateArn: TEMPLATE_ARN } });
});

test.each<Reply | 'reset'>([
  'reset',
  { status: 500, errorType: 'InternalServerException' },
  { status: 503 },
  { status: 429, errorType: 'ThrottlingException' },
])('a start is sent once, whatever comes back: %p', async (reply) => {
  replies.push(reply);
  const { refusal } = await start();
  expect(received).toHaveLength(1);
  expect(refusal?.action).toBe('cleanrooms:StartProtectedJob');
});

test.each([
  [403, 'AccessDeniedException', {}, 'denied'],
  [404, 'ResourceNotFoundException', {}, 'notFound'],
  [400, 'ValidationException', { reason: 'FIELD_VALIDATION_FAILED' }, 'invalid'],
  [400, 'ValidationException', { reason: 'IAM_SYNCHRONIZATION_DELAY' }, 'denied'],
  [402, 'ServiceQuotaExceededException', { quotaName: 'jobs', quotaValue: 1 }, 'quota'],
  [429, 'ThrottlingException', {}, 'throttled'],
  [500, 'InternalServerException', {}, 'unknown'],
  [409, 'ConflictException', {}, 'conflict'],
  [403, 'ExpiredTokenException', {}, 'denied'],
  [400, 'SomethingNewException', {}, 'invalid'],
  [502, 'SomethingNewException', {}, 'unknown'],
])('HTTP %d with %s %p means %s', async (status, errorType, body, kind) => {
  replies.push({ status, errorType, body: { message: 'as told', ...body } });
  await expect(start()).resolves.toMatchObject({ refusal: { kind, code: errorType, message: 'as told' } });
});

test('a start that is aborted has an unknown outcome', async () => {
  const result = await cleanRooms.start(inputs, AbortSignal.abort());
  expect(result.refusal?.kind).toBe('unknown');
});

test('a start without a job in its answer has an unknown outcome', async () => {
  replies.push({ status: 200, body: {} });
  expect((await start()).refusal?.kind).toBe('unknown');
});

test('everything but a start is sent again after a fault', async () => {
  replies.push('reset', { status: 200, body: { protectedJob: runningJob } });
  const result = await cleanRooms.get(MEMBERSHIP_ID, JOB_ID);
  expect(result.value?.id).toBe(JOB_ID);
  expect(received).toHaveLength(2);
});

test('a job is returned with all that GetProtectedJob says of it', async () => {
  replies.push({
    status: 200,
    body: {
      protectedJob: {
        ...runningJob,
        membershipArn: MEMBERSHIP_ARN,
        status: 'SUCCESS',
        type: 'PYSPARK',
        jobComputePayerAccountId: '777788889999',
        jobParameters: { analysisTemplateArn: TEMPLATE_ARN, parameters: { days: '30' } },
        resultConfiguration: { outputConfiguration: { s3: { bucket: 'results', keyPrefix: 'uplift' } } },
        statistics: { totalDurationInMillis: 612000, billedResourceUtilization: { units: 5.5 } },
        result: { output: { s3: { location: 's3://results/uplift/1/' } } },
        error: { code: 'SPARK_ERROR', message: 'as told', retry: { retryable: true } },
        computeConfiguration: { worker: { type: 'CR.1X', number: 16, properties: { spark: { 'spark.executor.memory': '20G' } } } },
      },
    },
  });
  await expect(cleanRooms.get(MEMBERSHIP_ID, JOB_ID)).resolves.toEqual({
    value: {
      id: JOB_ID,
      membershipId: MEMBERSHIP_ID,
      membershipArn: MEMBERSHIP_ARN,
      createTime: new Date('2026-01-01T00:00:00Z'),
      status: 'SUCCESS',
      type: 'PYSPARK',
      analysisTemplateArn: TEMPLATE_ARN,
      parameters: { days: '30' },
      workerType: 'CR.1X',
      workerNumber: 16,
      sparkProperties: { 'spark.executor.memory': '20G' },
      resultReceiver: '111122223333',
      computePayer: '777788889999',
      resultBucketName: 'results',
      resultKeyPrefix: 'uplift',
      resultLocation: 's3://results/uplift/1/',
      resultReceivers: [],
      durationInMillis: 612000,
      billedUnits: 5.5,
      error: { code: 'SPARK_ERROR', message: 'as told', retryable: true },
    },
  });
});

test('the receivers of a result in other accounts are returned', async () => {
  const result = { output: { memberList: [{ accountId: '444455556666' }, { accountId: '777788889999' }] } };
  replies.push({ status: 200, body: { protectedJob: { ...runningJob, status: 'SUCCESS', result } } });
  const { value } = await cleanRooms.get(MEMBERSHIP_ID, JOB_ID);
  expect(value?.resultReceivers).toEqual(['444455556666', '777788889999']);
  expect(value?.resultLocation).toBeUndefined();
});

test('the member that was asked to receive the results is returned', async () => {
  const resultConfiguration = { outputConfiguration: { member: { accountId: '444455556666' } } };
  replies.push({ status: 200, body: { protectedJob: { ...runningJob, resultConfiguration } } });
  expect((await start()).value?.resultReceiver).toBe('444455556666');
});

test('what the client does not know yet and has another type is left out', async () => {
  replies.push({ status: 200, body: { protectedJob: { ...runningJob, type: 7, jobComputePayerAccountId: null, error: { code: 'X', message: 'no', retry: {} } } } });
  const { value } = await cleanRooms.get(MEMBERSHIP_ID, JOB_ID);
  expect(value?.type).toBeUndefined();
  expect(value?.computePayer).toBeUndefined();
  expect(value?.error).toEqual({ code: 'X', message: 'no' });
});

test('the list is read no further than to the first page that is older', async () => {
  const job = (id: string, createTime: number) => ({ ...runningJob, id, createTime });
  replies.push(
    { status: 200, body: { nextToken: 'empty', protectedJobs: [job('new', 101), job('old', 99)] } },
    { status: 200, body: { nextToken: 'older', protectedJobs: [] } },
    { status: 200, body: { nextToken: 'oldest', protectedJobs: [job('older', 98)] } },
  );
  await expect(cleanRooms.listSince(MEMBERSHIP_ID, new Date(100_000))).resolves.toEqual({ value: ['new'] });
  expect(received).toHaveLength(3);
});

test('the list has the jobs since a time on all pages, the oldest first', async () => {
  const job = (id: string, createTime: number) => ({ ...runningJob, id, createTime });
  replies.push(
    { status: 200, body: { nextToken: 'more', protectedJobs: [job('newest', 300), job('newer', 200)] } },
    { status: 200, body: { protectedJobs: [job('old', 100), job('older', 99)] } },
  );
  await expect(cleanRooms.listSince(MEMBERSHIP_ID, new Date(100_000))).resolves.toEqual({ value: ['old', 'newer', 'newest'] });
  expect(received[1].url).toContain('nextToken=more');
});

test('a cancellation asks for the status CANCELLED', async () => {
  replies.push({ status: 200, body: { protectedJob: { ...runningJob, status: 'CANCELLING' } } });
  await cleanRooms.cancel(MEMBERSHIP_ID, JOB_ID);
  expect(received[0]).toMatchObject({ method: 'PATCH', url: `/memberships/${MEMBERSHIP_ID}/protectedJobs/${JOB_ID}` });
  expect(JSON.parse(received[0].body)).toEqual({ targetStatus: 'CANCELLED' });
});
