import { failureAnswer } from './core/answer-body';
import { needsAftercare } from './core/decision';
import { invalidInput, listProblems } from './core/failure';
import { answerDeadline, receive, Reception } from './core/receive';
import { UnreadableRecordError } from './core/record';
import { addressSchema, identifyingProperties, namesOf, pathText, Request, RequestEvent, requestEventSchema, understand } from './core/request';
import { RunnerError } from './core/runner-error';
import { answerWithoutClock, deliver, giveUpWithoutClock } from './give-up';
import { Answers } from './ports/answers';
import { Tick, Clock } from './ports/clock';
import { Ledger } from './ports/ledger';
import { Log, LogLevel } from './ports/log';

export interface OnEventPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly answers: Answers;
  readonly log: Log;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Takes a request of CloudFormation's into the ledger and starts its clock. It tries for minutes, and then gives up with an answer. Whatever
 * it throws, Lambda delivers the event again, up to two times.
 */
export async function onEvent(ports: OnEventPorts, event: unknown): Promise<void> {
  const parsed = requestEventSchema.safeParse(event);
  if (!parsed.success) {
    return answerMalformed(ports, event, listProblems(parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`)));
  }
  const request = understand(parsed.data);
  if (!(await tryForMinutes(ports, request))) {
    await giveUp(ports, request);
  }
}

/** @returns whether there is nothing left to do */
async function tryForMinutes(ports: OnEventPorts, request: Request): Promise<boolean> {
  const began = ports.now();
  const end = Math.min(began + RETRY_PERIOD, answerDeadline(request, began));
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      await handle(ports, request);
      return true;
    } catch (error) {
      logRequest(ports, request, `failed: ${error instanceof Error ? error.name : 'an unknown error'}`, 'WARN');
      if (error instanceof UnreadableRecordError || ports.now() + pause > end) {
        return false;
      }
      await ports.sleep(pause);
    }
  }
}

/** Permissions take minutes to reach everywhere. The function's timeout leaves as much again for the last try and the answer. */
const RETRY_PERIOD = 180_000;

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

async function handle(ports: OnEventPorts, request: Request): Promise<void> {
  const reception = await takeIn(ports, request);
  logRequest(ports, request, reception.kind);
  switch (reception.kind) {
    case 'superseded':
      return ports.ledger.discardRequest(request.key); // an earlier delivery may have put it there, and no clock will
    case 'answered':
      return deliver(ports.answers, request, reception.answer);
    case 'taken':
      return startClock(ports, request);
  }
}

async function takeIn({ ledger, now }: OnEventPorts, request: Request): Promise<Reception> {
  for (;;) {
    const record = await ledger.load(request.resourceKey);
    const reception = receive(record, request, now());
    if (reception.kind !== 'taken') {
      return reception;
    }
    await ledger.saveRequest(request.key, eventToKeep(request));
    if (reception.record === record || (await ledger.save(reception.record)) !== undefined) {
      return reception;
    }
  }
}

/** What breaks the rules is not looked at again, and may be larger than an item. */
function eventToKeep(request: Request): RequestEvent {
  const { event, job } = request;
  return job.valid ? event : { ...event, ResourceProperties: identifyingProperties(request) };
}

async function startClock(ports: OnEventPorts, request: Request): Promise<void> {
  if (!(await ports.clock.start(tickOf(request)))) {
    await answerThroughLedger(ports, request); // another delivery has given up, and has sent this answer, or is about to
  }
}

/**
 * Answers where the ledger or the clock can not be used. Another delivery of the request may be at work at the same time, and a write that
 * failed may have been carried out. So the clock is precluded first: then nobody ever decides about the request, and all that is
 * sent for it is the same answer.
 *
 * @throws if the clock runs, which answers; if nothing at all can be used; or if the answer could not be delivered
 */
async function giveUp(ports: OnEventPorts, request: Request): Promise<void> {
  const isPrecluded = await preclude(ports, request);
  logRequest(ports, request, isPrecluded === undefined ? 'given up: no clock' : `given up: ${isPrecluded ? 'precluded' : 'clock runs'}`, 'ERROR');
  switch (isPrecluded) {
    case true:
      return deliver(ports.answers, request, answerWithoutClock(request));
    case false:
      throw new RunnerError('the request can not be taken in, and its clock answers it');
    case undefined:
      return giveUpThroughLedger(ports, request);
  }
}

/** @returns undefined where Step Functions can not be used */
async function preclude({ clock }: OnEventPorts, request: Request): Promise<boolean | undefined> {
  try {
    return await clock.preclude(tickOf(request));
  } catch {
    return undefined;
  }
}

async function giveUpThroughLedger(ports: OnEventPorts, request: Request): Promise<void> {
  const reception = await takeIn(ports, request);
  switch (reception.kind) {
    case 'superseded':
      return;
    case 'answered':
      return deliver(ports.answers, request, reception.answer);
    case 'taken':
      return answerThroughLedger(ports, request);
  }
}

async function answerThroughLedger(ports: OnEventPorts, request: Request): Promise<void> {
  const record = await giveUpWithoutClock(ports, request);
  if (record === undefined || !needsAftercare(record, ports.now())) {
    await ports.ledger.discardRequest(request.key);
  }
}

function tickOf({ resourceKey, key }: Request): Tick {
  return { resourceKey, requestKey: key };
}

function logRequest({ log }: OnEventPorts, request: Request, outcome: string, level?: LogLevel): void {
  log('request', { level, ...namesOf(request), outcome });
}

async function answerMalformed(ports: OnEventPorts, event: unknown, problems: string): Promise<void> {
  const address = addressSchema.safeParse(event);
  ports.log('malformed event', { level: 'ERROR', outcome: address.success ? 'answered' : 'no address' });
  if (address.success) {
    const request = understand({ RequestType: 'Delete', ResourceProperties: {}, ...address.data });
    await deliver(ports.answers, request, failureAnswer(request, invalidInput(problems)));
  }
}
