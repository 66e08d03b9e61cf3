import { History, MadeJob, SentRequest } from './history';
import { Process, Surroundings } from './process';
import { CleanRooms, Job, Refusal, Result } from '../../src/engine/clean-rooms';
import { START_ABORT } from '../../src/engine/timing';
import { JobInputs } from '../../src/input-rules';

type Kind = Refusal['kind'];

/** Clean Rooms in simulated time, with the faults of a service: refusals, lost answers, and lists that lag behind. */
export class SimulatedCleanRooms {
  /** Jobs that may run at once on a membership. */
  private readonly quota: number;
  private count = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly history: History,
    /** For how long the stack has not been deploying. */
    private readonly notDeployingFor: () => number,
  ) {
    this.quota = surroundings.random.pick([1, 2, 5]);
  }

  /** As a process sees it that works on the request. */
  seenBy(process: Process, request: SentRequest): CleanRooms {
    return {
      start: (inputs) => this.start(process, request, inputs),
      get: (_membership, jobId) => process.call('get', async () => this.get(process, jobId)),
      listSince: (membership, since) => process.call('list', async () => this.list(process, membership, since)),
      cancel: (_membership, jobId) => process.call('cancel', async () => this.cancel(process, jobId)),
    };
  }

  /** What the time has made of the jobs. */
  settle(): void {
    const { now } = this.surroundings.scheduler;
    for (const made of this.history.jobs) {
      if (made.endedAt === undefined && made.endsAt <= now) {
        made.endedAt = made.endsAt;
        made.job = { ...made.job, status: made.endStatus, error: errorOf(made) };
        this.surroundings.scheduler.say(`${made.job.id} ${made.endStatus}`);
      }
    }
  }

  private async start(process: Process, request: SentRequest, inputs: JobInputs): Promise<Result<Job>> {
    const { scheduler, random } = this.surroundings;
    const called = scheduler.now;
    const isAborted = () => scheduler.now - called >= START_ABORT;
    await process.pause('start >');
    if (isAborted()) {
      return refuse('StartProtectedJob', 'unknown');
    }
    const refusal = this.refusalOfStart(process, inputs);
    if (refusal !== undefined) {
      await process.pause('start <');
      return isAborted() ? refuse('StartProtectedJob', 'unknown') : refusal;
    }
    const made = this.carryOut(request, inputs);
    const isLost = this.goesWrong(process);
    await process.waitFor(random.chance(0.1) ? random.between(0, START_ABORT) : random.between(0, 1000));
    await process.pause('start <');
    const job = await made;
    return isLost || isAborted() ? refuse('StartProtectedJob', 'unknown') : { value: job };
  }

  private refusalOfStart(process: Process, inputs: JobInputs): Result<Job> | undefined {
    this.settle();
    const running = this.history.jobs.filter(
      ({ job, endedAt }) => endedAt === undefined && job.membershipId === inputs.membershipIdentifier,
    );
    if (running.length >= this.quota) {
      return refuse('StartProtectedJob', 'quota');
    }
    const kinds: readonly Kind[] = ['throttled', 'quota', 'denied', 'unknown'];
    const message = `not with ${JSON.stringify(inputs.parameters)}`; // services repeat what they were given
    return this.goesWrong(process) ? refuse('StartProtectedJob', this.surroundings.random.pick(kinds), message) : undefined;
  }

  /** The service makes the job whether or not its caller still listens, at times seconds later. */
  private async carryOut(request: SentRequest, inputs: JobInputs): Promise<Job> {
    const { scheduler, random } = this.surroundings;
    const sentAt = scheduler.now;
    const notDeployingFor = this.notDeployingFor();
    await scheduler.sleep(random.chance(0.1) ? random.between(0, 4000) : 0);
    this.settle();
    const job = this.newJob(inputs);
    const made: MadeJob = {
      request,
      sentAt,
      createdAt: scheduler.now,
      notDeployingFor,
      besides: this.history.runningIn(request.resource.group).length,
      listedFrom: scheduler.now + this.lag(30_000),
      gettableFrom: scheduler.now + this.lag(60_000),
      job,
      endsAt: scheduler.now + this.duration(),
      endStatus: random.pick(ENDS),
    };
    this.history.jobs.push(made);
    scheduler.say(`JOB ${job.id} for ${request.event.RequestType} ${request.event.RequestId} of ${request.resource.logicalId}`);
    return job;
  }

  private lag(longest: number): number {
    const { random, faultiness } = this.surroundings;
    return random.chance(faultiness.call) ? random.between(0, longest) : 0;
  }

  /** Some jobs hang. */
  private duration(): number {
    const { random } = this.surroundings;
    return random.chance(0.05) ? 5 * 3_600_000 : random.between(5_000, random.pick([60_000, 900_000, 3_000_000]));
  }

  private get(process: Process, jobId: string): Result<Job> {
    this.settle();
    if (this.goesWrong(process)) {
      return refuse('GetProtectedJob', this.surroundings.random.pick(['throttled', 'unknown', 'denied']));
    }
    const made = this.history.jobs.find(({ job }) => job.id === jobId);
    const isSeen = made !== undefined && made.gettableFrom <= this.surroundings.scheduler.now;
    return isSeen ? { value: made.job } : refuse('GetProtectedJob', 'notFound');
  }

  private list(process: Process, membershipId: string, since: Date): Result<readonly string[]> {
    if (this.goesWrong(process)) {
      return refuse('ListProtectedJobs', this.surroundings.random.pick(['throttled', 'unknown', 'denied']));
    }
    const { now } = this.surroundings.scheduler;
    const listed = this.history.jobs.filter(
      ({ job, listedFrom }) => job.membershipId === membershipId && job.createTime >= since && listedFrom <= now,
    );
    return { value: listed.map(({ job }) => job.id) };
  }

  private cancel(process: Process, jobId: string): Result<void> {
    this.settle();
    const { random, scheduler } = this.surroundings;
    if (this.goesWrong(process)) {
      return refuse('UpdateProtectedJob', random.pick(['throttled', 'unknown', 'denied']));
    }
    const made = this.history.jobs.find(({ job }) => job.id === jobId);
    if (made === undefined || made.gettableFrom > scheduler.now) {
      return refuse('UpdateProtectedJob', 'notFound');
    }
    if (made.endedAt !== undefined) {
      return refuse('UpdateProtectedJob', 'conflict');
    }
    if (made.job.status !== 'CANCELLING') {
      this.beginCancelling(made);
    }
    return { value: undefined };
  }

  /** Most end soon as cancelled, some end otherwise while they are being cancelled, and some hang. */
  private beginCancelling(made: MadeJob): void {
    const { random, scheduler } = this.surroundings;
    made.job = { ...made.job, status: 'CANCELLING' };
    made.endsAt = random.chance(0.03) ? scheduler.now + 3 * 3_600_000 : scheduler.now + random.between(0, 60_000);
    made.endStatus = random.chance(0.2) ? random.pick(['SUCCESS', 'FAILED']) : 'CANCELLED';
  }

  private goesWrong(process: Process): boolean {
    const goes = this.surroundings.random.chance(this.surroundings.faultiness.call);
    process.isHit ||= goes;
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
      parameters: inputs.parameters,
      resultBucketName: 'results',
      resultKeyPrefix: 'uplift',
      resultLocation: `s3://results/uplift/${id}/`,
      resultReceivers: [],
      durationInMillis: 600_000,
      billedUnits: 5.33,
    };
  }
}

/** How a job ends that nobody cancels: mostly well, and rarely with a status that is not documented. */
const ENDS = [...new Array<string>(15).fill('SUCCESS'), 'FAILED', 'FAILED', 'CANCELLED', 'Timed out'];

/** A script that fails may print what it was given. */
function errorOf({ endStatus, job }: MadeJob): Job['error'] {
  return endStatus === 'FAILED' ? { code: 'JOB_FAILED', message: `failed with ${JSON.stringify(job.parameters)}` } : undefined;
}

function refuse(operation: string, kind: Kind, message = 'simulated'): { refusal: Refusal } {
  return { refusal: { kind, action: `cleanrooms:${operation}`, code: `${kind}Exception`, message } };
}
