import { traceOf } from './absorb';
import { failureAnswer } from './answer';
import { Answers } from './answers';
import { internalError } from './failure';
import { Ledger, UnreadableRecordError } from './ledger';
import { ResourceRecord } from './record';
import { Request } from './request';

/** What the last line of defence needs. */
export interface GiveUpPorts {
  readonly ledger: Ledger;
  readonly answers: Answers;
}

/**
 * Answers a request FAILED without deciding anything, for when deciding itself has failed. An answer that was saved before is the
 * one that is sent.
 *
 * @throws if the answer could not be delivered and can be tried again
 */
export async function giveUp(ports: GiveUpPorts, request: Request, cause: string): Promise<void> {
  const answer = await savedAnswer(ports.ledger, request, cause);
  if (answer !== undefined && (await ports.answers.deliver(request.event.ResponseURL, answer)) === 'unreachable') {
    throw new Error('the answer could not be delivered');
  }
  await ports.ledger.discardRequest(request.key);
}

/** The one answer to the request, saved; undefined where nobody waits for it any more. */
async function savedAnswer(ledger: Ledger, request: Request, cause: string): Promise<string | undefined> {
  try {
    for (;;) {
      const record = await ledger.load(request.resourceKey);
      if (record?.request.key !== request.key || record.request.settled) {
        return undefined;
      }
      const answered = withAnswer(record, request, cause);
      if (answered === record || (await ledger.save(answered)) !== undefined) {
        return answered.request.answer;
      }
    }
  } catch (error) {
    if (error instanceof UnreadableRecordError) {
      return failureAnswer(request, internalError(cause, { isUnknown: true })); // nobody else can read it and answer otherwise
    }
    throw error;
  }
}

function withAnswer(record: ResourceRecord, request: Request, cause: string): ResourceRecord {
  if (record.request.answer !== undefined) {
    return record;
  }
  const answer = failureAnswer(request, internalError(cause, traceOf(record.run)));
  return { ...record, request: { ...record.request, answer } };
}
