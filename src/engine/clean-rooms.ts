import { ServiceError } from './failure';
import { JobInputs } from '../input-rules';

/** A job as Clean Rooms describes it: all that GetProtectedJob returns and this library uses. */
export interface Job {
  readonly id: string;
  readonly membershipId: string;
  readonly membershipArn: string;
  readonly createTime: Date;
  readonly status: string;
  readonly analysisTemplateArn?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly workerType?: string;
  readonly workerNumber?: number;
  readonly resultBucketName?: string;
  readonly resultKeyPrefix?: string;
  readonly resultLocation?: string;
  readonly resultReceivers: readonly string[];
  readonly durationInMillis?: number;
  readonly billedUnits?: number;
  readonly error?: ServiceError;
}

/**
 * Why a call did not do what it should.
 *
 * - `throttled`, `quota`: not done; later it may be
 * - `denied`: not done; permissions may still be on their way
 * - `notFound`, `conflict`, `invalid`: not done, and the same call will not be
 * - `unknown`: the call may have been carried out, or not
 */
export interface Refusal extends ServiceError {
  readonly kind: 'throttled' | 'quota' | 'denied' | 'notFound' | 'conflict' | 'invalid' | 'unknown';
  /** The action as policies name it: `cleanrooms:StartProtectedJob`. */
  readonly action: string;
}

export type Result<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

/** What the engine asks of Clean Rooms. */
export interface CleanRooms {
  /** Sends StartProtectedJob once: a retry could start a second job, for the operation takes no idempotency token. */
  start(inputs: JobInputs, abort: AbortSignal): Promise<Result<Job>>;
  get(membershipIdentifier: string, jobId: string): Promise<Result<Job>>;
  /** The jobs of the membership that were created since then, the oldest first. */
  listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>>;
  cancel(membershipIdentifier: string, jobId: string): Promise<Result<void>>;
}

const ENDED = ['SUCCESS', 'FAILED', 'CANCELLED'];
const ONGOING = ['SUBMITTED', 'STARTED', 'CANCELLING'];

export function hasEnded(status: string): boolean {
  return ENDED.includes(status);
}

/** A status that Clean Rooms does not document, as "Timed out" of its console: no reason to wait for ever. */
export function isUnknownStatus(status: string): boolean {
  return !ENDED.includes(status) && !ONGOING.includes(status);
}
