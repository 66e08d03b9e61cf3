import { requestEvent, SECRET } from './fakes/events';
import { tickOf, World } from './fakes/world';
import { UnreadableRecordError } from '../../src/engine/ledger';
import { onEvent, OnEventPorts } from '../../src/engine/on-event';
import { RequestEvent } from '../../src/engine/request';
import { Clock, ClockRefusedError, Tick } from '../../src/engine/step-functions-clock';

let world: World;
let started: Tick[];

beforeEach(() => {
  world = new World();
  started = [];
});

function ports(clock: Clock = { start: async (tick) => void started.push(tick) }): OnEventPorts {
  return { ...world.ports, clock };
}

const refusingClock: Clock = {
  start: async () => {
    throw new ClockRefusedError(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  },
};

test('a request is in the ledger before its clock starts', async () => {
  const create = requestEvent('Create');
  let inLedger = false;
  await onEvent(ports({ start: async ({ requestKey }) => void (inLedger = (await world.ledger.loadRequest(requestKey)) !== undefined) }), create);
  expect(inLedger).toBe(true);
});

test('a request that is delivered again before its answer starts its clock again', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  await onEvent(ports(), create);
  expect(started).toHaveLength(2);
  expect(started[1]).toEqual(started[0]);
});

test('a request that was superseded starts no clock and is not kept', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  await onEvent(ports(), requestEvent('Delete'));
  world.ledger.requests.clear();
  await onEvent(ports(), create);
  expect(started).toHaveLength(2);
  expect(world.ledger.requests.size).toBe(0);
  expect(world.answers).toEqual([]);
});

test('two requests at the same moment both get in, one after the other', async () => {
  await Promise.all([onEvent(ports(), requestEvent('Update')), onEvent(ports(), requestEvent('Update'))]);
  expect(started).toHaveLength(2);
});

describe('a request that is delivered late', () => {
  function signed(type: 'Create' | 'Update' | 'Delete', sentAt: number): RequestEvent {
    const date = new Date(sentAt).toISOString().replace(/[-:]|\.\d+/g, '');
    const event = requestEvent(type);
    return { ...event, ResponseURL: `${event.ResponseURL}&X-Amz-Date=${date}` };
  }

  test('does not replace one that was sent after it', async () => {
    const sentAt = world.now;
    world.now += 60_000;
    const rollback = signed('Update', sentAt + 20_000);
    await onEvent(ports(), rollback);
    await onEvent(ports(), signed('Update', sentAt));
    expect(started).toHaveLength(1);
    expect((await world.record(rollback)).request.key).toBe(tickOf(rollback).requestKey);
  });

  test('replaces one that was sent before it', async () => {
    const sentAt = world.now;
    world.now += 60_000;
    await onEvent(ports(), signed('Update', sentAt));
    const rollback = signed('Update', sentAt + 1_000);
    await onEvent(ports(), rollback);
    expect((await world.record(rollback)).request.key).toBe(tickOf(rollback).requestKey);
  });

  test('and at once by a host whose clock is behind is no late one', async () => {
    await onEvent(ports(), signed('Create', world.now));
    const remove = signed('Delete', world.now - 10_000);
    await onEvent(ports(), remove);
    expect((await world.record(remove)).request.key).toBe(tickOf(remove).requestKey);
  });
});

test('a request whose record can not be read is answered FAILED', async () => {
  const create = requestEvent('Create');
  world.ledger.load = async (resourceKey) => {
    throw new UnreadableRecordError(resourceKey, 'version');
  };
  await onEvent(ports(), create);
  expect(world.answersTo(create)).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INTERNAL: .*its record in the ledger can not be read/) }),
  ]);
});

test('another fault of the ledger is left to Lambda to try again', async () => {
  world.ledger.load = async () => {
    throw new Error('throttled');
  };
  await expect(onEvent(ports(), requestEvent('Create'))).rejects.toThrow('throttled');
  expect(world.answers).toEqual([]);
});

test('a clock that can not be started is tried again by Lambda at first', async () => {
  await expect(onEvent(ports(refusingClock), requestEvent('Create'))).rejects.toThrow(
    'the clock can not be started (AccessDeniedException)',
  );
  expect(world.answers).toEqual([]);
});

test('a clock that can definitely not be started makes the request fail', async () => {
  const create = requestEvent('Create');
  await expect(onEvent(ports(refusingClock), create)).rejects.toThrow();
  world.now += 180_000;
  await onEvent(ports(refusingClock), create);
  expect(world.answersTo(create)).toEqual([
    expect.objectContaining({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^PJ-INTERNAL: the runner could not go on \(the clock can not be started \(AccessDeniedException\)\)/),
    }),
  ]);
});

test('another fault of the clock is left to Lambda to try again', async () => {
  const faultyClock: Clock = {
    start: async () => {
      throw new Error('reset');
    },
  };
  const create = requestEvent('Create');
  await expect(onEvent(ports(faultyClock), create)).rejects.toThrow('reset');
  world.now += 180_000;
  await expect(onEvent(ports(faultyClock), create)).rejects.toThrow('reset');
});

test.each([
  ['an unknown request type', { RequestType: 'Replace' }],
  ['properties that are no object', { ResourceProperties: 'none' }],
])('an event with %s is answered FAILED', async (_, envelope) => {
  const event = requestEvent('Create');
  await onEvent(ports(), { ...event, ...envelope });
  expect(world.answersTo(event)).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INVALID-INPUT/) }),
  ]);
  expect(started).toEqual([]);
});

test.each([undefined, null, 'text', [], {}, { ResponseURL: 7 }])('an event without an address, %p, is dropped', async (event) => {
  await onEvent(ports(), event);
  expect(world.answers).toEqual([]);
  expect(started).toEqual([]);
});

test('an answer that can not be delivered again is left to Lambda to try again', async () => {
  const event = requestEvent('Create');
  world.delivery = 'unreachable';
  await expect(onEvent(ports(), { ...event, RequestType: 'Replace' })).rejects.toThrow('the answer could not be delivered');
});

test('no log line holds a parameter or a response URL', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  expect(world.logged).toHaveLength(1);
  expect(world.logged.join()).not.toContain(SECRET);
  expect(world.logged.join()).not.toContain(create.ResponseURL);
});
