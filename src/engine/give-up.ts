import { absorb, traceOf } from './core/absorb';
import { failureAnswer, successAnswer } from './core/answer-body';
import { needsAftercare } from './core/decision';
import { internalError } from './core/failure';
import { receive } from './core/receive';
import { knowsRequest, type ResourceRecord, type RunState, UnreadableRecordError } from './core/record';
import { endsOnlyAWait, type Request, understand } from './core/request';
import { RunnerError } from './core/runner-error';
import { type Answers } from './ports/answers';
import { type Ledger } from './ports/ledger';

/** What the last line of defence needs. */
export interface GiveUpPorts {
  readonly ledger: Ledger;
  readonly answers: Answers;
  readonly now: () => number;
}

/**
 * - `job left`: the clock still has to cancel a job, and the request is kept for that
 * - `nothing left`: the request is discarded
 * - `not known`: the resource's record does not know the request, which is neither answered nor discarded
 */
export type Afterwards = 'job left' | 'nothing left' | 'not known';

/**
 * Answers a request FAILED without deciding anything, for when deciding itself has failed. An answer that was saved before is the
 * one that is sent.
 *
 * @throws if the answer could not be delivered and can be tried again
 */
export async function giveUp(ports: GiveUpPorts, request: Request, cause: string): Promise<Afterwards> {
  try {
    return await answerThroughLedger(ports, request, (run) => failureAnswer(request, internalError(cause, traceOf(run))));
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) {
      throw error;
    }
    // Nobody else can read it either, and answer otherwise.
    await deliver(ports.answers, request, failureAnswer(request, internalError(cause, { isUnknown: true })));
    return discard(ports, request);
  }
}

/**
 * Answers a request whose clock does not run, through the ledger: a clock that runs all the same sends the answer that is saved now. The
 * request may have come into the ledger without its record: it gets the answer, too.
 *
 * @throws if the ledger can not be used, or the answer could not be delivered and can be tried again
 */
export async function giveUpWithoutClock(ports: GiveUpPorts, request: Request): Promise<Afterwards> {
  const afterwards = await answerThroughLedger(ports, request, () => answerWithoutClock(request));
  if (afterwards !== 'not known' || !isAboutItsResource(request)) {
    return afterwards;
  }
  const record = await ports.ledger.load(request.resourceKey);
  if (receive(record, request, ports.now()).kind !== 'superseded') {
    await giveUpWithoutLedger(ports, request); // else CloudFormation would take it for the answer to a retry
  }
  return discard(ports, request);
}

/** Whoever can start an execution can name any two keys to it. */
function isAboutItsResource({ event, resourceKey }: Request): boolean {
  return understand(event).resourceKey === resourceKey;
}

/**
 * Answers a request whose clock is precluded, without the ledger: nobody ever decides about it.
 *
 * @throws if the answer could not be delivered and can be tried again
 */
export async function giveUpWithoutLedger({ answers }: Pick<GiveUpPorts, 'answers'>, request: Request): Promise<void> {
  await deliver(answers, request, answerWithoutClock(request));
}

/**
 * The answer to a request whose clock does not run. It depends on nothing but the request: two deliveries that fail in different ways,
 * at the same time perhaps, give the same one.
 */
function answerWithoutClock(request: Request): string {
  const success = endsOnlyAWait(request) ? successAnswer(request, undefined) : undefined; // nothing is left to be done for it
  return success ?? failureAnswer(request, internalError('its ledger or its clock can not be used', { isUnknown: true }));
}

/** What a request is answered with, where no answer was saved yet. */
type NewAnswer = (run: RunState | undefined) => string;

async function answerThroughLedger(ports: GiveUpPorts, request: Request, newAnswer: NewAnswer): Promise<Afterwards> {
  const record = await ports.ledger.load(request.resourceKey);
  if (!knowsRequest(record, request.key)) {
    return 'not known';
  }
  const settled = await settle(ports, record, request, newAnswer);
  if (settled === 'overtaken') {
    return answerThroughLedger(ports, request, newAnswer);
  }
  const isJobLeft = settled.request.key === request.key && needsAftercare(settled, ports.now());
  return isJobLeft ? 'job left' : discard(ports, request);
}

async function discard({ ledger }: GiveUpPorts, request: Request): Promise<'nothing left'> {
  await ledger.discardRequest(request.key);
  return 'nothing left';
}

/** @returns the record as it is then, unless somebody else has changed it meanwhile */
async function settle(ports: GiveUpPorts, record: ResourceRecord, request: Request, newAnswer: NewAnswer): Promise<ResourceRecord | 'overtaken'> {
  if (record.request.key !== request.key) {
    return settleFormer(ports, record, request);
  }
  if (record.request.settled) {
    return record;
  }
  const answer = record.request.answer ?? newAnswer(record.run);
  const answered = await ports.ledger.save({ ...record, request: { ...record.request, answer } });
  return answered === undefined ? 'overtaken' : deliverSaved(ports, answered, request, answer);
}

/** A request that is not in force gets the answer that was saved for it, and none where nobody waits for it. */
async function settleFormer(ports: GiveUpPorts, record: ResourceRecord, request: Request): Promise<ResourceRecord> {
  const former = record.formerRequests.find(({ key }) => key === request.key);
  return former?.answer === undefined || former.settled ? record : deliverSaved(ports, record, request, former.answer);
}

/**
 * Counts the tries, as the clock does: a refusal may pass.
 *
 * @throws if it can be tried again
 */
async function deliverSaved(ports: GiveUpPorts, record: ResourceRecord, request: Request, answer: string): Promise<ResourceRecord> {
  const outcome = await ports.answers.deliver(request.event.ResponseURL, answer);
  const tried = absorb(record, ports.now(), { kind: 'deliver', requestKey: request.key, outcome });
  const saved = (await ports.ledger.save(tried)) ?? tried;
  const { settled } = [tried.request, ...tried.formerRequests].find(({ key }) => key === request.key) ?? {};
  if (!settled) {
    throw new RunnerError(NOT_DELIVERED);
  }
  return saved;
}

/** @throws if it can be tried again */
export async function deliver(answers: Answers, request: Request, answer: string): Promise<void> {
  if ((await answers.deliver(request.event.ResponseURL, answer)) === 'unreachable') {
    throw new RunnerError(NOT_DELIVERED);
  }
}

const NOT_DELIVERED = 'the answer could not be delivered';
