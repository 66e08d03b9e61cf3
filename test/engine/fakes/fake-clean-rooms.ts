import { type JobInputs } from '../../../src/contract/job-inputs';
import { type Job } from '../../../src/engine/core/job';
import { type Refusal, type Result } from '../../../src/engine/core/result';
import { type CleanRooms } from '../../../src/engine/ports/clean-rooms';

export type Operation = 'start' | 'get' | 'listSince' | 'cancel';

const ACTIONS: Readonly<Record<Operation, string>> = {
  start: 'cleanrooms:StartProtectedJob',
  get: 'cleanrooms:GetProtectedJob',
  listSince: 'cleanrooms:ListProtectedJobs',
  cancel: 'cleanrooms:UpdateProtectedJob',
};

/** What goes wrong with a call. `lostAnswer`: it is carried out, and the caller does not learn of it. */
export type Fault = Refusal['kind'] | 'lostAnswer';

/** More than any situation takes: a loop that never ends fails its test instead of hanging it. */
const MAX_CALLS = 10_000;

/** Clean Rooms with jobs that run until somebody ends them. It has a log of its own of what it was asked to start. */
export class FakeCleanRooms implements CleanRooms {
  readonly jobs: Job[] = [];
  readonly calls: Operation[] = [];
  private readonly faults: Readonly<Record<Operation, Fault[]>> = { start: [], get: [], listSince: [], cancel: [] };
  private readonly lastingFaults: Partial<Record<Operation, Fault>> = {};
  /** What becomes of a job that is cancelled. */
  statusAfterCancel = 'CANCELLED';
  /** What the template has for parameters that are not given: whether Get returns it is not documented, so here it does. */
  templateDefaults: Readonly<Record<string, string>> = { lookback: '30' };
  /** The messages of refusals. */
  message = 'as told';
  /** What the refusals of the kind `quota` say of it. */
  quota: Refusal['quota'];
  /** Called while a start is under way, before its outcome is known. */
  duringStart?: (abort: AbortSignal) => Promise<void>;

  constructor(private readonly now: () => number) {}

  /** The next calls of the operation go wrong so, one after the other. */
  fail(operation: Operation, ...faults: Fault[]): void {
    this.faults[operation].push(...faults);
  }

  /** Every call of the operation goes wrong so from now on. */
  failAlways(operation: Operation, fault: Fault): void {
    this.lastingFaults[operation] = fault;
  }

  /** The jobs that run. */
  running(): Job[] {
    return this.jobs.filter(({ status }) => !['SUCCESS', 'FAILED', 'CANCELLED'].includes(status));
  }

  end(jobId: string, end: Partial<Job> = { status: 'SUCCESS' }): void {
    const index = this.jobs.findIndex(({ id }) => id === jobId);
    this.jobs[index] = { ...this.jobs[index], ...end };
  }

  async start(inputs: JobInputs, abort: AbortSignal): Promise<Result<Job>> {
    const fault = this.enter('start');
    await this.duringStart?.(abort);
    if (fault !== undefined && fault !== 'lostAnswer') {
      return this.refuse('start', fault);
    }
    const job = this.newJob(inputs);
    this.jobs.push(job);
    return fault === 'lostAnswer' ? this.refuse('start', 'unknown') : { value: job };
  }

  async get(membershipIdentifier: string, jobId: string): Promise<Result<Job>> {
    const fault = this.enter('get');
    const job = this.jobsOf(membershipIdentifier).find(({ id }) => id === jobId);
    return fault === undefined && job !== undefined ? { value: job } : this.refuse('get', fault ?? 'notFound');
  }

  async listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>> {
    const fault = this.enter('listSince');
    return fault === undefined
      ? { value: this.jobsOf(membershipIdentifier).filter(({ createTime }) => createTime >= since).map(({ id }) => id) }
      : this.refuse('listSince', fault);
  }

  async cancel(membershipIdentifier: string, jobId: string): Promise<Result<void>> {
    const fault = this.enter('cancel') ?? (this.jobsOf(membershipIdentifier).some(({ id }) => id === jobId) ? undefined : 'notFound');
    if (fault !== undefined) {
      return this.refuse('cancel', fault);
    }
    const isRunning = this.running().some(({ id }) => id === jobId);
    if (!isRunning) {
      return this.refuse('cancel', 'conflict');
    }
    this.end(jobId, { status: this.statusAfterCancel });
    return { value: undefined };
  }

  /** A job belongs to the membership that it was started with: no other one finds it. */
  private jobsOf(membershipIdentifier: string): Job[] {
    return this.jobs.filter(({ membershipId }) => membershipId === membershipIdentifier);
  }

  private enter(operation: Operation): Fault | undefined {
    this.calls.push(operation);
    if (this.calls.length > MAX_CALLS) {
      throw new Error('Clean Rooms is called for ever');
    }
    return this.faults[operation].shift() ?? this.lastingFaults[operation];
  }

  private refuse(operation: Operation, fault: Fault): { refusal: Refusal } {
    const kind = fault === 'lostAnswer' ? 'unknown' : fault;
    return { refusal: { kind, action: ACTIONS[operation], code: `${kind}Exception`, message: this.message, ...(kind === 'quota' && { quota: this.quota }) } };
  }

  private newJob(inputs: JobInputs): Job {
    const number = (this.jobs.length + 1).toString().padStart(12, '0');
    return {
      id: `00000000-0000-4000-8000-${number}`,
      membershipId: inputs.membershipIdentifier,
      membershipArn: `arn:aws:cleanrooms:us-east-1:111122223333:membership/${inputs.membershipIdentifier}`,
      createTime: new Date(this.now()),
      status: 'SUBMITTED',
      type: inputs.type,
      analysisTemplateArn: inputs.analysisTemplateArn,
      parameters: { ...this.templateDefaults, ...inputs.parameters },
      workerType: inputs.workerType ?? 'CR.1X',
      workerNumber: inputs.workerNumber ?? 16,
      sparkProperties: inputs.sparkProperties,
      resultReceiver: inputs.resultReceiver ?? '111122223333',
      computePayer: inputs.computePayer ?? '111122223333',
      resultBucketName: 'results',
      resultKeyPrefix: 'uplift',
      resultLocation: `s3://results/uplift/${number}/`,
      resultReceivers: [],
      durationInMillis: 600_000,
      billedUnits: 5.33,
    };
  }
}
