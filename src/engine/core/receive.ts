import { successAnswer, wouldAnswer } from './answer-body';
import { invalidInput } from './failure';
import { type FormerRequest, type RequestState, type ResourceRecord } from './record';
import { deletesOnlyFailedCreate, endsOnlyAWait, type Request, serviceTimeoutSeconds, sliceSeconds } from './request';
import { ANSWER_MARGIN, CLOCK_SKEW, HOST_SKEW, LATE_DELIVERY, LATEST_DELIVERY, REMEMBER_REQUESTS } from './timing';

/** What is to be done about a request that was just delivered. */
export type Reception =
  /** The record tells of it now: its clock must run. */
  | { readonly kind: 'taken'; readonly record: ResourceRecord; readonly receivedAt: number }
  /** It was answered before: the same answer goes out again. */
  | { readonly kind: 'answered'; readonly answer: string }
  /** A newer request has taken its place: nobody waits for an answer. */
  | { readonly kind: 'superseded' };

/**
 * Takes in a delivered request, with no I/O. The latest request on a job replaces the one in force: CloudFormation sends a
 * Delete or a rollback's Update while the request before still runs, and then no longer waits for that one. It never waits for
 * the resources of two slices at once, because each depends on the one before.
 */
export function receive(record: ResourceRecord | undefined, delivered: Request, now: number): Reception {
  const request = { ...delivered, sentAt: believedTime(delivered, now) };
  if (record === undefined) {
    return taken(newRecord(request, now), now);
  }
  const former = record.formerRequests.find(({ key }) => key === request.key);
  if (former !== undefined) {
    return receiveFormer(record, former);
  }
  if (record.request.key === request.key) {
    const { settled, answer, receivedAt } = record.request;
    return settled && answer !== undefined ? { kind: 'answered', answer } : taken(record, receivedAt);
  }
  if (endsOnlyAWait(request)) {
    return taken(endWait(record, request, now), now);
  }
  if (deletesOnlyFailedCreate(request, record.request)) {
    return taken(withAnswered(record, request, now), now);
  }
  return isOvertaken(record, request, now) ? { kind: 'superseded' } : taken(supersede(record, request, now), now);
}

/** An answer that has not arrived is the clock's to deliver, which tries again where it is refused. */
function receiveFormer(record: ResourceRecord, { answer, settled, endedAt }: FormerRequest): Reception {
  if (answer === undefined) {
    return { kind: 'superseded' };
  }
  return settled ? { kind: 'answered', answer } : taken(record, endedAt);
}

function taken(record: ResourceRecord, receivedAt: number): Reception {
  return { kind: 'taken', record, receivedAt };
}

/**
 * A slice's resource is deleted: because the timeout was made shorter, or with the job, whose first resource then gets a Delete of its
 * own. The job is left alone.
 */
function endWait(record: ResourceRecord, request: Request, now: number): ResourceRecord {
  const { logicalId, answer } = record.request;
  const isWaitOver = logicalId === request.event.LogicalResourceId && answer === undefined;
  const answered = withAnswered(record, request, now);
  return isWaitOver ? { ...answered, request: { ...record.request, settled: true, handedOver: true } } : answered;
}

/** A request for which there is nothing to do: it is never in force, and all that is left is to deliver its answer. */
function withAnswered(record: ResourceRecord, request: Request, now: number): ResourceRecord {
  const answer = successAnswer(request, undefined);
  const formerRequests = withoutAnswersFor(request, record.formerRequests);
  return { ...record, formerRequests: withFormerRequest({ formerRequests }, { ...formerRequest(request, now), answer }) };
}

/**
 * CloudFormation can give a retry the ID of the request that failed. The answers to both then go to the same object in S3, whatever their
 * response URLs are signed with, and it would take the former answer for that of the retry: so that one is not sent any more.
 */
function withoutAnswersFor(request: Request, formerRequests: readonly FormerRequest[]): FormerRequest[] {
  return formerRequests.map((former) =>
    former.answer !== undefined && wouldAnswer(former.answer, request) ? { ...former, answer: undefined, settled: true } : former,
  );
}

/**
 * Whether the request was sent before the one in force and is only delivered after it: a delivery can be slow, and Lambda tries one
 * that failed again a minute later, when the rollback may have begun. Replacing the newer request would leave it without an answer.
 */
function isOvertaken(record: ResourceRecord, request: Request, now: number): boolean {
  const { request: inForce, formerRequests } = record;
  const sameResource = formerRequests.filter(({ logicalId }) => logicalId === request.event.LogicalResourceId);
  return (
    (isWaitedFor(inForce, now) && !canFollow(request, inForce)) ||
    [inForce, ...sameResource].some((other) => wasSentBefore(other, request, now))
  );
}

/** An answer that was saved is delivered even if another request takes the place. */
function isWaitedFor({ settled, answer, answerBy }: RequestState, now: number): boolean {
  return !settled && answer === undefined && now < answerBy;
}

/**
 * CloudFormation never sends a Create, after a Delete nothing but a Delete, and nothing about a later slice, while it waits for the
 * answer to another request on the job.
 */
function canFollow({ event, slice }: Request, waitedFor: RequestState): boolean {
  const isOfLaterSlice = slice.number > waitedFor.sliceNumber;
  return !isOfLaterSlice && (event.RequestType === 'Delete' || (event.RequestType === 'Update' && waitedFor.type !== 'Delete'));
}

/**
 * The times are those of different hosts: a small difference says nothing, unless the request is obviously late. That is no sign where
 * the other is about another slice: its answer may have come at once, and the next slice's resource was asked within the same second.
 */
function wasSentBefore(other: { logicalId: string; sentAt?: number }, { event, sentAt }: Request, now: number): boolean {
  if (sentAt === undefined || other.sentAt === undefined || isYetToCome(other.sentAt, now)) {
    return false;
  }
  const isLate = now - sentAt >= LATE_DELIVERY && other.logicalId === event.LogicalResourceId;
  const tolerance = isLate ? 0 : HOST_SKEW;
  return sentAt < other.sentAt - tolerance;
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
    formerRequests: withoutAnswersFor(request, withFormerRequest(record, { ...record.request, endedAt: now })),
  };
}

function requestState(request: Request, now: number): RequestState {
  const { RequestType: type } = request.event;
  const asksForRun = type !== 'Delete';
  const since = timeOfRequest(request, now);
  return {
    key: request.key,
    type,
    logicalId: request.event.LogicalResourceId,
    sliceNumber: request.slice.number,
    physicalResourceId: request.physicalResourceId,
    runKey: asksForRun && request.job.valid ? request.job.runKey : undefined,
    receivedAt: now,
    sentAt: request.sentAt,
    deadline: since + sliceSeconds(request) * 1000,
    answerBy: answerDeadline(request, now),
    failure: asksForRun && !request.job.valid ? invalidInput(request.job.problems) : undefined,
  };
}

function formerRequest({ key, event, sentAt }: Request, endedAt: number): FormerRequest {
  return { key, type: event.RequestType, logicalId: event.LogicalResourceId, sentAt, endedAt };
}

function withFormerRequest({ formerRequests }: Pick<ResourceRecord, 'formerRequests'>, former: FormerRequest): FormerRequest[] {
  const { key, type, logicalId, sentAt, answer, deliveryFailures, settled, endedAt } = former;
  const others = formerRequests.filter((other) => other.key !== key && endedAt - other.endedAt < REMEMBER_REQUESTS);
  const added = { key, type, logicalId, sentAt, answer, deliveryFailures, settled, endedAt };
  return [...others, added].slice(-MAX_FORMER_REQUESTS);
}

/**
 * When the request was sent, as far as it can be true: later than a delivery can be, or not yet, it is a wrong or a forged time. One in the
 * future, once kept, would make every genuine request look late.
 */
function believedTime({ sentAt = NaN }: Request, now: number): number | undefined {
  return sentAt >= now - LATEST_DELIVERY && !isYetToCome(sentAt, now) ? sentAt : undefined;
}

function isYetToCome(time: number, now: number): boolean {
  return time > now + CLOCK_SKEW;
}

/** CloudFormation's wait began when it sent the request. */
function timeOfRequest(request: Request, now: number): number {
  return Math.min(believedTime(request, now) ?? now, now);
}

/** When CloudFormation must have an answer. */
export function answerDeadline(request: Request, now: number): number {
  return timeOfRequest(request, now) + serviceTimeoutSeconds(request) * 1000 - ANSWER_MARGIN;
}

/** Bounds the record: an update of a job with 14 slices, its rollback, and some more. */
const MAX_FORMER_REQUESTS = 40;
