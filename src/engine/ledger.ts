import { listProblems } from './failure';
import { recordSchema, ResourceRecord } from './record';
import { addressSchema, pathText, RequestEvent, requestEventSchema } from './request';
import { RunnerError } from './told-error';

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

export class UnreadableRecordError extends RunnerError {
  override readonly name = 'UnreadableRecordError';

  constructor(resourceKey: string, problems: string) {
    super(`the ledger's record of resource ${resourceKey} can not be read: ${problems}`);
  }
}

/**
 * What is stored as a resource's record. One that names another resource could never be saved again.
 *
 * @throws UnreadableRecordError if it is not the resource's record
 */
export function readRecord(resourceKey: string, item: unknown): ResourceRecord {
  const parsed = recordSchema.safeParse(item);
  if (!parsed.success) {
    throw new UnreadableRecordError(resourceKey, listProblems(parsed.error.issues.map(({ path }) => pathText(path))));
  }
  if (parsed.data.resourceKey !== resourceKey) {
    throw new UnreadableRecordError(resourceKey, 'resourceKey');
  }
  return parsed.data;
}

/**
 * What is stored as a request. Of a damaged one, the address is all that is believed: it asks for nothing then, and can still be answered.
 *
 * @throws if there is no address either
 */
export function readRequest(event: unknown): RequestEvent {
  const parsed = requestEventSchema.safeParse(event);
  return parsed.success ? parsed.data : { ...addressSchema.parse(event), RequestType: 'Create', ResourceProperties: {} };
}
