import { type ResourceRecord } from '../core/record';
import { type RequestEvent } from '../core/request';

/** What the engine remembers from one invocation to the next. */
export interface Ledger {
  /** @throws UnreadableRecordError if what is stored is not a record */
  load(resourceKey: string): Promise<ResourceRecord | undefined>;

  /**
   * Saves the record if nobody has saved the resource's since it was loaded.
   *
   * @returns the record as it is saved now, or undefined if somebody was faster
   */
  save(record: ResourceRecord): Promise<ResourceRecord | undefined>;

  /** The requests hold parameters and response URLs, and so stay only until they are answered. */
  loadRequest(requestKey: string): Promise<RequestEvent | undefined>;
  saveRequest(requestKey: string, event: RequestEvent): Promise<void>;
  discardRequest(requestKey: string): Promise<void>;

  /**
   * Claims a job for a run, so that no other run takes it for its own.
   *
   * @returns whether the job is this run's now
   */
  claimJob(jobId: string, owner: string): Promise<boolean>;

  /** Who has claimed the job, if anybody has. */
  jobOwner(jobId: string): Promise<string | undefined>;
}
