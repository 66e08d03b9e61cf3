import {
  CleanRoomsClient,
  CleanRoomsClientConfig,
  GetProtectedJobCommand,
  paginateListProtectedJobs,
  ProtectedJob,
  ProtectedJobComputeConfiguration,
  ProtectedJobType,
  ProtectedJobWorkerComputeType,
  StartProtectedJobCommand,
  UpdateProtectedJobCommand,
} from '@aws-sdk/client-cleanrooms';
import { HttpRequest } from '@smithy/core/transport';
import { CLIENT_TIMEOUTS } from './clients';
import { refusalOf } from './refusal';
import { JobInputs } from '../../contract/job-inputs';
import { Job } from '../core/job';
import { Result } from '../core/result';
import { CleanRooms } from '../ports/clean-rooms';

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
      const output = await this.clientWithoutRetries.send(command, { abortSignal: abort });
      return readJob(output.protectedJob);
    });
  }

  get(membershipIdentifier: string, jobId: string): Promise<Result<Job>> {
    return attempt('cleanrooms:GetProtectedJob', async () => {
      const command = new GetProtectedJobCommand({ membershipIdentifier, protectedJobIdentifier: jobId });
      return readJob((await this.client.send(command)).protectedJob);
    });
  }

  listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>> {
    return attempt('cleanrooms:ListProtectedJobs', async () => {
      const found: { id: string; createTime: Date }[] = [];
      for await (const page of paginateListProtectedJobs({ client: this.client, pageSize: 100 }, { membershipIdentifier })) {
        for (const { id, createTime } of page.protectedJobs ?? []) {
          if (id !== undefined && createTime !== undefined && createTime >= since) {
            found.push({ id, createTime });
          }
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

async function attempt<T>(action: string, call: () => Promise<T>): Promise<Result<T>> {
  try {
    return { value: await call() };
  } catch (error) {
    return { refusal: refusalOf(action, error) };
  }
}

function startCommand(inputs: JobInputs): StartProtectedJobCommand {
  return new StartProtectedJobCommand({
    // The client's types list what it knew when it was generated; Clean Rooms judges whether it knows a newer one.
    type: inputs.type as ProtectedJobType,
    membershipIdentifier: inputs.membershipIdentifier,
    jobParameters: { analysisTemplateArn: inputs.analysisTemplateArn, parameters: inputs.parameters },
    resultConfiguration:
      inputs.resultReceiver === undefined
        ? undefined
        : { outputConfiguration: { member: { accountId: inputs.resultReceiver } } },
    computeConfiguration: computeConfiguration(inputs),
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

function computeConfiguration(inputs: JobInputs): ProtectedJobComputeConfiguration | undefined {
  const { workerType, workerNumber, sparkProperties } = inputs;
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

function readJob(job: ProtectedJob | undefined): Job {
  if (job?.id === undefined || job.status === undefined || job.createTime === undefined) {
    throw new Error('Clean Rooms returned a protected job without its ID, status or time');
  }
  const configured = job.resultConfiguration?.outputConfiguration?.s3;
  const output = job.result?.output;
  const worker = job.computeConfiguration?.worker;
  return {
    id: job.id,
    membershipId: job.membershipId ?? '',
    membershipArn: job.membershipArn ?? '',
    createTime: job.createTime,
    status: job.status,
    analysisTemplateArn: job.jobParameters?.analysisTemplateArn,
    parameters: job.jobParameters?.parameters,
    workerType: worker?.type,
    workerNumber: worker?.number,
    resultBucketName: configured?.bucket,
    resultKeyPrefix: configured?.keyPrefix,
    resultLocation: output?.s3?.location,
    resultReceivers: (output?.memberList ?? []).flatMap(({ accountId }) => accountId ?? []),
    durationInMillis: job.statistics?.totalDurationInMillis,
    billedUnits: job.statistics?.billedResourceUtilization?.units,
    error: job.error && { code: job.error.code ?? 'UNKNOWN', message: job.error.message ?? '' },
  };
}
