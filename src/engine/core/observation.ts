import { type Job } from './job';
import { type JobIdentity } from './record';
import { type Result } from './result';

/** What the decision wants done. Everything but `start`, `cancel` and `deliver` only reads. */
export type Effect =
  /** Before a start: may the stack start jobs, and is there a job already that an earlier start made? */
  | { readonly kind: 'prepare'; readonly lookup?: Lookup }
  | { readonly kind: 'start'; readonly attempt: number; readonly owner: string; readonly leaseEnd: number }
  /** Look for the job of a start whose outcome is unknown, and claim it. */
  | { readonly kind: 'lookup'; readonly lookup: Lookup }
  | { readonly kind: 'get'; readonly membershipIdentifier: string; readonly jobId: string }
  | { readonly kind: 'cancel'; readonly membershipIdentifier: string; readonly jobId: string }
  | { readonly kind: 'deliver'; readonly answer: string };

/** Where to look for the job of a start, and for whom it is claimed. */
export interface Lookup {
  readonly attempt: number;
  readonly owner: string;
  readonly membershipIdentifier: string;
  readonly identity: JobIdentity;
  readonly since: number;
}

/** What came of an effect. */
export type Observation =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'prepare'; readonly stackStatus: Result<string>; readonly lookup?: LookupOutcome }
  | { readonly kind: 'start'; readonly attempt: number; readonly result: Result<Job> }
  | ({ readonly kind: 'lookup' } & LookupOutcome)
  | { readonly kind: 'get'; readonly jobId: string; readonly begunAt: number; readonly result: Result<Job> }
  | { readonly kind: 'cancel'; readonly jobId: string; readonly begunAt: number; readonly result: Result<void> }
  | { readonly kind: 'deliver'; readonly requestKey: string; readonly outcome: Delivery };

export interface LookupOutcome {
  readonly attempt: number;
  readonly begunAt: number;
  /** The job that is claimed for the run now, if there is one. */
  readonly result: Result<Job | undefined>;
}

/**
 * - `accepted`: the answer has arrived
 * - `refused`: the address did not take it, and hardly ever will
 * - `unreachable`: it can be tried again
 */
export type Delivery = 'accepted' | 'refused' | 'unreachable';
