import * as fs from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { jobProperties } from './fakes/events';
import { onlyAnswerTo } from './fakes/scenarios';
import { World } from './fakes/world';
import { recordSchema } from '../../src/engine/core/record';
import { type RequestEvent, requestEventSchema, understand } from '../../src/engine/core/request';

/**
 * A rollback can put an older version of the handlers on what a newer one wrote, and an update a newer one on what an
 * older one wrote. So the items that a version writes never change their meaning: these are those of the first version.
 * To add an optional field, add it to a golden item of its own, and leave these as they are.
 */
const GOLDEN: Readonly<Record<string, unknown>> = JSON.parse(fs.readFileSync(path.join(__dirname, 'golden', 'ledger-items.json'), 'utf8'));

const CREATE = event('Create', 'create');
const UPDATE = event('Update', 'update', { Triggers: { run: 'second' } });

function event(RequestType: RequestEvent['RequestType'], RequestId: string, properties: Record<string, unknown> = {}): RequestEvent {
  return {
    RequestType,
    RequestId,
    ResponseURL: `https://responses.s3.amazonaws.com/${RequestId}?X-Amz-Date=20260101T000000Z`,
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/analytics/0a1b2c3d',
    LogicalResourceId: 'Uplift',
    PhysicalResourceId: RequestType === 'Create' ? undefined : 'protected-job-1',
    ResourceProperties: jobProperties(properties),
  };
}

/** What the ledger holds at points of the life of a resource. */
async function itemsOfALife(): Promise<Record<string, unknown>> {
  const world = new World();
  const items: Record<string, unknown> = {};
  const note = async (point: string) => {
    items[point] = await world.record(CREATE);
  };
  await world.send(CREATE);
  await note('received');
  items.request = await world.ledger.loadRequest(understand(CREATE).key);
  world.cleanRooms.duringStart = () => note('starting');
  world.cleanRooms.fail('start', 'quota', 'lostAnswer');
  world.cleanRooms.fail('listSince', 'throttled');
  await world.tick();
  await note('in line');
  await world.tick();
  await note('start unknown');
  await world.tickUntil(() => world.cleanRooms.calls.includes('get'));
  await note('started');
  world.cleanRooms.end(world.cleanRooms.jobs[0].id);
  world.delivery = 'unreachable';
  await world.tick();
  await note('answered');
  world.delivery = 'accepted';
  await world.settle();
  await note('settled');
  world.stackStatus = 'UPDATE_IN_PROGRESS';
  await world.send(UPDATE);
  await note('superseded');
  return items;
}

test('the items that are written are those of the first version, and what was added since', async () => {
  expect(JSON.parse(JSON.stringify(await itemsOfALife()), withoutAdditions)).toEqual(GOLDEN);
});

/** By the field that it was added to, each with what it holds in the life of above. */
const ADDED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  identity: {
    parameterHashes: { segment: '648df11793ee9806aca3a1042f3fdfd48bedc1e22ad95bfc1e8cd7ff7af89995' },
    type: 'PYSPARK',
  },
  attributes: { ErrorRetryable: 'none' },
  accepted: { ErrorRetryable: 'none' },
};

function withoutAdditions(name: string, value: unknown): unknown {
  if (name === 'answer' && typeof value === 'string') {
    return value.replace(',"ErrorRetryable":"none"', '');
  }
  const added = Object.entries(ADDED[name] ?? {});
  const isAdded = ([key, content]: [string, unknown]) => added.some(([other, golden]) => key === other && isDeepStrictEqual(content, golden));
  return added.length === 0 ? value : Object.fromEntries(Object.entries(Object(value)).filter((entry) => !isAdded(entry)));
}

/** A world whose ledger holds the item and the request, and whose clock runs. */
async function worldWith(item: unknown, request: RequestEvent): Promise<World> {
  const world = new World();
  const record = recordSchema.parse(item);
  world.ledger.records.set(record.resourceKey, JSON.stringify(item));
  await world.ledger.saveRequest(understand(request).key, request);
  await world.send(request); // delivered again: its clock starts
  return world;
}

/** What another version knows and this one does not, at every place where it could. */
function withUnknownFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withUnknownFields);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const isOfNames = Object.keys(value).includes('JobId'); // an attribute that this version does not know
  const fields = Object.entries(value).map(([name, content]) => [name, withUnknownFields(content)]);
  return Object.fromEntries([...fields, ['fieldOfANewerVersion', isOfNames ? 'text' : { some: 'value' }]]);
}

/** What an older version did not know yet. */
function withoutAttribute(name: string, item: unknown): unknown {
  return JSON.parse(JSON.stringify(item, (key, value: unknown) => (key === name ? undefined : value)));
}

describe.each(['received', 'starting', 'in line', 'start unknown', 'started', 'answered'])('an item written when the request was %s', (point) => {
  test.each<[string, (item: unknown) => unknown]>([
    ['by the first version', (item) => item],
    ['by a newer version', withUnknownFields],
  ])('%s leads to one job and one answer', async (_, change) => {
    const world = await worldWith(change(GOLDEN[point]), CREATE);
    const hasJob = ['start unknown', 'started', 'answered'].includes(point);
    if (hasJob) {
      await startedElsewhere(world);
    }
    await world.tickUntil(() => world.cleanRooms.running().length > 0 || world.answersTo(CREATE).length > 0);
    world.cleanRooms.running().forEach(({ id }) => world.cleanRooms.end(id));
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(onlyAnswerTo(world, CREATE)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });
});

/** The job that the version before has started. */
async function startedElsewhere(world: World): Promise<void> {
  const other = new World();
  other.cleanRooms.templateDefaults = {}; // with them, the first version does not recognize its own job
  await other.send(CREATE);
  await other.tick();
  world.cleanRooms.jobs.push(...other.cleanRooms.jobs);
}

test('what a newer version wrote is still there after this one has worked on it', async () => {
  const world = await worldWith(withUnknownFields(GOLDEN.started), CREATE);
  await startedElsewhere(world);
  world.cleanRooms.end(world.cleanRooms.jobs[0].id);
  await world.settle();
  await world.send(UPDATE);
  const record = await world.record(CREATE);
  expect(record).toMatchObject({ fieldOfANewerVersion: { some: 'value' } });
});

test('what a newer version wrote about a run is still there when it is started again', async () => {
  const world = await worldWith(withUnknownFields(GOLDEN['in line']), CREATE);
  await world.tickUntil(() => world.cleanRooms.running().length > 0);
  expect((await world.record(CREATE)).run).toMatchObject({ phase: 'started', fieldOfANewerVersion: { some: 'value' } });
});

test('a rollback finds the run of a version that knew fewer or more attributes', async () => {
  const world = await worldWith(withUnknownFields(withoutAttribute('ErrorCode', GOLDEN.superseded)), UPDATE); // nor does it have ErrorRetryable
  world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
  const back = event('Update', 'back');
  await world.send(back);
  await world.settle();
  expect(onlyAnswerTo(world, back)).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'SUCCESS', BilledUnits: '5.33', ErrorCode: 'none', ErrorRetryable: 'none' } });
  expect(world.cleanRooms.jobs).toEqual([]);
});

test('a request that a newer version kept is understood', () => {
  const kept = requestEventSchema.parse(withUnknownFields(GOLDEN.request));
  expect(understand(kept).key).toBe(understand(CREATE).key);
});
