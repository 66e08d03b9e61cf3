import * as z from 'zod';
import { failureAnswer } from './answer';
import { Answers } from './answers';
import { invalidInput } from './failure';
import { giveUp } from './give-up';
import { Ledger, UnreadableRecordError } from './ledger';
import { Log } from './log';
import { receive, Reception } from './receive';
import { identifyingProperties, namesOf, Request, RequestEvent, requestEventSchema, understand } from './request';
import { Clock } from './step-functions-clock';

export interface OnEventPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly answers: Answers;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * Takes a request of CloudFormation's into the ledger and starts its clock. Whatever it throws, Lambda delivers the event again, up to
 * two times.
 */
export async function onEvent(ports: OnEventPorts, event: unknown): Promise<void> {
  const parsed = requestEventSchema.safeParse(event);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return answerMalformed(ports, event, problems.join('; '));
  }
  const request = understand(parsed.data);
  const reception = await takeIn(ports, request);
  if (reception === undefined) {
    return answerForGood(ports, request, 'its record in the ledger can not be read');
  }
  ports.log('request', { ...namesOf(request), outcome: reception.kind });
  await follow(ports, request, reception);
}

/** @returns undefined where the resource's record can not be read: nobody else can answer then either */
async function takeIn(ports: OnEventPorts, request: Request): Promise<Reception | undefined> {
  try {
    return await takeInReadable(ports, request);
  } catch (error) {
    if (error instanceof UnreadableRecordError) {
      return undefined;
    }
    throw error;
  }
}

async function takeInReadable({ ledger, now }: OnEventPorts, request: Request): Promise<Reception> {
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

async function follow(ports: OnEventPorts, request: Request, reception: Reception): Promise<void> {
  switch (reception.kind) {
    case 'superseded':
      return;
    case 'answered':
      return deliver(ports, request, reception.answer);
    case 'taken':
      return startClock(ports, request, reception.receivedAt);
  }
}

async function deliver({ answers }: OnEventPorts, request: Request, answer: string): Promise<void> {
  if ((await answers.deliver(request.event.ResponseURL, answer)) === 'unreachable') {
    throw new Error('the answer could not be delivered');
  }
}

async function startClock(ports: OnEventPorts, request: Request, receivedAt: number): Promise<void> {
  try {
    await ports.clock.start({ resourceKey: request.resourceKey, requestKey: request.key });
  } catch (error) {
    if (ports.now() - receivedAt < LAST_RETRY) {
      throw error;
    }
    // A clock that runs all the same sends the answer that is saved now.
    const cause = error instanceof Error ? error.name : 'an unknown error';
    await answerForGood(ports, request, `its clock can not be started: ${cause}`);
  }
}

/** Lambda tries again after one minute and after two more: from then on nobody comes again. Before, a refusal may be passing. */
const LAST_RETRY = 120_000;

async function answerForGood(ports: OnEventPorts, request: Request, cause: string): Promise<void> {
  ports.log('giving up', { level: 'ERROR', ...namesOf(request) });
  await giveUp(ports, request, cause);
  await ports.ledger.discardRequest(request.key);
}

/** What is needed to answer at all. */
const addressSchema = z.object({
  ResponseURL: z.string().min(1),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().min(1).optional(),
});

async function answerMalformed(ports: OnEventPorts, event: unknown, problems: string): Promise<void> {
  const address = addressSchema.safeParse(event);
  ports.log('malformed event', { level: 'ERROR', outcome: address.success ? 'answered' : 'no response URL' });
  if (address.success) {
    const request = understand({ RequestType: 'Delete', ResourceProperties: {}, ...address.data });
    await deliver(ports, request, failureAnswer(request, invalidInput(problems)));
  }
}
