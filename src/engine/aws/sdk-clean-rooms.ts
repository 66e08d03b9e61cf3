import {
  CleanRoomsClient,
  type CleanRoomsClientConfig,
  GetProtectedJobCommand,
  paginateListProtectedJobs,
  type ProtectedJob,
  type ProtectedJobComputeConfiguration,
  type ProtectedJobSummary,
  type ProtectedJobType,
  type ProtectedJobWorkerComputeType,
  StartProtectedJobCommand,
  UpdateProtectedJobCommand,
} from '@aws-sdk/client-cleanrooms';
import { HttpRequest } from '@smithy/core/transport';
import { CLIENT_TIMEOUTS } from './clients';
import { type RawJob, RawJobReader, READS_RAW_JOB } from './raw-job';
import { refusalOf } from './refusal';
import { assertNothingLeft, type JobInputs } from '../../contract/job-inputs';
import { type Job } from '../core/job';
import { plainText } from '../core/plain-text';
import { type Result } from '../core/result';
import { type CleanRooms } from '../ports/clean-rooms';

/** Clean Rooms through the AWS SDK. */
export class SdkCleanRooms implements CleanRooms {
  /** The SDK's retries are off for StartProtectedJob alone: they would start a second job. Its time is bounded by its lease. */
  static create(config: CleanRoomsClientConfig = {}): SdkCleanRooms {
    return new SdkCleanRooms(
      new CleanRoomsClient({ ...CLIENT_TIMEOUTS, ...config }),
      new CleanRoomsClient({ ...config, maxAttempts: 1 }),
    );
  }

  private constructor(
    private readonly client: CleanRoomsClient,
    private readonly clientWithoutRetries: CleanRoomsClient,
  ) {}

  start(inputs: JobInputs, abort: AbortSignal): Promise<Result<Job>> {
    return attempt('cleanrooms:StartProtectedJob', async () => {
      const command = withComputePayer(startCommand(inputs), inputs.computePayer);
      const raw = new RawJobReader();
      command.middlewareStack.add((next) => (args) => raw.from(next(args)), READS_RAW_JOB);
      const output = await this.clientWithoutRetries.send(command, { abortSignal: abort });
      return readJob(output.protectedJob, raw.job);
    });
  }

  get(membershipIdentifier: string, jobId: string): Promise<Result<Job>> {
    return attempt('cleanrooms:GetProtectedJob', async () => {
      const command = new GetProtectedJobCommand({ membershipIdentifier, protectedJobIdentifier: jobId });
      const raw = new RawJobReader();
      command.middlewareStack.add((next) => (args) => raw.from(next(args)), READS_RAW_JOB);
      const output = await this.client.send(command);
      return readJob(output.protectedJob, raw.job);
    });
  }

  listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>> {
    return attempt('cleanrooms:ListProtectedJobs', async () => {
      const found: DatedJob[] = [];
      for await (const page of paginateListProtectedJobs({ client: this.client, pageSize: 100 }, { membershipIdentifier })) {
        const { protectedJobs = [] } = page;
        const recent = recentOf(protectedJobs, since);
        found.push(...recent);
        if (protectedJobs.length > 0 && recent.length === 0) {
          break; // Clean Rooms lists the most recent job first, so the next pages have older ones only
        }
      }
      return found.sort((a, b) => a.createTime.getTime() - b.createTime.getTime()).map(({ id }) => id);
    });
  }

  cancel(membershipIdentifier: string, jobId: string): Promise<Result<void>> {
    return attempt('cleanrooms:UpdateProtectedJob', async () => {
      const input = { membershipIdentifier, protectedJobIdentifier: jobId, targetStatus: 'CANCELLED' as const };
      await this.client.send(new UpdateProtectedJobCommand(input));
    });
  }
}

interface DatedJob {
  readonly id: string;
  readonly createTime: Date;
}

function recentOf(page: readonly ProtectedJobSummary[], since: Date): DatedJob[] {
  return page.flatMap(({ id, createTime }) => (id !== undefined && createTime !== undefined && createTime >= since ? [{ id, createTime }] : []));
}

async function attempt<T>(action: string, call: () => Promise<T>): Promise<Result<T>> {
  try {
    return { value: await call() };
  } catch (error) {
    return { refusal: refusalOf(action, error) };
  }
}

function startCommand(inputs: JobInputs): StartProtectedJobCommand {
  const { type, membershipIdentifier, analysisTemplateArn, parameters, resultReceiver, ...others } = inputs;
  const { workerType, workerNumber, sparkProperties, ...more } = others;
  const { computePayer, triggers, timeoutSeconds, pollIntervalSeconds, ...forgotten } = more; // the payer is added later, the rest is not sent
  assertNothingLeft(forgotten);
  return new StartProtectedJobCommand({
    // The client's types list what it knew when it was generated; Clean Rooms judges whether it knows a newer one.
    type: type as ProtectedJobType,
    membershipIdentifier,
    jobParameters: { analysisTemplateArn, parameters },
    resultConfiguration: resultReceiver === undefined ? undefined : { outputConfiguration: { member: { accountId: resultReceiver } } },
    computeConfiguration: computeConfiguration({ workerType, workerNumber, sparkProperties }),
  });
}

/** The client does not know the field, which the API has had since May 2026, and drops it: so it is added to the body that is sent. */
function withComputePayer(command: StartProtectedJobCommand, jobComputePayerAccountId: string | undefined): StartProtectedJobCommand {
  if (jobComputePayerAccountId !== undefined) {
    command.middlewareStack.add((next) => (args) => {
      if (HttpRequest.isInstance(args.request)) {
        const body = { ...JSON.parse(new TextDecoder().decode(args.request.body)), jobComputePayerAccountId };
        args.request.body = JSON.stringify(body);
      }
      return next(args);
    }, { name: 'addJobComputePayerAccountId', step: 'build', priority: 'high' }); // before its length is measured
  }
  return command;
}

function computeConfiguration({
  workerType,
  workerNumber,
  sparkProperties,
}: Pick<JobInputs, 'workerType' | 'workerNumber' | 'sparkProperties'>): ProtectedJobComputeConfiguration | undefined {
  if (workerType === undefined || workerNumber === undefined) {
    return undefined;
  }
  return {
    worker: {
      type: workerType as ProtectedJobWorkerComputeType, // see the job's type
      number: workerNumber,
      properties: sparkProperties && { spark: sparkProperties },
    },
  };
}

function readJob(job: ProtectedJob | undefined, raw: RawJob): Job {
  if (job?.id === undefined || job.status === undefined || job.createTime === undefined) {
    throw new Error('Clean Rooms returned a protected job without its ID, status or time');
  }
  const configured = job.resultConfiguration?.outputConfiguration;
  const output = job.result?.output;
  const worker = job.computeConfiguration?.worker;
  return {
    id: job.id,
    membershipId: job.membershipId ?? '',
    membershipArn: job.membershipArn ?? '',
    createTime: job.createTime,
    status: job.status,
    type: raw.type,
    analysisTemplateArn: job.jobParameters?.analysisTemplateArn,
    parameters: job.jobParameters?.parameters,
    workerType: worker?.type,
    workerNumber: worker?.number,
    sparkProperties: worker?.properties?.spark,
    resultReceiver: configured?.member?.accountId ?? (configured?.s3 && job.membershipArn?.split(':')[4]),
    computePayer: raw.jobComputePayerAccountId,
    resultBucketName: configured?.s3?.bucket,
    resultKeyPrefix: configured?.s3?.keyPrefix,
    resultLocation: output?.s3?.location,
    resultReceivers: (output?.memberList ?? []).flatMap(({ accountId }) => accountId ?? []),
    durationInMillis: job.statistics?.totalDurationInMillis,
    billedUnits: job.statistics?.billedResourceUtilization?.units,
    error: job.error && {
      code: plainText(job.error.code ?? 'UNKNOWN'),
      message: plainText(job.error.message ?? ''),
      retryable: raw.error?.retry.retryable,
    },
  };
}
