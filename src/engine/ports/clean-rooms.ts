import { type JobInputs } from '../../contract/job-inputs';
import { type Job } from '../core/job';
import { type Result } from '../core/result';

/** What the engine asks of Clean Rooms. */
export interface CleanRooms {
  /** Sends StartProtectedJob once: a retry could start a second job, for the operation takes no idempotency token. */
  start(inputs: JobInputs, abort: AbortSignal): Promise<Result<Job>>;
  get(membershipIdentifier: string, jobId: string): Promise<Result<Job>>;
  /** The jobs of the membership that were created since then, the oldest first. */
  listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>>;
  cancel(membershipIdentifier: string, jobId: string): Promise<Result<void>>;
}
