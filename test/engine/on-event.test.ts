import { requestEvent, SECRET } from './fakes/events';
import { tickOf, World } from './fakes/world';
import { UnreadableRecordError } from '../../src/engine/core/record';
import { type RequestEvent } from '../../src/engine/core/request';
import { onEvent, type OnEventPorts } from '../../src/engine/on-event';
import { type Tick, type Clock } from '../../src/engine/ports/clock';

let world: World;
let started: Tick[];

beforeEach(() => {
  world = new World();
  started = [];
});

/** The world's ports, with a clock that only takes down what is started. */
function ports(clock: Partial<Clock> = {}): OnEventPorts {
  const start: Clock['start'] = async (tick) => {
    started.push(tick);
    return true;
  };
  return { ...world.eventPorts, clock: { ...world.clock, start, ...clock } };
}

test('a request is in the ledger before its clock starts', async () => {
  const create = requestEvent('Create');
  let inLedger = false;
  await onEvent(ports({ start: async ({ requestKey }) => (inLedger = (await world.ledger.loadRequest(requestKey)) !== undefined) }), create);
  expect(inLedger).toBe(true);
});

test('what a template hands over and nobody reads is not kept', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), { ...create, ResourceProperties: { ...create.ResourceProperties, Notes: 'x'.repeat(1_000_000) } });
  expect(await world.ledger.loadRequest(started[0].requestKey)).toEqual(create);
});

test('a request is in the ledger before its record says that it is in force', async () => {
  const create = requestEvent('Create');
  let inLedger = false;
  world.ledger.beforeSave = async ({ request }) => {
    inLedger = (await world.ledger.loadRequest(request.key)) !== undefined;
  };
  await onEvent(ports(), create);
  expect(inLedger).toBe(true);
});

test('a request that is delivered again before its answer does not save its record again', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  const { version } = await world.record(create);
  await onEvent(ports(), create);
  expect((await world.record(create)).version).toBe(version);
});

test('a request that is delivered again before its answer starts its clock again', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  await onEvent(ports(), create);
  expect(started).toHaveLength(2);
  expect(started[1]).toEqual(started[0]);
});

test('a request that was superseded before its clock started is not kept', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  await onEvent(ports(), requestEvent('Delete'));
  await onEvent(ports(), create);
  expect([...world.ledger.requests.values()].filter((item) => item.includes(create.RequestId))).toEqual([]);
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

  test('does not replace one that was sent after it, however fast that one was', async () => {
    const sentAt = world.now;
    world.now += 9_000;
    const rollback = signed('Update', sentAt + 8_000);
    await onEvent(ports(), rollback);
    await onEvent(ports(), signed('Update', sentAt));
    expect(started).toHaveLength(1);
  });

  test.each(['Create', 'Update'] as const)('and is a %s does not replace a Delete that is waited for', async (type) => {
    const remove = requestEvent('Delete');
    await onEvent(ports(), remove);
    await onEvent(ports(), requestEvent(type));
    expect(started).toHaveLength(1);
    expect((await world.record(remove)).request.type).toBe('Delete');
  });

  test('and is a Create replaces nothing that is waited for, but what nobody waits for any more', async () => {
    const update = requestEvent('Update');
    await onEvent(ports(), update);
    await onEvent(ports(), requestEvent('Create'));
    expect(started).toHaveLength(1);
    world.now += 3_600_000;
    await onEvent(ports(), requestEvent('Create'));
    expect((await world.record(update)).request.type).toBe('Create');
  });

  test('and is a Create follows a Delete whose answer may have arrived, unless it was sent before that', async () => {
    const sentAt = world.now;
    const remove = signed('Delete', sentAt);
    await onEvent(ports(), remove);
    const record = await world.record(remove);
    await world.ledger.save({ ...record, request: { ...record.request, answer: 'sent, and not known to have arrived' } });
    await onEvent(ports(), signed('Create', sentAt - 3_000));
    expect((await world.record(remove)).request.type).toBe('Delete');
    await onEvent(ports(), signed('Create', sentAt));
    expect((await world.record(remove)).request.type).toBe('Create');
  });

  test('has the less time for its job', async () => {
    const sentAt = world.now - (world.now % 1000);
    world.now += 60_000;
    const create = signed('Create', sentAt);
    await onEvent(ports(), create);
    expect((await world.record(create)).request.deadline).toBe(sentAt + 3_300_000);
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
    const remove = signed('Delete', world.now - 2_000);
    await onEvent(ports(), remove);
    expect((await world.record(remove)).request.key).toBe(tickOf(remove).requestKey);
  });
});

describe('an event whose time is not within minutes of now', () => {
  const HOUR = 3_600_000;

  function signedAt(date: string, type: 'Create' | 'Update' | 'Delete' = 'Update'): RequestEvent {
    const event = requestEvent(type);
    return { ...event, ResponseURL: `${event.ResponseURL}&X-Amz-Date=${date}` };
  }

  function dateOf(time: number): string {
    return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  }

  test.each(['20990101T000000Z', '20000101T000000Z', '99999999T999999Z'])('is taken in, and the time %s is not kept', async (date) => {
    const event = signedAt(date);
    await onEvent(ports(), event);
    expect((await world.record(event)).request).not.toHaveProperty('sentAt');
    expect((await world.record(event)).request.deadline).toBe(world.now + 3_300_000);
  });

  test('overtakes no genuine request', async () => {
    await onEvent(ports(), signedAt('20990101T000000Z'));
    const genuine = signedAt(dateOf(world.now));
    await onEvent(ports(), genuine);
    expect(started.at(-1)).toEqual(tickOf(genuine));
    expect((await world.record(genuine)).request.key).toBe(tickOf(genuine).requestKey);
  });

  test('overtakes no genuine request either, where an older version has kept its time', async () => {
    const forged = requestEvent('Update');
    await onEvent(ports(), forged);
    const record = await world.record(forged);
    await world.ledger.save({ ...record, request: { ...record.request, sentAt: world.now + HOUR } });
    const genuine = signedAt(dateOf(world.now));
    await onEvent(ports(), genuine);
    expect((await world.record(genuine)).request.key).toBe(tickOf(genuine).requestKey);
  });

  test('of a host whose clock is a little ahead is believed', async () => {
    const event = signedAt(dateOf(world.now + 30_000));
    await onEvent(ports(), event);
    expect((await world.record(event)).request.sentAt).toBe(world.now + 30_000);
  });
});

test('an event with the ID and the response URL of another resource\'s request takes nothing of that one away', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  const other = requestEvent('Delete', {}, { LogicalResourceId: 'Other' });
  await onEvent(ports(), other);
  const { RequestId, ResponseURL } = create;
  await onEvent(ports(), requestEvent('Update', {}, { LogicalResourceId: 'Other', RequestId, ResponseURL })); // comes too late
  expect(await world.ledger.loadRequest(tickOf(create).requestKey)).toBeDefined();
});

test('a request whose record can not be read is answered FAILED', async () => {
  const create = requestEvent('Create');
  world.ledger.load = async (resourceKey) => {
    throw new UnreadableRecordError(resourceKey, 'version');
  };
  await onEvent(ports(), create);
  expect(world.answersTo(create)).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INTERNAL: .*its ledger or its clock can not be used/) }),
  ]);
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

test('what breaks the rules is not kept', async () => {
  const create = requestEvent('Create', { Triggers: { large: 'x'.repeat(500_000) } });
  await onEvent(ports(), create);
  const [kept] = world.ledger.requests.values();
  expect(kept.length).toBeLessThan(2_000);
  await world.settle();
  expect((await world.record(create)).request.failure?.message).toContain('triggers.large: a value of 500000 characters');
});

test('no log line holds a parameter or a response URL', async () => {
  const create = requestEvent('Create');
  await onEvent(ports(), create);
  expect(world.logged).toHaveLength(1);
  expect(world.logged.join()).not.toContain(SECRET);
  expect(world.logged.join()).not.toContain(create.ResponseURL);
});
