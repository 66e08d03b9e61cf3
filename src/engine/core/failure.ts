import { cut, plainText } from './plain-text';

/** Why a request is answered FAILED. */
export type Failure = {
  /** One of the codes below, or one of another version of this library that wrote it into the ledger. */
  readonly code: string;
  /** One line: what failed, in whose words, and what to do. */
  readonly message: string;
};

/** The error codes of this library. They are documented, so a code is never renamed. */
export const FAILURE_CODES = [
  'PJ-INVALID-INPUT',
  'PJ-START-REFUSED',
  'PJ-ACCESS-DENIED',
  'PJ-STACK-NOT-DEPLOYING',
  'PJ-JOB-FAILED',
  'PJ-JOB-CANCELLED',
  'PJ-JOB-STATUS-UNKNOWN',
  'PJ-JOB-NOT-FOUND',
  'PJ-TIMEOUT',
  'PJ-CANCEL-FAILED',
  'PJ-RESULT-TOO-LARGE',
  'PJ-INTERNAL',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/** Whether the failure is that of a job which was started: not of its inputs, of permissions or of the runner. */
export function isOfJob({ code }: Failure): boolean {
  return JOB_FAILURES.includes(code);
}

const JOB_FAILURES: readonly string[] = [
  'PJ-JOB-FAILED',
  'PJ-JOB-CANCELLED',
  'PJ-JOB-STATUS-UNKNOWN',
  'PJ-TIMEOUT',
] satisfies FailureCode[];

/** What a service said when it refused a call. */
export interface ServiceError {
  /** The service's name for the error: `ValidationException`. */
  readonly code: string;
  readonly message: string;
}

/** What Clean Rooms says of a job that failed. */
export interface JobError extends ServiceError {
  /** Whether the same job may succeed, where Clean Rooms says so. */
  readonly retryable?: boolean;
}

export function invalidInput(problems: string): Failure {
  return failure('PJ-INVALID-INPUT', `no job was started: ${problems}. Correct the job's props and deploy again`);
}

/** The first problems in one text, so that an answer has room for what is to be done about them. */
export function listProblems(problems: readonly string[]): string {
  const first = problems.slice(0, MAX_PROBLEMS).map((problem) => (problem.length > 300 ? `${problem.slice(0, 300)}…` : problem));
  const rest = problems.length - first.length;
  return [...first, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

const MAX_PROBLEMS = 10;

export function startRefused(error: ServiceError): Failure {
  return failure(
    'PJ-START-REFUSED',
    `Clean Rooms refused to start the job: ${quote(error)}. Correct what it names and deploy again`,
  );
}

interface Quota {
  readonly quota?: { readonly name: string; readonly value?: number };
}

export function quotaTooLow(error: ServiceError & Quota, vcpus: number): Failure {
  return failure(
    'PJ-START-REFUSED',
    `the job asks for ${vcpus} vCPU, more than the account can ever have at once, so it was not started: ${quote(error)}${quotaText(error)}. ` +
      'Set a lower number of workers, or have the quota raised (Service Quotas, L-26B93E43), and deploy again',
  );
}

/** The quota that a start waits for, by name and value. */
export function quotaText({ quota }: Quota): string {
  return quota === undefined ? '' : ` (quota "${cut(quota.name, 200)}" of ${quota.value ?? 'unknown value'})`;
}

/** What is known of a job when something fails. */
export interface JobTrace {
  readonly jobId?: string;
  /** A start was sent, and nobody knows what came of it. */
  readonly isUnknown: boolean;
}

function whatMayRun({ jobId, isUnknown }: JobTrace): string {
  if (jobId !== undefined) {
    return `job ${jobId} may still be running`;
  }
  return isUnknown ? 'a job may have been started' : 'no job was started';
}

export function accessDenied(action: string, error: ServiceError, trace: JobTrace): Failure {
  return failure(
    'PJ-ACCESS-DENIED',
    `${action} was denied, ${whatMayRun(trace)}: ${quote(error)}. Allow the action, also in boundaries and in policies of the organization, and deploy again`,
  );
}

export function stackNotDeploying(stackStatus: string): Failure {
  return failure('PJ-STACK-NOT-DEPLOYING', `no job was started, because the stack is in ${stackStatus}. Deploy it again`);
}

export function jobFailed(jobId: string, error: JobError | undefined): Failure {
  const reason = error === undefined ? 'Clean Rooms gave no reason' : quote(error);
  return failure('PJ-JOB-FAILED', `job ${jobId} failed: ${reason}${forecast(error)}. ${remedyOf(error)}`);
}

/** A run costs about $10 at least, so nothing is run again by itself. */
function forecast(error: JobError | undefined): string {
  switch (error?.retryable) {
    case true:
      return ' (Clean Rooms: the same job may succeed)';
    case false:
      return ' (Clean Rooms: the same job will fail again)';
    case undefined:
      return '';
  }
}

function remedyOf(error: JobError | undefined): string {
  return REMEDIES.get(error?.code ?? '') ?? 'See the job in the Clean Rooms console; deploy again to run it once more';
}

/**
 * What to do about a job that failed, by Clean Rooms' code.
 *
 * @see https://docs.aws.amazon.com/clean-rooms/latest/apireference/API_ProtectedJobError.html
 */
const REMEDIES = new Map(
  Object.entries({
    MALFORMED_SCRIPT:
      'The same script will fail again, and each run is billed: mend it, publish it as a new analysis template, and deploy with that',
    RESOURCE_NOT_FOUND:
      'See whether the artifacts of the template, its tables and the bucket of the results are still there; mend that, and deploy again',
    INVALID_RESOURCE:
      'Correct the resource that is named: the template and its artifacts, a table, or the job result settings of the member who receives the ' +
      'results; then deploy again',
    RESOURCE_ACCESS_DENIED:
      'Let the roles of the tables and of the job result settings reach the data, the bucket and their keys, and deploy again',
    INSUFFICIENT_COMPUTE:
      'Memory, disk or the time that Clean Rooms gives a job was not enough: set a larger or a higher number of workers, or let the script do less',
    TRANSIENT_ERROR: 'Deploy again to run it once more',
    INTERNAL_ERROR: 'Deploy again to run it once more; if that fails in the same way, ask AWS Support with the ID of the job',
    UNKNOWN_ERROR: 'See the job in the Clean Rooms console before it is run again, because each run is billed; then deploy again',
  }),
);

export function jobCancelled(jobId: string): Failure {
  return failure(
    'PJ-JOB-CANCELLED',
    `job ${jobId} was cancelled by someone else. Deploy again to run it once more`,
  );
}

export function jobStatusUnknown(jobId: string, status: string): Failure {
  return failure(
    'PJ-JOB-STATUS-UNKNOWN',
    `job ${jobId} has the status "${status}", which counts as a failure because this library does not know it. ` +
      'See the job in the Clean Rooms console',
  );
}

export function jobNotFound(jobId: string): Failure {
  return failure(
    'PJ-JOB-NOT-FOUND',
    `job ${jobId} was started and can no longer be found. See whether the membership still exists, and deploy again`,
  );
}

export function timedOut(timeoutSeconds: number, trace: JobTrace, waitedFor: string): Failure {
  const { jobId } = trace;
  const job = jobId === undefined ? `${whatMayRun(trace)}: ${waitedFor}` : `job ${jobId} did not end in time and was cancelled`;
  return failure('PJ-TIMEOUT', `the timeout of ${timeoutSeconds} seconds is over; ${job}. Raise the timeout, or run less at once`);
}

export function cancelFailed({ jobId }: JobTrace, status: string | undefined, error: ServiceError | undefined): Failure {
  const job = jobId === undefined ? 'a job that may have been started' : `job ${jobId}`;
  const seen = error === undefined ? `its status is still ${status ?? 'unknown'}` : quote(error);
  return failure(
    'PJ-CANCEL-FAILED',
    `${job} could not be cancelled in time and may still be running: ${seen}. Cancelling goes on for a while; ` +
      'see the job in the Clean Rooms console before you try again',
  );
}

export function resultTooLarge(jobId: string): Failure {
  return failure(
    'PJ-RESULT-TOO-LARGE',
    `job ${jobId} has ended, but its attributes do not fit the 4096 bytes of an answer to CloudFormation. ` +
      'Shorten the key prefix of the results, and change the triggers to run the job once more',
  );
}

export function internalError(cause: string, trace: JobTrace): Failure {
  return failure(
    'PJ-INTERNAL',
    `the runner could not go on (${cause}); ${whatMayRun(trace)}. See the runner's logs and the Clean Rooms console, and deploy again`,
  );
}

function failure(code: FailureCode, message: string): Failure {
  return { code, message: plainText(message) };
}

/** What a service said, in short. */
export function quote(error: ServiceError): string {
  return `${error.code}: ${cut(withoutFullStop(error.message), MAX_QUOTE)}`;
}

/** An answer has no room for more, nor needs the ledger to keep it. */
const MAX_QUOTE = 4000;

function withoutFullStop(text: string): string {
  return text.trim().replace(/\.+$/, '');
}

