import { attributesOf, withError } from './attributes';
import {
  accessDenied,
  type Failure,
  jobCancelled,
  jobFailed,
  jobNotFound,
  jobStatusUnknown,
  type JobTrace,
  quotaText,
  quotaTooLow,
  quote,
  startRefused,
} from './failure';
import { type Job, hasEnded, isUnknownStatus } from './job';
import { type Delivery, type LookupOutcome, type Observation } from './observation';
import { type FormerRequest, type RequestState, type ResourceRecord, type RunState, type Success, withoutRun } from './record';
import { type Refusal, type Result } from './result';
import { DELIVERY_PERIOD, JOB_VISIBILITY_LAG, PERMISSION_PROPAGATION, RETRY_QUEUED_START, RETRY_START } from './timing';
import { vcpusOf } from '../../contract/vcpus';

type Observed<Kind extends Observation['kind']> = Extract<Observation, { readonly kind: Kind }>;

/** Writes what was observed into the record, whatever request is in force. */
export function absorb(record: ResourceRecord, now: number, observation: Observation): ResourceRecord {
  switch (observation.kind) {
    case 'nothing':
      return record;
    case 'prepare':
      return absorbPrepare(record, now, observation.stackStatus, observation.lookup);
    case 'start':
      return absorbStart(record, now, observation.attempt, observation.result);
    case 'lookup':
      return absorbLookup(record, now, observation);
    case 'get':
      return absorbGet(record, now, observation);
    case 'cancel':
      return absorbCancel(record, now, observation);
    case 'deliver':
      return absorbDelivery(record, now, observation.requestKey, observation.outcome);
  }
}

/** Only the list of its jobs tells that a membership is gone: a job may be listed and not be found by its ID yet. */
export function isMembershipGone(refusal: Refusal | undefined): refusal is Refusal {
  return refusal?.kind === 'notFound' && refusal.action === 'cleanrooms:ListProtectedJobs';
}

/** What is known of the run's job, for a message. */
export function traceOf(run: RunState | undefined): JobTrace {
  const isUnknown = run?.phase === 'starting' || run?.unknownStarts !== undefined;
  return { jobId: run?.jobId, isUnknown };
}

/** Whether the denial has lasted longer than permissions take to arrive. */
export function isDeniedForGood(request: RequestState, refusal: Refusal, now: number): boolean {
  const since = request.denied?.[refusal.action];
  return refusal.kind === 'denied' && since !== undefined && now - since >= PERMISSION_PROPAGATION;
}

function absorbPrepare(
  record: ResourceRecord,
  now: number,
  stackStatus: Result<string>,
  lookup: LookupOutcome | undefined,
): ResourceRecord {
  const absorbed = absorbDenial(record, now, 'cloudformation:DescribeStacks', stackStatus);
  return lookup === undefined ? absorbed : absorbLookup(absorbed, now, lookup);
}

function absorbStart(record: ResourceRecord, now: number, attempt: number, result: Result<Job>): ResourceRecord {
  const { run } = record;
  if (run === undefined || run.attempt !== attempt || run.phase === 'started') {
    return record; // what came of an earlier start was found out otherwise
  }
  if (result.refusal === undefined) {
    return absorbDenial(withStarted(record, run, now, result.value), now, 'cleanrooms:StartProtectedJob', result);
  }
  const waiting = { ...record, run: afterRefusedStart(run, now, result.refusal) };
  const denied = absorbDenial(waiting, now, 'cleanrooms:StartProtectedJob', result);
  const failure = failureOfStart(run, result.refusal);
  return failure === undefined ? denied : withFailure(denied, run, failure);
}

function failureOfStart(run: RunState, refusal: Refusal): Failure | undefined {
  const vcpus = vcpusOf(run.identity);
  if (isNeverMet(refusal, vcpus)) {
    return quotaTooLow(refusal, vcpus);
  }
  return willAlwaysBeRefused(refusal) ? startRefused(refusal) : undefined;
}

/** A quota of jobs is free again when one ends; one of vCPUs never has room for a job that wants more than there are. */
function isNeverMet({ kind, quota }: Refusal, vcpus: number | undefined): vcpus is number {
  return kind === 'quota' && /vcpu/i.test(quota?.name ?? '') && vcpus !== undefined && quota?.value !== undefined && vcpus > quota.value;
}

/**
 * Whether the same start would be refused in the same way for ever. A conflict is not documented for a start: should it come, something else
 * is going on that may end.
 */
function willAlwaysBeRefused(refusal: Refusal): boolean {
  return ['notFound', 'invalid'].includes(refusal.kind);
}

/** Whether the start waits for the end of something, and not just for a moment. */
function isInLine({ kind }: Refusal): boolean {
  return kind === 'quota' || kind === 'conflict';
}

function afterRefusedStart(run: RunState, now: number, refusal: Refusal): RunState {
  const { lease, unknownStarts } = run;
  const isUnknown = refusal.kind === 'unknown' && lease !== undefined;
  return {
    ...run,
    phase: 'waiting',
    lease: undefined,
    unknownStarts: isUnknown ? { since: unknownStarts?.since ?? lease.start, until: now } : unknownStarts,
    retryAt: now + (isInLine(refusal) ? RETRY_QUEUED_START : RETRY_START),
    waitsFor: quote(refusal) + quotaText(refusal),
  };
}

function absorbLookup(record: ResourceRecord, now: number, { attempt, result }: LookupOutcome): ResourceRecord {
  const { run } = record;
  const absorbed = absorbDenial(record, now, 'cleanrooms:ListProtectedJobs', result);
  if (run !== undefined && run.attempt === attempt && isMembershipGone(result.refusal)) {
    return withFailure(absorbed, run, startRefused(result.refusal));
  }
  const isFound = run !== undefined && run.phase !== 'started' && run.attempt === attempt && result.value !== undefined;
  return isFound ? withStarted(absorbed, run, now, result.value) : absorbed;
}

function absorbGet(record: ResourceRecord, now: number, { jobId, begunAt, result }: Observed<'get'>): ResourceRecord {
  const { run } = record;
  if (run?.phase !== 'started' || run.jobId !== jobId) {
    return record;
  }
  const absorbed = absorbDenial(record, now, 'cleanrooms:GetProtectedJob', result);
  if (result.refusal !== undefined) {
    return absorbMissing(absorbed, run, begunAt, result.refusal);
  }
  return absorbStatus(absorbed, run, now, result.value);
}

function absorbStatus(record: ResourceRecord, run: RunState, now: number, job: Job): ResourceRecord {
  if (hasEnded(job.status)) {
    return absorbEnd(record, run, now, job);
  }
  if (isUnknownStatus(job.status)) {
    // Clean Rooms refuses to cancel what has ended, so a conflict tells that this status is an end.
    const ended = withUnsuccessful(record, run, job, jobStatusUnknown(job.id, job.status));
    return run.cancelConflict ? withoutRun(ended) : withStatus(ended, run, job.status);
  }
  return withStatus(record, run, job.status);
}

function absorbEnd(record: ResourceRecord, run: RunState, now: number, job: Job): ResourceRecord {
  if (job.status === 'SUCCESS') {
    return withSuccess(withoutRun(record), run, now, job);
  }
  const failure = job.status === 'FAILED' ? jobFailed(job.id, job.error) : jobCancelled(job.id);
  return withoutRun(withUnsuccessful(record, run, job, failure));
}

/** The job of the request in force has ended without success, or nobody knows how: this is all that will ever be known of it. */
function withUnsuccessful(record: ResourceRecord, run: RunState, job: Job, failure: Failure): ResourceRecord {
  const failed = withFailure(record, run, failure);
  const { request } = failed;
  if (request.runKey !== run.runKey || request.failure === undefined) {
    return failed; // it was another request's, or will be run again
  }
  const unsuccessful = withError(attributesOf(job), job.error ?? request.failure);
  return { ...failed, request: { ...request, unsuccessful } };
}

function absorbCancel(record: ResourceRecord, now: number, { jobId, begunAt, result }: Observed<'cancel'>): ResourceRecord {
  const { run } = record;
  if (run?.phase !== 'started' || run.jobId !== jobId) {
    return record;
  }
  const absorbed = absorbDenial(record, now, 'cleanrooms:UpdateProtectedJob', result);
  if (result.refusal === undefined) {
    return absorbed;
  }
  return result.refusal.kind === 'conflict'
    ? { ...absorbed, run: { ...run, cancelConflict: true } }
    : absorbMissing(absorbed, run, begunAt, result.refusal);
}

/** A job, or its membership, that is gone. Asked for right after its start, a job may just not have been visible yet. */
function absorbMissing(record: ResourceRecord, run: RunState, askedAt: number, refusal: Refusal): ResourceRecord {
  const isGone = refusal.kind === 'notFound' && askedAt - (run.startedAt ?? askedAt) >= JOB_VISIBILITY_LAG;
  return isGone ? withoutRun(withFailure(record, run, jobNotFound(run.jobId ?? 'unknown'))) : record;
}

function absorbDelivery(record: ResourceRecord, now: number, requestKey: string, outcome: Delivery): ResourceRecord {
  const { request } = record;
  if (request.key === requestKey) {
    return { ...record, request: afterDelivery(request, now - request.receivedAt, outcome) };
  }
  const formerRequests = record.formerRequests.map((former) =>
    former.key === requestKey ? afterDelivery(former, now - former.endedAt, outcome) : former,
  );
  return { ...record, formerRequests };
}

function afterDelivery<T extends RequestState | FormerRequest>(request: T, age: number, outcome: Delivery): T {
  if (request.answer === undefined) {
    return request;
  }
  const deliveryFailures = (request.deliveryFailures ?? 0) + 1;
  const isRefusedForGood = outcome === 'refused' && deliveryFailures >= MAX_REFUSED_DELIVERIES;
  const settled = outcome === 'accepted' || isRefusedForGood || age > DELIVERY_PERIOD;
  return settled ? { ...request, settled } : { ...request, deliveryFailures };
}

const MAX_REFUSED_DELIVERIES = 3;

/** Notes since when an action is denied, or that it no longer is, and fails the request once that has lasted too long. */
function absorbDenial(record: ResourceRecord, now: number, action: string, result: Result<unknown>): ResourceRecord {
  const { request } = record;
  const { refusal } = result;
  if (refusal?.kind !== 'denied') {
    return request.denied?.[action] === undefined ? record : { ...record, request: withoutDenial(request, action) };
  }
  if (isDeniedForGood(request, refusal, now)) {
    const failure = accessDenied(refusal.action, refusal, traceOf(record.run));
    return request.type === 'Delete' ? record : { ...record, request: { failure, ...request } };
  }
  return { ...record, request: { ...request, denied: { [refusal.action]: now, ...request.denied } } };
}

function withoutDenial(request: RequestState, action: string): RequestState {
  const { [action]: _lifted, ...denied } = request.denied ?? {};
  return { ...request, denied };
}

function withStarted(record: ResourceRecord, run: RunState, now: number, job: Job): ResourceRecord {
  const { lease: _lease, unknownStarts: _unknownStarts, retryAt: _retryAt, waitsFor: _waitsFor, ...rest } = run;
  return { ...record, run: { ...rest, phase: 'started', jobId: job.id, status: job.status, startedAt: now, accepted: attributesOf(job) } };
}

function withStatus(record: ResourceRecord, run: RunState, status: string): ResourceRecord {
  return run.status === status ? record : { ...record, run: { ...run, status } };
}

/** Fails the request in force, if it is about this run, which nobody cancels, and has not failed already. */
function withFailure(record: ResourceRecord, run: RunState, failure: Failure): ResourceRecord {
  const { request } = record;
  const isConcerned = request.runKey === run.runKey && run.cancelRequestedAt === undefined && request.failure === undefined;
  return isConcerned ? { ...record, request: { ...request, failure } } : record;
}

function withSuccess(record: ResourceRecord, run: RunState, now: number, job: Job): ResourceRecord {
  const { runKey } = run;
  const former = record.successes.find((success) => success.runKey === runKey);
  const attributesOfStart = former?.isOfStart ? former.attributes : former?.attributesOfStart;
  return remember(record, { runKey, attributes: attributesOf(job), attributesOfStart, usedAt: now });
}

/** Remembers an answer of success. Of those that there were before, the ones that were not asked for the longest are forgotten. */
export function remember(record: ResourceRecord, success: Success): ResourceRecord {
  const others = record.successes.filter(({ runKey }) => runKey !== success.runKey);
  const latest = others.sort((a, b) => a.usedAt - b.usedAt).slice(1 - MAX_SUCCESSES);
  return { ...record, successes: [...latest, success] };
}

/**
 * Bounds the record: with the former requests, whose answers have 4 kB at most, it fits the 400 kB that an item can have. A rollback
 * asks for the run that was answered last before the deployment, so even retries with rollback disabled would have to run this many
 * different jobs to lose it.
 */
const MAX_SUCCESSES = 40;
