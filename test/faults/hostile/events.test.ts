import * as fc from 'fast-check';
import { hostileProperties, hostileText, hostileValue, RUNS } from './arbitraries';
import { HostileWorld } from './hostile-world';
import { jobProperties, requestEvent } from '../../engine/fakes/events';

const envelopeNames = ['RequestType', 'RequestId', 'ResponseURL', 'StackId', 'LogicalResourceId', 'PhysicalResourceId', 'ResourceProperties', '__proto__'];

/** A request as CloudFormation would send it, except for its properties. */
const eventWithHostileProperties = fc
  .tuple(fc.constantFrom('Create', 'Update', 'Delete' as const), hostileProperties)
  .map(([type, properties]) => ({ ...requestEvent(type), ResourceProperties: properties }));

const eventWithHostileEnvelope = fc
  .array(fc.tuple(fc.constantFrom(...envelopeNames), fc.oneof(hostileText, hostileValue, fc.constant(undefined))), { minLength: 1, maxLength: 3 })
  .map((changes) => asSent({ ...requestEvent('Create'), ...Object.fromEntries(changes) }));

/** Events are JSON. */
function asSent(event: unknown): unknown {
  return event === undefined ? undefined : JSON.parse(JSON.stringify(event));
}

/** Sends the event, and lets the jobs that it starts succeed. */
async function handle(event: unknown): Promise<HostileWorld> {
  const world = new HostileWorld();
  await world.send(event);
  await world.tickUntil(() => world.cleanRooms.running().length > 0);
  world.cleanRooms.running().forEach(({ id }) => world.cleanRooms.end(id));
  await world.settle();
  return world;
}

/** The job that is started is exactly the one that was asked for. */
function expectToBeAskedFor(world: HostileWorld, properties: unknown): void {
  expect(world.cleanRooms.jobs.length).toBeLessThanOrEqual(1);
  for (const job of world.cleanRooms.jobs) {
    const { Parameters = {}, AnalysisTemplateArn } = Object(properties);
    expect(job.analysisTemplateArn).toBe(AnalysisTemplateArn);
    expect(Object.entries(job.parameters ?? {})).toEqual(Object.entries(Parameters));
  }
}

test('a request with hostile properties is answered, and FAILED unless its job was started as asked for or nothing is to be started', async () => {
  let started = 0;
  await fc.assert(
    fc.asyncProperty(eventWithHostileProperties, async (event) => {
      const world = await handle(event);
      expectToBeAskedFor(world, event.ResourceProperties);
      started += world.cleanRooms.jobs.length;
      const [answer] = world.answersTo(event);
      const { ResourceProperties: properties } = event;
      const isDelete = event.RequestType === 'Delete' && typeof properties === 'object' && properties !== null && !Array.isArray(properties);
      const isDone = world.cleanRooms.jobs.length > 0 || isDelete;
      expect(answer).toMatchObject({ Status: isDone ? 'SUCCESS' : 'FAILED', RequestId: event.RequestId });
      expect(isDone || answer.Reason?.startsWith('PJ-INVALID-INPUT: ')).toBe(true);
      world.expectNothingWrongTold();
      expect(world.ledger.requests.size).toBe(0);
    }),
    RUNS,
  );
  expect(started).toBeGreaterThan(0);
});

test('an event with a hostile envelope is answered where it can be, and does no harm otherwise', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(eventWithHostileEnvelope, async (event) => {
      const world = await handle(event);
      expectToBeAskedFor(world, Object(event).ResourceProperties);
      answered += world.answers.length;
      expect(world.answers.length > 0 || !isAnswerable(Object(event))).toBe(true);
      world.expectNothingWrongTold();
    }),
    RUNS,
  );
  expect(answered).toBeGreaterThan(0);
});

/** Whether there is an address, with names that are no longer than those of CloudFormation. */
function isAnswerable({ ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId = 'none' }: Record<string, unknown>): boolean {
  const names = [StackId, RequestId, LogicalResourceId, PhysicalResourceId];
  const isShort = (name: unknown) => typeof name === 'string' && Buffer.byteLength(JSON.stringify(name)) <= 700;
  return typeof ResponseURL === 'string' && ResponseURL !== '' && PhysicalResourceId !== '' && names.every(isShort);
}

test('whatever is no event at all does no harm', async () => {
  await fc.assert(
    fc.asyncProperty(hostileValue.map(asSent), async (event) => {
      const world = await handle(event);
      expect(world.answers).toEqual([]);
      expect(world.cleanRooms.jobs).toEqual([]);
    }),
    RUNS,
  );
});

test.each(['Parameters', 'Triggers', 'SparkProperties'])('%s with a name that JavaScript loses make the request fail', async (property) => {
  const values: unknown = JSON.parse('{"__proto__": "lost", "kept": "kept"}');
  const event = requestEvent('Create', { WorkerType: 'CR.1X', WorkerNumber: '4', [property]: values });
  const world = await handle(event);
  expect(world.answersTo(event)).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INVALID-INPUT: .*"__proto__" is no name/) }),
  ]);
});

test.each([
  ['thousands of bad names', { Parameters: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`no name ${index}`, 1])) }],
  ['a name of hundreds of kilobytes', { Parameters: { ['x'.repeat(500_000)]: 1 } }],
  ['a value of hundreds of kilobytes', { Type: 'x'.repeat(500_000) }],
  ['a slice of hundreds of kilobytes', { JobLogicalId: 'Uplift', SliceNumber: 'x'.repeat(500_000), SliceCount: { nested: 'x'.repeat(500_000) } }],
])('%s make the request fail, with a reason that fits', async (_, properties) => {
  const event = { ...requestEvent('Create'), ResourceProperties: jobProperties(properties) };
  const world = await handle(event);
  expect(world.answersTo(event)).toEqual([expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INVALID-INPUT: .*deploy again/) })]);
  world.expectNothingWrongTold();
});
