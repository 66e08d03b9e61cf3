import { requestEvent } from './fakes/events';
import { NOW, withRequest } from './fakes/situations';
import { receive, Reception } from '../../src/engine/receive';
import { ResourceRecord } from '../../src/engine/record';
import { RequestEvent, understand } from '../../src/engine/request';

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
