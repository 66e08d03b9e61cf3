import { receive, type Reception } from '../../../src/engine/core/receive';
import { type ResourceRecord } from '../../../src/engine/core/record';
import { type RequestEvent, understand } from '../../../src/engine/core/request';
import { requestEvent } from '../fakes/events';
import { NOW, withRequest } from '../fakes/situations';

const HOUR = 3_600_000;

/** The record in which the request is in force. */
function received(record: ResourceRecord | undefined, event: RequestEvent, now = NOW): ResourceRecord {
  const reception = receive(record, understand(event), now);
  if (reception.kind !== 'taken') {
    throw new Error(`the request is ${reception.kind}`);
  }
  return reception.record;
}

function again(record: ResourceRecord, event: RequestEvent): Reception {
  return receive(record, understand(event), NOW);
}

test('a request that comes again before its answer is in force as it was', () => {
  const create = requestEvent('Create');
  const record = received(undefined, create);
  expect(received(record, create, NOW + HOUR)).toBe(record);
});

test('a request that comes again before its answer has arrived stays in force: its clock delivers the answer', () => {
  const create = requestEvent('Create');
  const record = withRequest(received(undefined, create), { answer: 'the answer' });
  expect(again(record, create)).toEqual({ kind: 'taken', record, receivedAt: NOW });
});

test('a request that comes again after its answer has arrived gets the same answer', () => {
  const create = requestEvent('Create');
  const record = withRequest(received(undefined, create), { answer: 'the answer', settled: true });
  expect(again(record, create)).toEqual({ kind: 'answered', answer: 'the answer' });
});

test('a request that comes again after a later one gets the same answer, where it had one', () => {
  const create = requestEvent('Create');
  const record = withRequest(received(undefined, create), { answer: 'the answer', settled: true });
  expect(again(received(record, requestEvent('Update')), create)).toEqual({ kind: 'answered', answer: 'the answer' });
});

test('a request that comes again after a later one, before its answer has arrived, gets a clock that delivers the answer', () => {
  const create = requestEvent('Create');
  const record = received(withRequest(received(undefined, create), { answer: 'the answer' }), requestEvent('Update'));
  expect(again(record, create)).toEqual({ kind: 'taken', record, receivedAt: NOW });
});

test('a request that was superseded before its answer gets none when it comes again', () => {
  const update = requestEvent('Update');
  const record = received(undefined, update);
  expect(again(received(record, requestEvent('Update')), update)).toEqual({ kind: 'superseded' });
});

test('former requests are remembered for three hours', () => {
  const [first, second] = [requestEvent('Update'), requestEvent('Update')];
  const record = received(received(undefined, first), second);
  const formerKeys = (now: number) => received(record, requestEvent('Update'), now).formerRequests.map(({ key }) => key);
  expect(formerKeys(NOW + 3 * HOUR - 1)).toEqual([understand(first).key, understand(second).key]);
  expect(formerKeys(NOW + 3 * HOUR)).toEqual([understand(second).key]);
});

test('the forty former requests that ended last are remembered', () => {
  const updates = Array.from({ length: 50 }, () => requestEvent('Update'));
  const record = updates.reduce<ResourceRecord | undefined>((before, update) => received(before, update), undefined);
  const keys = updates.map((update) => understand(update).key);
  expect(record?.formerRequests.map(({ key }) => key)).toEqual(keys.slice(-41, -1));
});

test('a create after a delete takes its tombstone away', () => {
  const deleted = withRequest(received(undefined, requestEvent('Delete')), { answer: 'the answer', settled: true });
  expect(received({ ...deleted, deletedAt: NOW }, requestEvent('Create')).deletedAt).toBeUndefined();
});

/** A request of a resource of a job with two slices, as a host signs it whose clock may be behind. */
function ofSlice(number: 1 | 2, signedAt: number): RequestEvent {
  const date = new Date(signedAt).toISOString().replace(/[-:]|\.\d+/g, '');
  const properties = { SliceNumber: `${number}`, SliceCount: '2', ...(number === 1 ? {} : { JobLogicalId: 'Uplift' }) };
  const event = requestEvent('Update', properties, { LogicalResourceId: number === 1 ? 'Uplift' : 'UpliftWait2' });
  return { ...event, ResponseURL: `${event.ResponseURL}&X-Amz-Date=${date}` };
}

describe('a request about the next slice that is delivered again, after its first delivery failed', () => {
  const answered = withRequest(received(undefined, ofSlice(1, NOW)), { answer: 'the answer', settled: true });

  test('is taken, though the host that sent it was a second behind that of the slice before', () => {
    expect(receive(answered, understand(ofSlice(2, NOW - 1000)), NOW + 60_000).kind).toBe('taken');
  });

  test('is superseded, where it was sent before the slice before was asked anew', () => {
    expect(receive(answered, understand(ofSlice(2, NOW - 8000)), NOW + 60_000).kind).toBe('superseded');
  });
});
