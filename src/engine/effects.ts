import { type Job } from './core/job';
import { candidatesOf } from './core/job-identity';
import { type Effect, type Lookup, type LookupOutcome, type Observation } from './core/observation';
import { type RunState } from './core/record';
import { type Request } from './core/request';
import { type Refusal, type Result } from './core/result';
import { RunnerError } from './core/runner-error';
import { CLOCK_SKEW, START_ABORT } from './core/timing';
import { type Answers } from './ports/answers';
import { type CleanRooms } from './ports/clean-rooms';
import { type Ledger } from './ports/ledger';
import { type Stacks } from './ports/stacks';
import { RedactingCleanRooms } from './redacting-clean-rooms';

export interface EffectPorts {
  readonly ledger: Ledger;
  readonly cleanRooms: CleanRooms;
  readonly stacks: Stacks;
  readonly answers: Answers;
  readonly now: () => number;
}

/** Performs what the decision about a request wants done, and tells what came of it. */
export class Effects {
  private readonly cleanRooms: CleanRooms;

  /** @param run the run in the record that the decision has made */
  constructor(
    private readonly ports: EffectPorts,
    private readonly request: Request,
    run: RunState | undefined,
  ) {
    this.cleanRooms = new RedactingCleanRooms(ports.cleanRooms, request, run?.runKey);
  }

  async perform(effect: Effect): Promise<Observation> {
    const begunAt = this.ports.now();
    switch (effect.kind) {
      case 'prepare':
        return this.prepare(effect.lookup);
      case 'start':
        return { kind: 'start', attempt: effect.attempt, result: await this.start(effect.owner, effect.leaseEnd) };
      case 'lookup':
        return { kind: 'lookup', ...(await this.lookUp(effect.lookup)) };
      case 'get': {
        const result = await this.cleanRooms.get(effect.membershipIdentifier, effect.jobId);
        return { kind: 'get', jobId: effect.jobId, begunAt, result };
      }
      case 'cancel': {
        const result = await this.cleanRooms.cancel(effect.membershipIdentifier, effect.jobId);
        return { kind: 'cancel', jobId: effect.jobId, begunAt, result };
      }
      case 'deliver': {
        const outcome = await this.ports.answers.deliver(this.request.event.ResponseURL, effect.answer);
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
    const { ledger, now } = this.ports;
    const { job } = this.request;
    if (!job.valid) {
      throw new RunnerError('a request without a valid job can not start one');
    }
    if (now() + START_ABORT > leaseEnd) {
      return { refusal: notSent('LeaseOver', 'this start came too late to be sent') };
    }
    const result = await this.cleanRooms.start(job.inputs, AbortSignal.timeout(START_ABORT));
    if (result.refusal !== undefined || (await ledger.claimJob(result.value.id, owner))) {
      return result;
    }
    // A run with the same inputs was looking for its own job and took this one: look in turn for that one.
    return { refusal: { ...notSent('JobClaimed', 'the job was taken for that of another run'), kind: 'unknown' } };
  }

  private async lookUp(lookup: Lookup): Promise<LookupOutcome> {
    const outcome = { attempt: lookup.attempt, begunAt: this.ports.now() };
    const listed = await this.cleanRooms.listSince(lookup.membershipIdentifier, new Date(lookup.since - CLOCK_SKEW));
    if (listed.refusal !== undefined) {
      return { ...outcome, result: listed };
    }
    const jobs: Job[] = [];
    for (const jobId of listed.value) {
      const result = await this.cleanRooms.get(lookup.membershipIdentifier, jobId);
      if (result.refusal !== undefined) {
        return { ...outcome, result };
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
}

function notSent(code: string, message: string): Refusal {
  return { kind: 'throttled', action: 'cleanrooms:StartProtectedJob', code, message };
}

/** The job that the observation is about, where it has just become known. */
export function jobIdOf(observation: Observation): string | undefined {
  return observation.kind === 'start' || observation.kind === 'lookup' ? observation.result.value?.id : undefined;
}

export function isRefused(observation: Observation): boolean {
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

/** What came of an effect, for the log. */
export function inAWord(observation: Observation): string {
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
      return observation.result.refusal?.code ?? nameAndStatus(observation.result.value);
  }
}

function nameAndStatus(job: Job | undefined): string {
  return job === undefined ? 'no job' : `${job.id} ${job.status}`;
}
