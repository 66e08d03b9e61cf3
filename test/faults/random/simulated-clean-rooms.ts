import { type Exercise } from './exercised';
import { type History, type MadeJob, type SentRequest } from './history';
import { type Process, type Surroundings } from './process';
import { type JobInputs } from '../../../src/contract/job-inputs';
import { type Job } from '../../../src/engine/core/job';
import { type Refusal, type Result } from '../../../src/engine/core/result';
import { START_ABORT } from '../../../src/engine/core/timing';
import { type CleanRooms } from '../../../src/engine/ports/clean-rooms';

type Operation = 'StartProtectedJob' | 'GetProtectedJob' | 'ListProtectedJobs' | 'UpdateProtectedJob';
type Kind = Refusal['kind'];

/** What Clean Rooms asks of its surroundings. */
export interface CleanRoomsContext {
  readonly history: History;
  /** For how long the stack has not been deploying. */
  readonly notDeployingFor: () => number;
  /** Whether the policies of the stack have been there for long enough. */
  readonly isPermitted: (membershipId: string) => boolean;
}

/** Clean Rooms in simulated time, with the faults of a service: refusals, lost answers, and lists that lag behind. */
export class SimulatedCleanRooms {
  /**
   * Jobs that may run at once on a membership. Clean Rooms allows one, which would hide a job that is started twice.
   */
  private readonly quota: number;
  private count = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly context: CleanRoomsContext,
  ) {
    this.quota = surroundings.random.pick([1, 2, 5]);
  }

  /** Clean Rooms for a process that works on the request. */
  seenBy(process: Process, request: SentRequest): CleanRooms {
    return {
      start: (inputs) => this.start(process, request, inputs),
      get: (membership, jobId) => process.call('get', async () => this.get(process, request, membership, jobId)),
      listSince: (membership, since) => process.call('list', async () => this.list(process, request, membership, since)),
      cancel: (membership, jobId) => process.call('cancel', async () => this.cancel(process, request, membership, jobId)),
    };
  }

  /** Updates the jobs to the current time. */
  settle(): void {
    const { scheduler, exercised } = this.surroundings;
    for (const made of this.context.history.running()) {
      if (made.endsAt <= scheduler.now) {
        const wasCancelling = made.job.status === 'CANCELLING';
        made.endedAt = made.endsAt;
        made.job = { ...made.job, status: made.endStatus, error: errorOf(made) };
        scheduler.say(`${made.job.id} ${made.endStatus}`);
        const end = wasCancelling ? ENDS_WHILE_CANCELLING[made.endStatus] : ENDS_BY_ITSELF[made.endStatus];
        if (end !== undefined) {
          exercised.note(end);
        }
      }
    }
  }

  private async start(process: Process, request: SentRequest, inputs: JobInputs): Promise<Result<Job>> {
    const { scheduler, random, exercised } = this.surroundings;
    const called = scheduler.now;
    const isAborted = () => scheduler.now - called >= START_ABORT;
    await process.pause('start >');
    if (isAborted()) {
      return refuse('StartProtectedJob', 'unknown');
    }
    const refusal = this.refusalOfStart(process, request, inputs);
    if (refusal !== undefined) {
      await process.pause('start <', 'a function crashes after a call');
      return isAborted() ? refuse('StartProtectedJob', 'unknown') : refusal;
    }
    const made = this.carryOut(request, inputs);
    const isLost = random.chance(this.surroundings.faultiness.call);
    if (isLost) {
      process.hit();
    }
    await process.waitFor(random.chance(0.1) ? random.between(0, START_ABORT) : random.between(0, 1000));
    await process.pause('start <', 'a function crashes after a call');
    const job = await made;
    if (isLost || isAborted()) {
      exercised.note(isLost ? 'a start is carried out, and its caller gets a 500' : 'a start is carried out, and its caller has given up');
      return refuse('StartProtectedJob', 'unknown');
    }
    return { value: job };
  }

  private refusalOfStart(process: Process, request: SentRequest, inputs: JobInputs): Result<Job> | undefined {
    this.settle();
    const { exercised } = this.surroundings;
    const message = `not with ${JSON.stringify(inputs.parameters)}`; // services repeat the values that they were given
    const refusal = this.refusalOf(process, request, 'StartProtectedJob', inputs.membershipIdentifier, message);
    if (refusal !== undefined) {
      return { refusal };
    }
    const running = this.context.history.running().filter(({ job }) => job.membershipId === inputs.membershipIdentifier);
    if (running.length >= this.quota) {
      exercised.note('StartProtectedJob: quota, for another job runs');
      return refuse('StartProtectedJob', 'quota', message);
    }
    if (this.goesWrong(process, 0.3)) {
      exercised.note('StartProtectedJob: quota without a reason');
      return refuse('StartProtectedJob', 'quota', message);
    }
    return undefined;
  }

  /** The service makes the job whether or not its caller still waits for the answer, sometimes seconds later. */
  private async carryOut(request: SentRequest, inputs: JobInputs): Promise<Job> {
    const { scheduler, random, exercised } = this.surroundings;
    const { history, notDeployingFor } = this.context;
    const sent = { sentAt: scheduler.now, notDeployingFor: notDeployingFor() };
    await scheduler.sleep(random.chance(0.1) ? random.between(0, 4000) : 0);
    this.settle();
    const made: MadeJob = {
      request,
      ...sent,
      createdAt: scheduler.now,
      besides: history.runningIn(request.resource.group),
      listedFrom: scheduler.now + this.lag(30_000),
      gettableFrom: scheduler.now + this.lag(60_000),
      job: this.newJob(inputs),
      endsAt: scheduler.now + this.duration(),
      endStatus: random.pick(ENDS),
    };
    history.jobs.push(made);
    exercised.note('a job is started');
    scheduler.say(`JOB ${made.job.id} for ${request.event.RequestType} ${request.event.RequestId} of ${request.resource.logicalId}`);
    return made.job;
  }

  private lag(longest: number): number {
    const { random, faultiness } = this.surroundings;
    return random.chance(faultiness.call) ? random.between(0, longest) : 0;
  }

  private duration(): number {
    const { random, exercised } = this.surroundings;
    if (random.chance(0.05)) {
      exercised.note('a job hangs');
      return 24 * HOUR;
    }
    return random.between(5_000, random.pick([60_000, 0.25 * HOUR, 0.8 * HOUR, 2.5 * HOUR]));
  }

  private get(process: Process, request: SentRequest, membershipId: string, jobId: string): Result<Job> {
    this.settle();
    const refusal = this.refusalOf(process, request, 'GetProtectedJob', membershipId);
    if (refusal !== undefined) {
      return { refusal };
    }
    const made = this.find(jobId, 'GetProtectedJob: the job does not show yet');
    return made === undefined ? refuse('GetProtectedJob', 'notFound') : { value: made.job };
  }

  private find(jobId: string, otherwise: Exercise): MadeJob | undefined {
    const { scheduler, exercised } = this.surroundings;
    const made = this.context.history.jobs.find(({ job }) => job.id === jobId);
    if (made !== undefined && made.gettableFrom > scheduler.now) {
      exercised.note(otherwise);
      return undefined;
    }
    return made;
  }

  private list(process: Process, request: SentRequest, membershipId: string, since: Date): Result<readonly string[]> {
    this.settle();
    const { scheduler, exercised } = this.surroundings;
    const refusal = this.refusalOf(process, request, 'ListProtectedJobs', membershipId);
    if (refusal !== undefined) {
      return { refusal };
    }
    const made = this.context.history.jobs.filter(({ job }) => job.membershipId === membershipId && job.createTime >= since);
    const listed = made.filter(({ listedFrom }) => listedFrom <= scheduler.now);
    if (listed.length < made.length) {
      exercised.note('ListProtectedJobs: a job does not show yet');
    }
    return { value: listed.map(({ job }) => job.id) };
  }

  private cancel(process: Process, request: SentRequest, membershipId: string, jobId: string): Result<void> {
    this.settle();
    const { exercised } = this.surroundings;
    const refusal = this.refusalOf(process, request, 'UpdateProtectedJob', membershipId);
    if (refusal !== undefined) {
      return { refusal };
    }
    const made = this.find(jobId, 'UpdateProtectedJob: the job does not show yet');
    if (made === undefined) {
      return refuse('UpdateProtectedJob', 'notFound');
    }
    if (made.endedAt !== undefined) {
      exercised.note('UpdateProtectedJob: the job has ended');
      return refuse('UpdateProtectedJob', 'conflict');
    }
    if (made.job.status !== 'CANCELLING') {
      this.beginCancelling(made);
    }
    return { value: undefined };
  }

  /** Most end soon as cancelled, some end otherwise while they are being cancelled, and some hang. */
  private beginCancelling(made: MadeJob): void {
    const { random, scheduler, exercised } = this.surroundings;
    const hangs = random.chance(0.03);
    exercised.note(hangs ? 'a job hangs while it is being cancelled' : 'a job is cancelled');
    made.job = { ...made.job, status: 'CANCELLING' };
    made.endsAt = scheduler.now + (hangs ? 3 * HOUR : random.between(0, 60_000));
    made.endStatus = random.chance(0.2) ? random.pick(['SUCCESS', 'FAILED']) : 'CANCELLED';
  }

  /** Without permission every call is denied; with it, some calls are refused. */
  private refusalOf(
    process: Process,
    request: SentRequest,
    operation: Operation,
    membershipId: string,
    message = 'simulated',
  ): Refusal | undefined {
    const { exercised, random } = this.surroundings;
    if (!this.context.isPermitted(membershipId)) {
      exercised.note('permissions have not arrived at Clean Rooms yet');
      return this.noteDenial(request, operation, refuse(operation, 'denied', message).refusal);
    }
    if (!this.goesWrong(process)) {
      return undefined;
    }
    const kind = random.pick(['throttled', 'denied', 'unknown'] as const);
    exercised.note(`${operation}: ${kind}`);
    const { refusal } = refuse(operation, kind, message);
    return kind === 'denied' ? this.noteDenial(request, operation, refusal) : refusal;
  }

  private noteDenial({ deniedSince }: SentRequest, operation: Operation, refusal: Refusal): Refusal {
    const action = `cleanrooms:${operation}`;
    deniedSince.set(action, deniedSince.get(action) ?? this.surroundings.scheduler.now);
    return refusal;
  }

  private goesWrong(process: Process, share = 1): boolean {
    const goes = this.surroundings.random.chance(this.surroundings.faultiness.call * share);
    if (goes) {
      process.hit();
    }
    return goes;
  }

  private newJob(inputs: JobInputs): Job {
    this.count += 1;
    const id = `00000000-0000-4000-8000-${this.count.toString().padStart(12, '0')}`;
    return {
      id,
      membershipId: inputs.membershipIdentifier,
      membershipArn: `arn:aws:cleanrooms:us-east-1:111122223333:membership/${inputs.membershipIdentifier}`,
      createTime: new Date(this.surroundings.scheduler.now),
      status: 'SUBMITTED',
      analysisTemplateArn: inputs.analysisTemplateArn,
      parameters: { lookback: '30', ...inputs.parameters }, // the template's defaults, too
      resultBucketName: 'results',
      resultKeyPrefix: 'uplift',
      resultLocation: `s3://results/uplift/${id}/`,
      resultReceivers: [],
      durationInMillis: 600_000,
      billedUnits: 5.33,
    };
  }
}

const HOUR = 3_600_000;

/** How a job ends that nobody cancels: mostly well, and rarely with a status that is not documented. */
const ENDS = [...new Array<string>(15).fill('SUCCESS'), 'FAILED', 'FAILED', 'CANCELLED', 'Timed out'];

const ENDS_BY_ITSELF: Readonly<Partial<Record<string, Exercise>>> = {
  'FAILED': 'a job fails',
  'CANCELLED': 'a job is cancelled by somebody',
  'Timed out': 'a job ends in an undocumented status',
};

const ENDS_WHILE_CANCELLING: Readonly<Partial<Record<string, Exercise>>> = {
  SUCCESS: 'a job succeeds while it is being cancelled',
  FAILED: 'a job fails while it is being cancelled',
};

/** A script that fails may print what it was given. */
function errorOf({ endStatus, job }: MadeJob): Job['error'] {
  return endStatus === 'FAILED' ? { code: 'JOB_FAILED', message: `failed with ${JSON.stringify(job.parameters)}` } : undefined;
}

function refuse(operation: Operation, kind: Kind, message = 'simulated'): { refusal: Refusal } {
  return { refusal: { kind, action: `cleanrooms:${operation}`, code: `${kind}Exception`, message } };
}
