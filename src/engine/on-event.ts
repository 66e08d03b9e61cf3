import { failureAnswer } from './core/answer-body';
import { invalidInput, listProblems } from './core/failure';
import { answerDeadline, receive, type Reception } from './core/receive';
import { UnreadableRecordError } from './core/record';
import { addressSchema, identifyingProperties, namesOf, pathText, type Request, type RequestEvent, requestEventSchema, understand, withoutSecrets } from './core/request';
import { RunnerError } from './core/runner-error';
import { FIRST_PAUSE, GIVE_UP_PERIOD, LONGEST_PAUSE, RETRY_PERIOD } from './core/timing';
import { deliver, giveUpWithoutClock, giveUpWithoutLedger } from './give-up';
import { type Answers } from './ports/answers';
import { type Tick, type Clock } from './ports/clock';
import { type Ledger } from './ports/ledger';
import { type Log, type LogLevel } from './ports/log';

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
  const began = ports.now();
  try {
    const end = Math.min(began + RETRY_PERIOD, answerDeadline(request, began));
    await tryUntil(end, ports, request, () => handle(ports, request, startClock));
  } catch {
    await giveUpTakingIn(ports, request, began + GIVE_UP_PERIOD);
  }
}

/** @throws what the last try has thrown */
async function tryUntil(end: number, ports: OnEventPorts, request: Request, work: () => Promise<void>): Promise<void> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await work();
    } catch (error) {
      logRequest(ports, request, `failed: ${error instanceof Error ? error.name : 'an unknown error'}`, 'WARN');
      if (error instanceof UnreadableRecordError || ports.now() + pause > end) {
        throw error;
      }
      await ports.sleep(pause);
    }
  }
}

/** @param goOn what is done about a request that the ledger has taken in, or has had since an earlier delivery */
async function handle(ports: OnEventPorts, request: Request, goOn: Go): Promise<void> {
  const reception = await takeIn(ports, request);
  logRequest(ports, request, reception.kind);
  switch (reception.kind) {
    case 'superseded':
      return discardLeftover(ports, request);
    case 'answered':
      return deliver(ports.answers, request, reception.answer);
    case 'taken':
      return goOn(ports, request);
  }
}

type Go = (ports: OnEventPorts, request: Request) => Promise<void>;

/** An earlier delivery may have put it there, and no clock takes it away. What has its key and is about another resource stays. */
async function discardLeftover({ ledger }: OnEventPorts, request: Request): Promise<void> {
  const event = await ledger.loadRequest(request.key);
  if (event !== undefined && understand(event).resourceKey === request.resourceKey) {
    await ledger.discardRequest(request.key);
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
    await giveUpThroughLedger(ports, request); // another delivery has given up, and has sent this answer, or is about to
  }
}

/**
 * Answers where the ledger or the clock can not be used, and tries to for as long as the function has time. Another delivery of the request
 * may be at work at the same time, and a write that failed may have been carried out. So the clock is precluded first: then nobody ever
 * decides about the request, and all that is sent for it is the same answer.
 *
 * @throws if the clock runs, which answers; if nothing at all can be used; or if the answer could not be delivered
 */
async function giveUpTakingIn(ports: OnEventPorts, request: Request, end: number): Promise<void> {
  await keepForPrecluding(ports, request);
  const isPrecluded = await preclude(ports, request);
  logRequest(ports, request, isPrecluded === undefined ? 'given up: no clock' : `given up: ${isPrecluded ? 'precluded' : 'clock runs'}`, 'ERROR');
  switch (isPrecluded) {
    case true:
      return tryUntil(end, ports, request, () => giveUpWithoutLedger(ports, request));
    case false:
      throw new RunnerError('the request can not be taken in, and its clock answers it');
    case undefined:
      return tryUntil(end, ports, request, () => handle(ports, request, giveUpThroughLedger));
  }
}

/** What precludes the clock sends the answer, too, if it finds the request: it goes on trying when this function has long ended. */
async function keepForPrecluding({ ledger }: OnEventPorts, request: Request): Promise<void> {
  try {
    await ledger.saveRequest(request.key, eventToKeep(request));
  } catch {
    // Then this function is the only one that can answer.
  }
}

/** A clock that runs all the same cancels the job that is left. Nobody knows whether there is one, so no value is kept for it. */
async function giveUpThroughLedger(ports: OnEventPorts, request: Request): Promise<void> {
  if ((await giveUpWithoutClock(ports, request)) === 'job left') {
    await ports.ledger.saveRequest(request.key, withoutSecrets(request));
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
