import { absorb, traceOf } from './core/absorb';
import { failureAnswer, successAnswer } from './core/answer-body';
import { internalError } from './core/failure';
import { ResourceRecord, RunState, UnreadableRecordError } from './core/record';
import { endsOnlyAWait, Request } from './core/request';
import { RunnerError } from './core/runner-error';
import { Answers } from './ports/answers';
import { Ledger } from './ports/ledger';

/** What the last line of defence needs. */
export interface GiveUpPorts {
  readonly ledger: Ledger;
  readonly answers: Answers;
  readonly now: () => number;
}

/**
 * Answers a request FAILED without deciding anything, for when deciding itself has failed. An answer that was saved before is the
 * one that is sent.
 *
 * @returns the resource's record, if the request is still in force and the record can be read
 * @throws if the answer could not be delivered and can be tried again
 */
export async function giveUp(ports: GiveUpPorts, request: Request, cause: string): Promise<ResourceRecord | undefined> {
  try {
    return await answerFromLedger(ports, request, (run) => failureAnswer(request, internalError(cause, traceOf(run))));
  } catch (error) {
    if (error instanceof UnreadableRecordError) {
      // Nobody else can read it either, and answer otherwise.
      await deliver(ports.answers, request, failureAnswer(request, internalError(cause, { isUnknown: true })));
      return undefined;
    }
    throw error;
  }
}

/**
 * The answer to a request whose clock does not run. It depends on nothing but the request: two deliveries that fail in different ways,
 * at the same time perhaps, give the same one.
 */
export function answerWithoutClock(request: Request): string {
  const success = endsOnlyAWait(request) ? successAnswer(request, undefined) : undefined; // nothing is left to be done for it
  return success ?? failureAnswer(request, internalError('its ledger or its clock can not be used', { isUnknown: true }));
}

/**
 * Answers a request whose clock does not run, through the ledger: a clock that runs all the same sends the answer that is saved now.
 *
 * @returns the resource's record, if the request is still in force
 * @throws if the ledger can not be used, or the answer could not be delivered and can be tried again
 */
export async function giveUpWithoutClock(ports: GiveUpPorts, request: Request): Promise<ResourceRecord | undefined> {
  return answerFromLedger(ports, request, () => answerWithoutClock(request));
}

async function answerFromLedger(
  ports: GiveUpPorts,
  request: Request,
  newAnswer: (run: RunState | undefined) => string,
): Promise<ResourceRecord | undefined> {
  const record = await ports.ledger.load(request.resourceKey);
  if (record?.request.key !== request.key) {
    return deliverFormer(ports, record, request);
  }
  if (record.request.settled) {
    return record;
  }
  const answer = record.request.answer ?? newAnswer(record.run);
  const answered = await save(ports.ledger, record, { answer });
  if (answered === undefined) {
    return answerFromLedger(ports, request, newAnswer); // somebody was faster
  }
  return deliverSaved(ports, answered, request, answer);
}

/** A request that is not in force gets the answer that was saved for it, and none where nobody waits for it. */
async function deliverFormer(ports: GiveUpPorts, record: ResourceRecord | undefined, request: Request): Promise<undefined> {
  const former = record?.formerRequests.find(({ key }) => key === request.key);
  if (record !== undefined && former?.answer !== undefined && !former.settled) {
    await deliverSaved(ports, record, request, former.answer);
  }
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

async function save(
  ledger: Ledger,
  record: ResourceRecord,
  change: Partial<ResourceRecord['request']>,
): Promise<ResourceRecord | undefined> {
  return ledger.save({ ...record, request: { ...record.request, ...change } });
}

/** @throws if it can be tried again */
export async function deliver(answers: Answers, request: Request, answer: string): Promise<void> {
  if ((await answers.deliver(request.event.ResponseURL, answer)) === 'unreachable') {
    throw new RunnerError(NOT_DELIVERED);
  }
}

const NOT_DELIVERED = 'the answer could not be delivered';
