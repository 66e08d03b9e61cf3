import { type Invocation, type ModelJob, type State } from './state';
import { JOB_LIST_LAG, JOB_VISIBILITY_LAG, START_ABORT } from '../../../src/engine/core/timing';

/**
 * What can go wrong.
 *
 * - `crash`: a function ends before or after a call, and is called again
 * - `stall`: everything that is under way takes longer than a lease
 * - `loss`: a call is carried out, or not, and the caller does not learn which
 * - `refusal`: a call is not carried out
 * - `end`: a job ends in a way that nobody expects
 * - `clock`: Step Functions can not be used, or carries out a call and says that it did not, for a moment or for
 *   minutes
 */
export type Mishap = 'crash' | 'stall' | 'loss' | 'refusal' | 'end' | 'clock';

/** One way in which a call can go. */
export interface Outcome {
  readonly name: string;
  /** The kind of mishap that it is counted as. */
  readonly mishap?: Mishap;
}

/** All outcomes that the call can have now. The first one is the outcome without any mishap. */
export function outcomesOf(state: State, { call, calledAt }: Invocation): readonly Outcome[] {
  switch (call.port) {
    case 'startJob':
      return state.now - calledAt >= START_ABORT
        ? [fine('lostWithoutJob'), fine('lostWithJob')]
        : [fine('accepted'), ...refusals('quota', 'denied', 'invalid'), ...losses('lostWithJob', 'lostWithJobListedLate', 'lostWithoutJob')];
    case 'getJob':
      return outcomesOfGet(state, call.ask);
    case 'cancelJob':
      return outcomesOfCancel(state, call.ask);
    case 'listJobs':
    case 'stackStatus':
      return [fine('answered'), ...refusals('throttled')];
    case 'deliver':
      return [fine('accepted'), ...refusals('unreachable', 'refused'), ...losses('unreachableButArrived')];
    case 'startClock':
    case 'preclude':
      return [fine('done'), { name: 'failed', mishap: 'clock' }, { name: 'doneButFailed', mishap: 'clock' }];
    case 'sleep':
      return [fine('done'), { name: 'outlasts', mishap: 'clock' }];
    default:
      return [fine('done')]; // for the caller, a failure of the ledger is the same as a crash before or after the call
  }
}

/** How long Clean Rooms may hide a job from its list; the engine waits for as long, and for the clocks' difference. */
export const LATE_LISTING = JOB_LIST_LAG - 10_000;

/** How often a job is seen running before it must end: more looks would only differ in the time. */
const MAX_LOOKS = 1;

/** A job that somebody else runs on the membership: with the same inputs, but for the receiver of its results. */
export const FOREIGN_JOB = '00000000-0000-4000-8000-ffffffffffff';

function outcomesOfGet(state: State, jobId: string): readonly Outcome[] {
  if (jobId === FOREIGN_JOB) {
    return [fine('seen')];
  }
  const job = jobOf(state, jobId);
  const isHidden = state.now - job.createdAt < JOB_VISIBILITY_LAG;
  const refused = refusals('throttled', ...(isHidden ? ['notFound'] : []));
  if (hasEnded(job) || (state.isCancellingDenied && state.requests.at(-1)?.accepted === undefined)) {
    return [fine('seen'), ...refused]; // it runs on: only so long does a denial count
  }
  const goesOn = job.looks < MAX_LOOKS ? [fine('goesOn')] : [];
  const isCancelling = job.status === 'CANCELLING';
  const ends = isCancelling ? ['CANCELLED', 'SUCCESS'] : ['SUCCESS', 'FAILED'];
  const odd = isCancelling ? ['FAILED', 'Timed out'] : ['CANCELLED', 'Timed out'];
  return [...ends.map(fine), ...goesOn, ...odd.map((name): Outcome => ({ name, mishap: 'end' })), ...refused];
}

function outcomesOfCancel(state: State, jobId: string): readonly Outcome[] {
  if (state.isCancellingDenied) {
    return [fine('denied')];
  }
  return hasEnded(jobOf(state, jobId))
    ? [fine('conflict'), ...refusals('throttled')]
    : [fine('accepted'), fine('endedBefore'), ...refusals('throttled'), ...losses('acceptedButLost')];
}

export function hasEnded({ status }: ModelJob): boolean {
  return !['SUBMITTED', 'STARTED', 'CANCELLING'].includes(status);
}

export function jobOf({ jobs }: State, jobId: string): ModelJob {
  const job = jobs.find(({ id }) => id === jobId);
  if (job === undefined) {
    throw new Error(`no job ${jobId} was ever started`);
  }
  return job;
}

function fine(name: string): Outcome {
  return { name };
}

function refusals(...names: readonly string[]): Outcome[] {
  return names.map((name) => ({ name, mishap: 'refusal' }));
}

function losses(...names: readonly string[]): Outcome[] {
  return names.map((name) => ({ name, mishap: 'loss' }));
}
