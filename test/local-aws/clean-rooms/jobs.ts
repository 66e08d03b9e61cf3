/**
 * The life of protected jobs on the embedded clock: SUBMITTED, STARTED, then SUCCESS, FAILED, or CANCELLING and then
 * CANCELLED.
 */
import { randomUUID } from 'node:crypto';
import { type Appointment, type Clock } from '../clock';
import { type IamService } from '../iam/iam';
import { type JsonObject } from '../json';
import { AwsError } from '../service';
import { hashArtifact, type AnalysisTemplate, type Membership, type ObjectStore } from './collaborations';

export type JobStatus = 'SUBMITTED' | 'STARTED' | 'CANCELLED' | 'CANCELLING' | 'FAILED' | 'SUCCESS';

/** https://docs.aws.amazon.com/clean-rooms/latest/apireference/API_ProtectedJobError.html */
export type JobErrorCode =
  | 'MALFORMED_SCRIPT'
  | 'RESOURCE_NOT_FOUND'
  | 'INVALID_RESOURCE'
  | 'RESOURCE_ACCESS_DENIED'
  | 'INSUFFICIENT_COMPUTE'
  | 'TRANSIENT_ERROR'
  | 'INTERNAL_ERROR'
  | 'UNKNOWN_ERROR';

export interface JobError {
  readonly code: JobErrorCode;
  readonly message: string;
}

/** What a job is started with. */
export interface JobRequest {
  readonly membership: Membership;
  readonly template: AnalysisTemplate;
  readonly parameters: Readonly<Record<string, string>>;
  readonly computeConfiguration?: JsonObject;
  readonly worker: { readonly type: string; readonly number: number };
  readonly receiverAccountId: string;
  readonly receiver?: Membership;
  readonly payerAccountId?: string;
}

export interface Job extends JobRequest {
  readonly id: string;
  /** Times are milliseconds since the epoch on the embedded clock. */
  readonly createTime: number;
  readonly status: JobStatus;
  readonly endTime?: number;
  readonly error?: JobError;
  /** Where the results are; undefined for results of another account. */
  readonly location?: string;
  readonly history: readonly { readonly status: JobStatus; readonly time: number }[];
}

/** Milliseconds of the embedded clock; a test may change them at any time. */
export interface JobDurations {
  submitted: number;
  run: number;
  cancelling: number;
}

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly s3: ObjectStore;
  readonly accountId: string;
  readonly partition: string;
}

type MutableJob = { -readonly [Member in keyof Job]: Job[Member] };

const ongoingStatuses: readonly JobStatus[] = ['SUBMITTED', 'STARTED', 'CANCELLING'];

export function isOngoing({ status }: Job): boolean {
  return ongoingStatuses.includes(status);
}

export class JobRunner {
  readonly durations: JobDurations = { submitted: 30_000, run: 600_000, cancelling: 60_000 };
  /** Decides which cancelled jobs stay in CANCELLING. */
  hangsInCancelling?: (job: Job) => boolean;
  /** Decides which cancelled jobs end as SUCCESS or as FAILED, because they were about to end. */
  endOfCancelling?: (job: Job) => 'SUCCESS' | 'FAILED' | undefined;
  /** Decides which jobs fail at the end of their run. */
  failureOf?: (job: Job) => JobError | undefined;
  /** Decides how long a job runs, instead of the usual duration. */
  runTimeOf?: (job: Job) => number | undefined;
  /**
   * The names of a job's outputs, each of them a folder of the results; one called `output` unless a test says
   * otherwise.
   */
  outputKeysOf?: (job: Job) => readonly string[];
  readonly jobs: Job[] = [];
  private readonly mutable = new Map<string, MutableJob>();
  private readonly timers = new Set<Appointment>();

  constructor(private readonly options: JobRunnerOptions) {}

  submit(request: JobRequest): Job {
    const now = this.options.clock.now();
    const job: MutableJob = {
      ...request,
      id: randomUUID(),
      createTime: now,
      status: 'SUBMITTED',
      history: [{ status: 'SUBMITTED', time: now }],
    };
    this.mutable.set(job.id, job);
    this.jobs.push(job);
    this.after(this.durations.submitted, () => this.start(job));
    return job;
  }

  cancel({ id }: Job): void {
    const job = this.mutable.get(id);
    if (!job || job.status === 'CANCELLING') {
      return;
    }
    this.enter(job, 'CANCELLING');
    this.after(this.durations.cancelling, async () => this.endCancelling(job));
  }

  stop(): void {
    for (const timer of this.timers) {
      timer.cancel();
    }
    this.timers.clear();
  }

  private async start(job: MutableJob): Promise<void> {
    if (job.status !== 'SUBMITTED') {
      return;
    }
    this.enter(job, 'STARTED');
    const fault = await this.faultBeforeRun(job);
    // A job that can not run takes no more time than this.
    this.after(fault ? 0 : (this.runTimeOf?.(job) ?? this.durations.run), async () => this.finish(job, fault));
  }

  private async finish(job: MutableJob, fault: JobError | undefined): Promise<void> {
    if (job.status !== 'STARTED') {
      return;
    }
    const error = fault ?? this.failureOf?.(job) ?? (await this.writeResults(job));
    if (job.status !== 'STARTED') {
      return;
    }
    job.endTime = this.options.clock.now();
    if (error) {
      job.error = error;
    }
    this.enter(job, error ? 'FAILED' : 'SUCCESS');
  }

  private async endCancelling(job: MutableJob): Promise<void> {
    // A test may change its decision. Then the job ends when it is next looked at.
    if (this.hangsInCancelling?.(job)) {
      return this.after(this.durations.cancelling, async () => this.endCancelling(job));
    }
    const end = this.endOfCancelling?.(job);
    if (end === 'SUCCESS') {
      await this.writeResults(job);
    }
    if (end === 'FAILED') {
      job.error = { code: 'INTERNAL_ERROR', message: 'The job failed before it could be cancelled.' };
    }
    job.endTime = this.options.clock.now();
    this.enter(job, end ?? 'CANCELLED');
  }

  private enter(job: MutableJob, status: JobStatus): void {
    job.status = status;
    job.history = [...job.history, { status, time: this.options.clock.now() }];
  }

  // AWS does not publish which code a failed job has for which reason, nor the messages. Those here are invented.

  private async faultBeforeRun({ receiver, template }: Job): Promise<JobError | undefined> {
    if (!receiver?.results) {
      return { code: 'INVALID_RESOURCE', message: 'The member who receives the results has no job result settings.' };
    }
    return this.artifactFault(template);
  }

  private async artifactFault({ artifacts, artifactHashes }: AnalysisTemplate): Promise<JobError | undefined> {
    for (const [index, artifact] of artifacts.entries()) {
      const where = `s3://${artifact.bucket}/${artifact.key}`;
      const hash = await hashArtifact(this.options.s3, artifact).catch(() => undefined);
      if (hash === undefined) {
        return { code: 'RESOURCE_NOT_FOUND', message: `The artifact ${where} of the analysis template can not be read.` };
      }
      if (hash !== artifactHashes[index]) {
        return { code: 'INVALID_RESOURCE', message: `The artifact ${where} was changed after the analysis template was created.` };
      }
    }
    return undefined;
  }

  private async writeResults(job: MutableJob): Promise<JobError | undefined> {
    const results = job.receiver?.results;
    if (!results) {
      return { code: 'INVALID_RESOURCE', message: 'The member who receives the results has no job result settings.' };
    }
    const folder = [results.keyPrefix?.replace(/\/+$/, ''), job.id].filter(Boolean).join('/');
    try {
      for (const outputKey of this.outputKeysOf?.(job) ?? ['output']) {
        await this.writeResult(job, results.bucket, `${folder}/${outputKey}/part-00000.parquet`, resultOf(job, outputKey));
        await this.writeResult(job, results.bucket, `${folder}/${outputKey}/_SUCCESS`, '');
      }
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      return { code: 'RESOURCE_ACCESS_DENIED', message: error.message };
    }
    if (job.receiver?.accountId === job.membership.accountId) {
      job.location = `s3://${results.bucket}/${folder}/`;
    }
    return undefined;
  }

  /** Writes with the receiver's role. The buckets and roles of other accounts do not exist here. */
  private async writeResult(job: Job, bucket: string, key: string, body: string): Promise<void> {
    if (job.receiver?.accountId !== this.options.accountId) {
      return;
    }
    const roleArn = job.receiver.results?.roleArn;
    if (roleArn !== undefined) {
      this.options.iam.authorize(
        { roleArn, sessionName: 'cleanrooms' },
        's3:PutObject',
        `arn:${this.options.partition}:s3:::${bucket}/${key}`,
      );
    }
    await this.options.s3.putObject(bucket, key, body);
  }

  private after(milliseconds: number, task: () => Promise<void> | void): void {
    const timer = this.options.clock.schedule(milliseconds, () => {
      this.timers.delete(timer);
      void task();
    });
    this.timers.add(timer);
  }
}

/** No analysis is run, so the "data" is a description of its input. */
function resultOf({ template, parameters, worker }: Job, outputKey: string): string {
  return `PAR1${JSON.stringify({ outputKey, analysisTemplateArn: template.arn, parameters, worker })}PAR1`;
}

/** A worker's CRPUs: the default of 16 CR.1X is 32 CRPU, CR.4X is four times as large. */
const crpuByWorker: Readonly<Record<string, number>> = { 'CR.1X': 2, 'CR.4X': 8 };
const minimumBilled = 600_000;

/** CRPU-hours, with at least 10 minutes of run time. */
export function billedUnits({ worker, history, endTime = 0 }: Job): number {
  const started = history.find(({ status }) => status === 'STARTED')?.time;
  if (started === undefined) {
    return 0;
  }
  return (worker.number * (crpuByWorker[worker.type] ?? 0) * Math.max(endTime - started, minimumBilled)) / 3_600_000;
}
