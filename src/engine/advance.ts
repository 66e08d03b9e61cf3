import { decide, needsAftercare, Next } from './core/decision';
import { Job } from './core/job';
import { candidatesOf } from './core/job-identity';
import { measurementsOf, Measurements } from './core/measurements';
import { Effect, Lookup, LookupOutcome, Observation } from './core/observation';
import { ResourceRecord } from './core/record';
import { redact } from './core/redaction';
import { namesOf, Request, RequestEvent, understand } from './core/request';
import { Refusal, Result } from './core/result';
import { RunnerError } from './core/runner-error';
import { AFTERCARE_WAIT, CLOCK_SKEW, START_ABORT } from './core/timing';
import { giveUp, giveUpWithoutClock } from './give-up';
import { Answers } from './ports/answers';
import { CleanRooms } from './ports/clean-rooms';
import { Tick } from './ports/clock';
import { Ledger } from './ports/ledger';
import { Log, LogFields } from './ports/log';
import { Measure } from './ports/metrics';
import { Stacks } from './ports/stacks';

export interface AdvancePorts {
  readonly ledger: Ledger;
  readonly cleanRooms: CleanRooms;
  readonly stacks: Stacks;
  readonly answers: Answers;
  readonly log: Log;
  readonly measure: Measure;
  readonly now: () => number;
  /** Whether there is time for one more effect before the function's own timeout. */
  readonly hasTime: () => boolean;
}

/** What the clock reads: whether to go on, and when. */
export interface Progress extends Tick {
  readonly finished: boolean;
  readonly waitSeconds: number;
}

/**
 * Takes a request as far as it goes now. All that is decided is decided by `decide`; here a decision is saved, then its effect is
 * performed, then what came of it is decided on. Who loses a conditional save performs nothing.
 */
export async function advance(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  const event = await ports.ledger.loadRequest(tick.requestKey);
  return event === undefined
    ? progress(tick, FINISHED) // answered and discarded
    : new Advance(ports, requestOf(tick, event)).run(tick);
}

/** What the clock's last state asks for. */
export async function advanceToFailure(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  return advanceToAnswer(ports, tick, (request) => giveUp(ports, request, 'its clock ran out of retries'));
}

/**
 * What the execution asks for that precludes the request's clock. The answer has been sent without the ledger; here the ledger learns of
 * it, for the request may be in it all the same.
 */
export async function advancePrecluded(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  return advanceToAnswer(ports, tick, (request) => giveUpWithoutClock(ports, request));
}

async function advanceToAnswer(
  ports: AdvancePorts,
  tick: Tick,
  answer: (request: Request) => Promise<ResourceRecord | undefined>,
): Promise<Progress> {
  const event = await ports.ledger.loadRequest(tick.requestKey);
  if (event === undefined) {
    return progress(tick, FINISHED);
  }
  const request = requestOf(tick, event);
  ports.log('giving up', { level: 'ERROR', ...namesOf(request) });
  const record = await answer(request);
  if (record !== undefined && needsAftercare(record, ports.now())) {
    return progress(tick, { kind: 'wait', milliseconds: AFTERCARE_WAIT });
  }
  await ports.ledger.discardRequest(request.key);
  return progress(tick, FINISHED);
}

/** The clock knows what it was started for, whatever has become of the request that is kept. */
function requestOf({ requestKey, resourceKey }: Tick, event: RequestEvent): Request {
  return { ...understand(event), key: requestKey, resourceKey };
}

const FINISHED: Next = { kind: 'finished' };
const AGAIN: Next = { kind: 'wait', milliseconds: 1000 };

class Advance {
  /** For the log only. */
  private jobId?: string;

  constructor(
    private readonly ports: AdvancePorts,
    private readonly request: Request,
  ) {}

  async run(tick: Tick): Promise<Progress> {
    const next = await this.runUntilIdle();
    const { waitSeconds } = progress(tick, next);
    this.log(next.kind, { level: next.kind === 'wait' ? 'DEBUG' : 'INFO', waitSeconds });
    if (next.kind === 'finished') {
      await this.ports.ledger.discardRequest(this.request.key);
    }
    return progress(tick, next);
  }

  private async runUntilIdle(): Promise<Next> {
    const { ledger, now, hasTime } = this.ports;
    let record = await ledger.load(this.request.resourceKey);
    let observation: Observation = NOTHING;
    while (record !== undefined) {
      this.jobId = record.run?.jobId ?? this.jobId;
      const decision = decide(record, this.request, now(), observation);
      const { next } = decision;
      if (next.kind === 'effect' && next.effect.kind === 'start' && !hasTime()) {
        return AGAIN; // a claim without its start would only be waited for
      }
      const saved = decision.record === record ? record : await ledger.save(decision.record);
      if (saved === undefined) {
        record = await ledger.load(this.request.resourceKey);
        observation = stillTrue(observation);
        continue;
      }
      this.measure(measurementsOf(record, saved, observation));
      if (next.kind !== 'effect') {
        return next;
      }
      if (!hasTime()) {
        return AGAIN;
      }
      record = saved;
      observation = await this.perform(next.effect);
    }
    return FINISHED;
  }

  private async perform(effect: Effect): Promise<Observation> {
    const observation = await this.observe(effect);
    this.jobId = jobIdOf(observation) ?? this.jobId;
    this.log('effect', { level: isRefused(observation) ? 'WARN' : 'INFO', effect: effect.kind, outcome: outcomeOf(observation) });
    return observation;
  }

  private async observe(effect: Effect): Promise<Observation> {
    const { cleanRooms, answers, now } = this.ports;
    const begunAt = now();
    switch (effect.kind) {
      case 'prepare':
        return this.prepare(effect.lookup);
      case 'start':
        return { kind: 'start', attempt: effect.attempt, result: await this.start(effect.owner, effect.leaseEnd) };
      case 'lookup':
        return { kind: 'lookup', ...(await this.lookUp(effect.lookup)) };
      case 'get': {
        const result = this.redacted(await cleanRooms.get(effect.membershipIdentifier, effect.jobId));
        return { kind: 'get', jobId: effect.jobId, begunAt, result };
      }
      case 'cancel': {
        const result = await cleanRooms.cancel(effect.membershipIdentifier, effect.jobId);
        return { kind: 'cancel', jobId: effect.jobId, begunAt, result: this.withRedactedRefusal(result) };
      }
      case 'deliver': {
        const outcome = await answers.deliver(this.request.event.ResponseURL, effect.answer);
        return { kind: 'deliver', requestKey: this.request.key, outcome };
      }
    }
  }

  /** The stack's status comes last: nothing lies between it and the start but the claim. */
  private async prepare(lookup: Lookup | undefined): Promise<Observation> {
    const outcome = lookup && (await this.lookUp(lookup));
    return { kind: 'prepare', lookup: outcome, stackStatus: await this.ports.stacks.status(this.request.event.StackId) };
  }

  private async start(owner: string, leaseEnd: number): Promise<Result<Job>> {
    const { cleanRooms, ledger, now } = this.ports;
    const { job } = this.request;
    if (!job.valid) {
      throw new RunnerError('a request without a valid job can not start one');
    }
    if (now() + START_ABORT > leaseEnd) {
      return { refusal: notSent('LeaseOver', 'this start came too late to be sent') };
    }
    const result = await cleanRooms.start(job.inputs, AbortSignal.timeout(START_ABORT));
    if (result.refusal !== undefined || (await ledger.claimJob(result.value.id, owner))) {
      return this.redacted(result);
    }
    // A run with the same inputs was looking for its own job and took this one: look in turn for that one.
    return { refusal: { ...notSent('JobClaimed', 'the job was taken for that of another run'), kind: 'unknown' } };
  }

  private async lookUp(lookup: Lookup): Promise<LookupOutcome> {
    const { cleanRooms, now } = this.ports;
    const outcome = { attempt: lookup.attempt, begunAt: now() };
    const listed = await cleanRooms.listSince(lookup.membershipIdentifier, new Date(lookup.since - CLOCK_SKEW));
    if (listed.refusal !== undefined) {
      return { ...outcome, result: this.withRedactedRefusal(listed) };
    }
    const jobs: Job[] = [];
    for (const jobId of listed.value) {
      const result = await cleanRooms.get(lookup.membershipIdentifier, jobId);
      if (result.refusal !== undefined) {
        return { ...outcome, result: this.withRedactedRefusal(result) };
      }
      jobs.push(result.value);
    }
    return { ...outcome, result: { value: await this.adopt(candidatesOf(lookup.identity, jobs), lookup.owner) } };
  }

  /** The job that was claimed before a crash, or else the first that nobody has claimed: taking another would leave that one alone. */
  private async adopt(candidates: readonly Job[], owner: string): Promise<Job | undefined> {
    const { ledger } = this.ports;
    for (const job of candidates) {
      if ((await ledger.jobOwner(job.id)) === owner) {
        return job;
      }
    }
    for (const job of candidates) {
      if (await ledger.claimJob(job.id, owner)) {
        return job;
      }
    }
    return undefined;
  }

  private redacted(result: Result<Job>): Result<Job> {
    if (result.value?.error === undefined) {
      return this.withRedactedRefusal(result);
    }
    const { error } = result.value;
    return { value: { ...result.value, error: { ...error, message: this.redact(error.message) } } };
  }

  private withRedactedRefusal<T>(result: Result<T>): Result<T> {
    const { refusal } = result;
    return refusal === undefined ? result : { refusal: { ...refusal, message: this.redact(refusal.message) } };
  }

  private redact(text: string): string {
    const { job } = this.request;
    return job.valid ? redact(text, job.inputs.parameters, job.inputs.sparkProperties) : text;
  }

  private measure(measurements: Measurements): void {
    const { job } = this.request;
    if (job.valid && job.constructPath !== undefined) {
      this.ports.measure(job.constructPath, measurements);
    }
  }

  private log(message: string, fields: LogFields): void {
    this.ports.log(message, { ...namesOf(this.request), jobId: this.jobId, ...fields });
  }
}

const NOTHING: Observation = { kind: 'nothing' };

/** After a lost save the record is another, and only that a start was sent is true whatever it says. The rest is looked at anew. */
function stillTrue(observation: Observation): Observation {
  return observation.kind === 'start' ? observation : NOTHING;
}

function notSent(code: string, message: string): Refusal {
  return { kind: 'throttled', action: 'cleanrooms:StartProtectedJob', code, message };
}

function jobIdOf(observation: Observation): string | undefined {
  return observation.kind === 'start' || observation.kind === 'lookup' ? observation.result.value?.id : undefined;
}

function isRefused(observation: Observation): boolean {
  switch (observation.kind) {
    case 'nothing':
      return false;
    case 'prepare':
      return observation.stackStatus.refusal !== undefined || observation.lookup?.result.refusal !== undefined;
    case 'deliver':
      return observation.outcome !== 'accepted';
    default:
      return observation.result.refusal !== undefined;
  }
}

function outcomeOf(observation: Observation): string {
  switch (observation.kind) {
    case 'nothing':
      return '';
    case 'prepare':
      return observation.stackStatus.value ?? observation.stackStatus.refusal?.code ?? '';
    case 'deliver':
      return observation.outcome;
    case 'cancel':
      return observation.result.refusal?.code ?? 'accepted';
    default:
      return observation.result.refusal?.code ?? describe(observation.result.value);
  }
}

function describe(job: Job | undefined): string {
  return job === undefined ? 'no job' : `${job.id} ${job.status}`;
}

function progress({ resourceKey, requestKey }: Tick, next: Next): Progress {
  const milliseconds = next.kind === 'wait' ? next.milliseconds : 0;
  const waitSeconds = Math.min(Math.ceil(milliseconds / 1000), 60);
  return { resourceKey, requestKey, finished: next.kind === 'finished', waitSeconds };
}
