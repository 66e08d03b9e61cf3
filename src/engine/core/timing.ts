/** Every time span of the engine, in milliseconds. */

/** How long a start may take from its claim on: no start is sent so late that it could outlast this. */
export const LEASE = 60_000;

/** When a start that got no answer is given up. Clean Rooms may still carry it out. */
export const START_ABORT = 20_000;

/** How long after a start a job may be missing from the list, the clocks' difference included. Inferred: Clean Rooms documents none. */
export const JOB_LIST_LAG = 60_000;

/** How long after its start a job may be unknown to GetProtectedJob. Inferred, too. */
export const JOB_VISIBILITY_LAG = 120_000;

/** How long a denial may come from permissions that are still on their way: minutes, after a role was created. */
export const PERMISSION_PROPAGATION = 300_000;

/** Between two looks at something that changes soon: an execution has only so many events, so less often where it does not. */
export function shortWait(age: number): number {
  return Math.min(Math.max(age / 60, 5_000), 20_000);
}

/** Between two tries of a start that was throttled or whose outcome is unknown. */
export const RETRY_START = 10_000;

/** Between two tries of a start that waits for another job's end: minutes, as a rule. */
export const RETRY_QUEUED_START = 30_000;

/** Before a cancellation that shows no effect is sent again. */
export const REPEAT_CANCEL = 30_000;

/** How long an answer is tried to be delivered: a response URL is taken to be good for two hours. */
export const DELIVERY_PERIOD = 2 * 3_600_000;

/** How long cancelling goes on after an answer that had to go out while the job still ran. */
export const AFTERCARE = 3_600_000;

/** Between two looks at such a job. */
export const AFTERCARE_WAIT = 60_000;

/**
 * Between two looks at a running job, where the job's props do not say: 10 seconds at first and 60 after a quarter of an hour, for a
 * job takes many minutes.
 */
export function adaptivePollInterval(age: number): number {
  return Math.min(Math.max(age / 15, 10_000), 60_000);
}

/** How far the function's clock and that of another service may differ. */
export const CLOCK_SKEW = 60_000;

/** How long onEvent tries to take a request in. Permissions take minutes to reach everywhere. */
export const RETRY_PERIOD = 180_000;

/** From the function's beginning on: how long it tries to deliver the answer to a request that it has given up. The rest is for the last try. */
export const GIVE_UP_PERIOD = 270_000;

/** Between two tries of onEvent: at first, and at last. */
export const FIRST_PAUSE = 1_000;
export const LONGEST_PAUSE = 5_000;

/** Later than any first delivery of an event, and before Lambda's first retry after a minute. */
export const LATE_DELIVERY = 45_000;

/** After this no event is delivered any more: then the time when a request is said to have been sent is not believed. */
export const LATEST_DELIVERY = 600_000;

/** How far the clocks of CloudFormation's hosts may differ; the times are whole seconds. */
export const HOST_SKEW = 2_000;

/** For sending the answer, before CloudFormation itself gives up. */
export const ANSWER_MARGIN = 30_000;

/**
 * Longer than a request can be delivered again: its response URL is taken to be good for two hours, as the signature of one that was
 * seen said.
 */
export const REMEMBER_REQUESTS = 3 * 3_600_000;

/** How long the delivery of an answer may take. */
export const DELIVERY_ABORT = 15_000;

/** How long a call of a service may take, but for a start. The client tries again itself. */
export const CALL_TIMEOUT = 10_000;
export const CONNECTION_TIMEOUT = 3_000;

/** An effect takes no longer than a start with its claim. */
export const TIME_FOR_AN_EFFECT = 2 * START_ABORT;

const DAY = 24 * 3_600_000;

/** Longer than any request can be delivered late. */
export const KEEP_TOMBSTONE = DAY;

/** Longer than any request is worked on. It is discarded once it is answered; this is for when that fails. */
export const KEEP_REQUEST = DAY;

/** Longer than any start is looked for. */
export const KEEP_CLAIM = 2 * DAY;
