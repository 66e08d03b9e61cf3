import { type JobError } from './failure';
/** A job as Clean Rooms describes it: all that GetProtectedJob returns and this library uses. */
export interface Job {
  readonly id: string;
  readonly membershipId: string;
  readonly membershipArn: string;
  readonly createTime: Date;
  readonly status: string;
  readonly analysisTemplateArn?: string;
  readonly type?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly workerType?: string;
  readonly workerNumber?: number;
  readonly sparkProperties?: Readonly<Record<string, string>>;
  /** The account that was asked for, or the job's own, which receives results in a bucket of its own. */
  readonly resultReceiver?: string;
  readonly computePayer?: string;
  readonly resultBucketName?: string;
  readonly resultKeyPrefix?: string;
  readonly resultLocation?: string;
  readonly resultReceivers: readonly string[];
  readonly durationInMillis?: number;
  readonly billedUnits?: number;
  readonly error?: JobError;
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
