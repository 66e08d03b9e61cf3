import { invalidInput } from './failure';
import { RequestState, ResourceRecord } from './record';
import { Request, serviceTimeoutSeconds, timeoutSeconds } from './request';

/** What is to be done about a request that was just delivered. */
export type Reception =
  /** It is in force now: its clock must run. */
  | { readonly kind: 'inForce'; readonly record: ResourceRecord }
  /** It was answered before: the same answer goes out again. */
  | { readonly kind: 'answered'; readonly answer: string }
  /** A newer request has taken its place: nobody waits for an answer. */
  | { readonly kind: 'superseded' };

/**
 * Takes in a delivered request, with no I/O. The latest request on a resource replaces the one in force: CloudFormation sends a
 * Delete or a rollback's Update while the request before still runs, and then no longer waits for that one.
 */
export function receive(record: ResourceRecord | undefined, request: Request, now: number): Reception {
  if (record === undefined) {
    return { kind: 'inForce', record: newRecord(request, now) };
  }
  const former = record.formerRequests.find(({ key }) => key === request.key);
  if (former !== undefined) {
    return former.answer === undefined ? { kind: 'superseded' } : { kind: 'answered', answer: former.answer };
  }
  if (record.request.key === request.key) {
    const { settled, answer } = record.request;
    return settled && answer !== undefined ? { kind: 'answered', answer } : { kind: 'inForce', record };
  }
  return isOvertaken(record.request, request, now)
    ? { kind: 'superseded' }
    : { kind: 'inForce', record: supersede(record, request, now) };
}

/**
 * Whether the request was sent before the one in force and is only delivered after it: a delivery can be slow, and Lambda tries one
 * that failed again a minute later, when the rollback may have begun. Replacing the newer request would leave it without an answer.
 */
function isOvertaken(inForce: RequestState, request: Request, now: number): boolean {
  const isWaitedFor = !inForce.settled && now < inForce.answerBy && !mayBeAnswered(inForce, request);
  return (isWaitedFor && !canFollow(request.event.RequestType, inForce.type)) || wasSentBefore(inForce, request, now);
}

/** An answer may have arrived that is not known to have. Then a request that was sent after the one in force is the proof. */
function mayBeAnswered(inForce: RequestState, { sentAt }: Request): boolean {
  return inForce.answer !== undefined && sentAt !== undefined && inForce.sentAt !== undefined && sentAt > inForce.sentAt;
}

/** CloudFormation never sends a Create, and after a Delete nothing but a Delete, while it waits for the answer to another request. */
function canFollow(type: RequestState['type'], waitedFor: RequestState['type']): boolean {
  return type === 'Delete' || (type === 'Update' && waitedFor !== 'Delete');
}

/** The times are those of different hosts: a small difference says nothing, unless the request is obviously late. */
function wasSentBefore(inForce: RequestState, { sentAt }: Request, now: number): boolean {
  if (sentAt === undefined || inForce.sentAt === undefined) {
    return false;
  }
  const tolerance = now - sentAt >= LATE_DELIVERY ? 0 : HOST_SKEW;
  return sentAt < inForce.sentAt - tolerance;
}

function newRecord(request: Request, now: number): ResourceRecord {
  return {
    resourceKey: request.resourceKey,
    version: 0,
    request: requestState(request, now),
    successes: [],
    formerRequests: [],
  };
}

function supersede(record: ResourceRecord, request: Request, now: number): ResourceRecord {
  const { deletedAt: _tombstone, ...rest } = record;
  return {
    ...rest,
    request: requestState(request, now),
    formerRequests: withFormerRequest(record, now),
  };
}

function requestState(request: Request, now: number): RequestState {
  const { RequestType: type } = request.event;
  const asksForRun = type !== 'Delete';
  const since = timeOfRequest(request, now);
  return {
    key: request.key,
    type,
    runKey: asksForRun && request.job.valid ? request.job.runKey : undefined,
    receivedAt: now,
    sentAt: request.sentAt,
    deadline: since + timeoutSeconds(request) * 1000,
    answerBy: since + serviceTimeoutSeconds(request) * 1000 - ANSWER_MARGIN,
    failure: asksForRun && !request.job.valid ? invalidInput(request.job.problems) : undefined,
  };
}

function withFormerRequest(record: ResourceRecord, now: number): ResourceRecord['formerRequests'] {
  const { key, answer } = record.request;
  const others = record.formerRequests.filter((former) => former.key !== key && now - former.endedAt < REMEMBER_REQUESTS);
  return [...others, { key, answer, endedAt: now }].slice(-MAX_FORMER_REQUESTS);
}

/** Later than any first delivery, and before Lambda's first retry after a minute. */
const LATE_DELIVERY = 45_000;

/** How far the clocks of CloudFormation's hosts may differ. */
const HOST_SKEW = 5_000;

/** Within this, the time when a request was sent is believed. */
const LATEST_DELIVERY = 600_000;

/** CloudFormation's wait began when it sent the request. */
function timeOfRequest({ sentAt = NaN }: Request, now: number): number {
  const age = now - sentAt;
  return age > 0 && age <= LATEST_DELIVERY ? sentAt : now;
}

/** For sending the answer, before CloudFormation itself gives up. */
const ANSWER_MARGIN = 30_000;

/**
 * Longer than a request can be delivered again: its response URL is taken to be good for two hours, as the signature of one that was
 * seen said.
 */
const REMEMBER_REQUESTS = 3 * 3_600_000;

/** Bounds the record; so many requests on one resource do not come in three hours. */
const MAX_FORMER_REQUESTS = 20;
