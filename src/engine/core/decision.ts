import { absorb, isDeniedForGood, isMembershipGone, remember, traceOf } from './absorb';
import { failureAnswer, successAnswer } from './answer-body';
import { complete, interimAttributes } from './attributes';
import { accessDenied, cancelFailed, type Failure, isOfJob, resultTooLarge, stackNotDeploying, timedOut } from './failure';
import { identityOf } from './job-identity';
import { type Effect, type Lookup, type Observation } from './observation';
import { type RequestState, type ResourceRecord, type RunState, type Success, withoutRun } from './record';
import { type Ending, isLastSlice, type Request, timeoutSeconds } from './request';
import { type Refusal } from './result';
import { RunnerError } from './runner-error';
import {
  adaptivePollInterval,
  AFTERCARE,
  AFTERCARE_WAIT,
  JOB_LIST_LAG,
  LEASE,
  REPEAT_CANCEL,
  shortWait,
} from './timing';
import { type Attributes } from '../../contract/custom-resource';

/** What is to be remembered, and what to do once it is. */
export interface Decision {
  /** The same object as the one that went in, if nothing is to be saved. */
  readonly record: ResourceRecord;
  readonly next: Next;
}

export type Next =
  | { readonly kind: 'effect'; readonly effect: Effect }
  /** Nothing to do for so many milliseconds. */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'finished' };

/**
 * The whole behaviour of a protected job's resource, with no I/O: from what is remembered, the time and what was just observed to what
 * is to be remembered and done next.
 *
 * The protocol: `decide` is called again and again, first with the observation `nothing`. It returns a record and what comes next. Whoever
 * calls it saves the record first and then performs the effect, so an effect that could start or stop something is claimed in the record
 * that comes with it. What came of the effect is the observation of the next call. So a branch that needs to know something asks for the
 * effect as long as the observation is of another kind, and is entered again with the right one: nothing is kept between two calls but the
 * record. Where a save is lost to somebody else, the next call gets that record, and an observation only if it is still true. A wait or the
 * end stops the calls, and the clock begins anew after the wait.
 */
export function decide(record: ResourceRecord, request: Request, now: number, observation: Observation): Decision {
  const absorbed = absorb(record, now, observation);
  if (absorbed.request.key !== request.key) {
    return planFormer(absorbed, { request, now, observation }); // a newer request is in force, and has a clock of its own
  }
  return inTime(plan(settleLease(absorbed, now), { request, now, observation }), now);
}

interface Situation {
  readonly request: Request;
  readonly now: number;
  readonly observation: Observation;
}

function plan(record: ResourceRecord, situation: Situation): Decision {
  const { settled, answer } = record.request;
  if (settled) {
    return planAftercare(record, situation);
  }
  if (answer !== undefined) {
    return planDelivery(record, answer, record.request, situation);
  }
  return planWork(withTimeout(record, situation), situation);
}

// --- the answer

/** Of a request that is not in force only the answer is left to do, where one was saved. */
function planFormer(record: ResourceRecord, situation: Situation): Decision {
  const former = record.formerRequests.find(({ key }) => key === situation.request.key);
  return former?.answer === undefined || former.settled ? finished(record) : planDelivery(record, former.answer, former, situation);
}

function planDelivery(record: ResourceRecord, answer: string, tries: { deliveryFailures?: number }, { observation }: Situation): Decision {
  return observation.kind === 'deliver'
    ? wait(record, Math.min(shortWait(0) * 2 ** (tries.deliveryFailures ?? 0), 60_000))
    : perform(record, { kind: 'deliver', answer });
}

export function needsAftercare({ request, run }: ResourceRecord, now: number): boolean {
  return run !== undefined && !request.handedOver && now <= request.answerBy + AFTERCARE;
}

/** After an answer that had to go out while a job still ran: cancelling goes on for a while. */
function planAftercare(record: ResourceRecord, situation: Situation): Decision {
  if (record.run === undefined || !needsAftercare(record, situation.now)) {
    return finished(record);
  }
  const stop = planStop(record, record.run, situation);
  return stop.kind === 'stopped' ? finished(stop.record) : unhurried(stop.decision);
}

/** Nobody waits for it any more, and an execution has only so many events. */
function unhurried(decision: Decision): Decision {
  return decision.next.kind === 'wait' ? wait(decision.record, AFTERCARE_WAIT) : decision;
}

function answerSuccess(record: ResourceRecord, { request }: Situation, attributes: Attributes | undefined): Decision {
  const answer = successAnswer(request, attributes);
  return answer === undefined
    ? answerFailure(record, { request }, resultTooLarge(attributes?.JobId ?? 'unknown'))
    : answerWith(record, answer);
}

function answerFailure(record: ResourceRecord, { request }: Pick<Situation, 'request'>, failure: Failure): Decision {
  return answerWith(record, failureAnswer(request, failure));
}

function answerWith(record: ResourceRecord, answer: string): Decision {
  return perform(withRequest(record, { answer }), { kind: 'deliver', answer });
}

// --- the work before the answer

function planWork(record: ResourceRecord, situation: Situation): Decision {
  if (record.run !== undefined && mustStop(record, record.run)) {
    const stop = stopInTime(record, record.run, situation);
    return stop.kind === 'stopped' ? planWork(stop.record, situation) : stop.decision;
  }
  if (record.request.type === 'Delete') {
    return answerSuccess(forget(record, situation.now), situation, undefined);
  }
  const success = record.successes.find(({ runKey }) => runKey === record.request.runKey);
  if (success !== undefined && !(success.isOfStart && wantedEnding(situation).isWaitedFor)) {
    return answerRemembered(record, success, situation);
  }
  if (record.request.failure !== undefined) {
    return planFailure(record, record.request.failure, situation);
  }
  if (record.run?.phase === 'started' && !wantedEnding(situation).isWaitedFor) {
    return answerStart(record, record.run, situation);
  }
  if (situation.now >= record.request.deadline) {
    return handOver(record, situation);
  }
  return record.run?.phase === 'started' ? planWatch(record, record.run, situation) : planStart(record, situation);
}

function wantedEnding({ request }: Situation): Ending {
  return request.job.valid ? request.job.ending : { isWaitedFor: true, failsDeployment: true };
}

/** A job of the run that still runs is not this request's to watch. */
function answerRemembered(record: ResourceRecord, success: Success, situation: Situation): Decision {
  const used = remember(record, { ...success, usedAt: situation.now });
  const answered = record.run === undefined ? used : withRequest(used, { handedOver: true });
  return answerSuccess(answered, situation, complete(attributesFor(success, situation)));
}

/** A rollback to a deployment that did not wait gets what that was told. */
function attributesFor({ attributes, attributesOfStart = attributes }: Success, situation: Situation): Readonly<Record<string, string>> {
  return wantedEnding(situation).isWaitedFor ? attributes : attributesOfStart;
}

/** Nobody waits for the end, but the run stays: a Delete, or a request for another run, stops it. */
function answerStart(record: ResourceRecord, run: RunState, situation: Situation): Decision {
  const attributes = complete(run.accepted ?? interimAttributes(run));
  return answerRemembered(record, { runKey: run.runKey, attributes, isOfStart: true, usedAt: situation.now }, situation);
}

/** The slice is over, and the resource of the next one goes on with the job, whatever has become of it so far. */
function handOver(record: ResourceRecord, situation: Situation): Decision {
  const { jobId, status, membershipIdentifier } = record.run ?? {};
  return answerSuccess(withRequest(record, { handedOver: true }), situation, interimAttributes({ jobId, status, membershipIdentifier }));
}

/** An Update that fails in a rollback would trap the stack: where it can have attributes of before, it gets them instead. */
function planFailure(record: ResourceRecord, failure: Failure, situation: Situation): Decision {
  const { now, observation } = situation;
  const { unsuccessful, runKey } = record.request;
  if (unsuccessful !== undefined && runKey !== undefined && isOfJob(failure) && !wantedEnding(situation).failsDeployment) {
    return answerRemembered(record, { runKey, attributes: unsuccessful, usedAt: now }, situation);
  }
  if (record.request.type !== 'Update') {
    return answerFailure(record, situation, failure);
  }
  if (observation.kind !== 'prepare') {
    return perform(record, { kind: 'prepare' });
  }
  const { value: stackStatus, refusal } = observation.stackStatus;
  if (refusal !== undefined && refusal.kind !== 'denied' && now < record.request.answerBy) {
    return waitShortly(record, now);
  }
  return isRollback(stackStatus) ? answerRollback(record, situation) : answerFailure(record, situation, failure);
}

function isRollback(stackStatus: string | undefined): boolean {
  return stackStatus?.startsWith('UPDATE_ROLLBACK') ?? false;
}

/** For a rollback to a run of which nothing is remembered: the attributes that the stack had last, or none. */
function answerRollback(record: ResourceRecord, situation: Situation): Decision {
  const [latest] = [...record.successes].sort((a, b) => b.usedAt - a.usedAt);
  return answerSuccess(record, situation, complete(latest?.attributes ?? {}));
}

/** The job of another run, of a run that is being cancelled, or of a request that has failed or wants none. */
function mustStop(record: ResourceRecord, run: RunState): boolean {
  const { request } = record;
  return request.runKey !== run.runKey || request.failure !== undefined || run.cancelRequestedAt !== undefined;
}

function planWatch(record: ResourceRecord, run: RunState, { request, now, observation }: Situation): Decision {
  return observation.kind === 'get'
    ? wait(record, pollInterval(request, now - (run.startedAt ?? now)))
    : perform(record, getEffect(run));
}

function pollInterval({ job }: Request, age: number): number {
  const seconds = job.valid ? job.inputs.pollIntervalSeconds : undefined;
  return seconds === undefined ? adaptivePollInterval(age) : seconds * 1000;
}

function planStart(record: ResourceRecord, situation: Situation): Decision {
  const { now, observation } = situation;
  const { run } = record;
  if (run?.phase === 'starting') {
    return wait(record, (run.lease?.end ?? now) - now);
  }
  if (run?.retryAt !== undefined && run.retryAt > now) {
    return wait(record, run.retryAt - now);
  }
  const lookup = run && lookupOf(record, run);
  if (observation.kind !== 'prepare' || (lookup !== undefined && observation.lookup === undefined)) {
    return perform(record, { kind: 'prepare', lookup });
  }
  const refusal = observation.stackStatus.refusal ?? observation.lookup?.result.refusal;
  if (refusal !== undefined || mayStillShow(run, observation.lookup?.begunAt ?? now)) {
    return waitShortly(record, now);
  }
  return planStartInStack(record, situation, observation.stackStatus.value ?? '');
}

function planStartInStack(record: ResourceRecord, situation: Situation, stackStatus: string): Decision {
  if (MAY_START.includes(stackStatus)) {
    return claimStart(record, situation);
  }
  if (isRollback(stackStatus)) {
    return answerRollback(record, situation);
  }
  return answerFailure(record, situation, stackNotDeploying(stackStatus));
}

/** In every other status the stack rolls back, is deleted, or waits for nothing. */
const MAY_START = ['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS'];

function claimStart(record: ResourceRecord, { request, now }: Situation): Decision {
  const { runKey } = record.request;
  if (!request.job.valid || request.job.runKey !== runKey) {
    throw new RunnerError('a request can not start another job than the one that was taken in');
  }
  const attempt = (record.run?.attempt ?? 0) + 1;
  const lease = { start: now, end: now + LEASE };
  const { retryAt: _retryAt, waitsFor: _waitsFor, ...former } = record.run ?? {};
  const run: RunState = {
    beganAt: now,
    ...former,
    runKey,
    membershipIdentifier: request.job.inputs.membershipIdentifier,
    identity: identityOf(request.job.inputs),
    phase: 'starting',
    attempt,
    lease,
  };
  return perform({ ...record, run }, { kind: 'start', attempt, owner: ownerOf(record, run), leaseEnd: lease.end });
}

// --- stopping

/** Either the run is gone, or there is something to do first. */
type Stopping =
  | { readonly kind: 'stopped'; readonly record: ResourceRecord }
  | { readonly kind: 'stopping'; readonly decision: Decision };

function stopInTime(record: ResourceRecord, run: RunState, situation: Situation): Stopping {
  const { now, observation } = situation;
  const refusal = refusalIn(observation);
  const triedCancelling = run.phase !== 'started' || run.cancelRequestedAt !== undefined;
  if (refusal !== undefined && triedCancelling && isDeniedForGood(record.request, refusal, now)) {
    return stopping(answerFailure(record, situation, accessDenied(refusal.action, refusal, traceOf(run))));
  }
  if (now >= record.request.answerBy) {
    return stopping(answerFailure(record, situation, cancelFailed(traceOf(run), run.status, refusal)));
  }
  return planStop(record, run, situation);
}

function planStop(record: ResourceRecord, run: RunState, situation: Situation): Stopping {
  switch (run.phase) {
    case 'starting':
      return stopping(wait(record, (run.lease?.end ?? situation.now) - situation.now));
    case 'waiting':
      return stopWaiting(record, run, situation);
    case 'started':
      return stopping(planCancel(record, run, situation));
  }
}

function stopWaiting(record: ResourceRecord, run: RunState, { now, observation }: Situation): Stopping {
  const lookup = lookupOf(record, run);
  if (lookup === undefined) {
    return { kind: 'stopped', record: withoutRun(record) };
  }
  if (observation.kind !== 'lookup' || observation.attempt !== run.attempt) {
    return stopping(perform(record, { kind: 'lookup', lookup }));
  }
  const { refusal } = observation.result;
  return isMembershipGone(refusal) || (refusal === undefined && !mayStillShow(run, observation.begunAt))
    ? { kind: 'stopped', record: withoutRun(record) }
    : stopping(waitShortly(record, now));
}

function planCancel(record: ResourceRecord, run: RunState, { now, observation }: Situation): Decision {
  const cancel: Effect = { kind: 'cancel', membershipIdentifier: run.membershipIdentifier, jobId: run.jobId ?? '' };
  if (run.cancelRequestedAt === undefined) {
    return perform(withRun(record, { cancelRequestedAt: now }), cancel);
  }
  if (observation.kind === 'get') {
    const isDue = run.status !== 'CANCELLING' && now - run.cancelRequestedAt >= REPEAT_CANCEL;
    return isDue ? perform(withRun(record, { cancelRequestedAt: now }), cancel) : waitShortly(record, now);
  }
  const isRefused = observation.kind === 'cancel' && observation.result.refusal !== undefined && !run.cancelConflict;
  return isRefused ? waitShortly(record, now) : perform(record, getEffect(run));
}

function stopping(decision: Decision): Stopping {
  return { kind: 'stopping', decision };
}

// --- time

/** A start whose lease is over and that nobody reported on: it is unknown what came of it. */
function settleLease(record: ResourceRecord, now: number): ResourceRecord {
  const { run } = record;
  if (run?.phase !== 'starting' || run.lease === undefined || now < run.lease.end) {
    return record;
  }
  const { start, end } = run.lease;
  return withRun(record, {
    phase: 'waiting',
    lease: undefined,
    unknownStarts: { since: run.unknownStarts?.since ?? start, until: end },
  });
}

function withTimeout(record: ResourceRecord, { request, now }: Situation): ResourceRecord {
  const { type, failure, deadline } = record.request;
  if (type === 'Delete' || failure !== undefined || now < deadline || !isLastSlice(request)) {
    return record;
  }
  const waitedFor = record.run?.waitsFor ?? 'its turn did not come';
  return withRequest(record, { failure: timedOut(timeoutSeconds(request), traceOf(record.run), waitedFor) });
}

/** Whether a job of an unknown start may exist that Clean Rooms did not list yet at that time. */
function mayStillShow(run: RunState | undefined, time: number): boolean {
  return run?.unknownStarts !== undefined && time < run.unknownStarts.until + JOB_LIST_LAG;
}

/** No wait goes past the next point at which time alone changes what is to be done. */
function inTime(decision: Decision, now: number): Decision {
  const { record, next } = decision;
  if (next.kind !== 'wait' || record.request.answer !== undefined) {
    return decision;
  }
  const ahead = [record.request.deadline, record.request.answerBy].filter((time) => time > now).map((time) => time - now);
  return wait(record, Math.min(next.milliseconds, ...ahead));
}

// --- records and effects

/** Whom a job is claimed for: not for a later run with the same inputs, which must not take it for its own. */
function ownerOf(record: ResourceRecord, run: RunState): string {
  return `${record.resourceKey}#${run.runKey}#${run.beganAt}`;
}

function lookupOf(record: ResourceRecord, run: RunState): Lookup | undefined {
  return (
    run.unknownStarts && {
      attempt: run.attempt,
      owner: ownerOf(record, run),
      membershipIdentifier: run.membershipIdentifier,
      identity: run.identity,
      since: run.unknownStarts.since,
    }
  );
}

function getEffect(run: RunState): Effect {
  return { kind: 'get', membershipIdentifier: run.membershipIdentifier, jobId: run.jobId ?? '' };
}

function refusalIn(observation: Observation): Refusal | undefined {
  return 'result' in observation ? observation.result.refusal : undefined;
}

function withRequest(record: ResourceRecord, change: Partial<RequestState>): ResourceRecord {
  return { ...record, request: { ...record.request, ...change } };
}

function withRun(record: ResourceRecord, change: Partial<RunState>): ResourceRecord {
  return record.run === undefined ? record : { ...record, run: { ...record.run, ...change } };
}

/** The end of the resource, and of what is remembered of its runs. */
function forget(record: ResourceRecord, now: number): ResourceRecord {
  return { ...record, successes: [], deletedAt: now };
}

function perform(record: ResourceRecord, effect: Effect): Decision {
  return { record, next: { kind: 'effect', effect } };
}

function wait(record: ResourceRecord, milliseconds: number): Decision {
  return { record, next: { kind: 'wait', milliseconds: Math.max(milliseconds, 1000) } };
}

function waitShortly(record: ResourceRecord, now: number): Decision {
  return wait(record, shortWait(now - record.request.receivedAt));
}

function finished(record: ResourceRecord): Decision {
  return { record, next: { kind: 'finished' } };
}
