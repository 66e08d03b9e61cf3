import { requestEvent, SECRET } from './fakes/events';
import { type Fault, type Operation } from './fakes/fake-clean-rooms';
import { running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('secrets', () => {
  test('stay in the ledger only until the answer, and are in no record and no log', async () => {
    const create = await running(world);
    const [requestText] = world.ledger.requests.values();
    expect(requestText).toContain(SECRET);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(world.ledger.requests.size).toBe(0);
    const kept = [...world.ledger.records.values(), ...world.ledger.claims.values(), ...world.logged].join();
    expect(kept).not.toContain(SECRET);
    expect(kept).not.toContain(create.ResponseURL);
  });

  test('of a superseded request are discarded when its clock sees that', async () => {
    await running(world);
    await world.send(requestEvent('Delete'));
    await world.settle();
    expect(world.ledger.requests.size).toBe(0);
  });

  test.each<[string, Operation, Fault[]]>([
    ['to get a job', 'get', []],
    ['to get a job that may be that of an unknown start', 'get', ['lostAnswer']],
    ['to list jobs', 'listSince', ['lostAnswer']],
  ])('that Clean Rooms repeats when it refuses %s are shown nowhere', async (_, operation, startFaults) => {
    world.cleanRooms.message = `no ${SECRET}`;
    world.cleanRooms.fail('start', ...startFaults);
    world.cleanRooms.failAlways(operation, 'denied');
    await running(world);
    await world.settle();
    expect(shown()).toContain('no [parameters.segment]');
    expect(shown()).not.toContain(SECRET);
  });

  test('that Clean Rooms repeats when it refuses to cancel a job are shown nowhere', async () => {
    world.cleanRooms.message = `no ${SECRET}`;
    world.cleanRooms.failAlways('cancel', 'denied');
    await running(world);
    await world.send(requestEvent('Delete'));
    await world.settle();
    expect(shown()).toContain('no [parameters.segment]');
    expect(shown()).not.toContain(SECRET);
  });

  test('among the Spark properties, which Clean Rooms repeats when it refuses to get a job, are shown nowhere', async () => {
    const sparkProperties = { 'spark.hadoop.token': 'a-value-of-a-spark-property' };
    world.cleanRooms.message = 'no a-value-of-a-spark-property';
    world.cleanRooms.failAlways('get', 'denied');
    await running(world, 'Create', { WorkerType: 'CR.1X', WorkerNumber: '16', SparkProperties: sparkProperties });
    await world.settle();
    expect(shown()).toContain('no [worker.sparkProperties.spark.hadoop.token]');
    expect(shown()).not.toContain('a-value-of-a-spark-property');
  });

  const FORMER = 'a-value-of-the-former-run';

  describe.each<[string, Readonly<Record<string, unknown>>]>([
    ['asks for another run', {}],
    ['breaks the rules', { Timeout: 'none' }],
  ])('of the former run, where an Update %s,', (_, properties) => {
    test.each<Operation>(['cancel', 'get'])('that Clean Rooms repeats when it refuses to %s its job are shown nowhere', async (operation) => {
      await running(world, 'Create', { Parameters: { segment: FORMER } });
      world.cleanRooms.message = `no ${FORMER}`;
      world.cleanRooms.statusAfterCancel = 'CANCELLING';
      world.cleanRooms.failAlways(operation, 'denied');
      const update = requestEvent('Update', properties);
      await world.send(update);
      await world.settle();
      expect(world.answersTo(update)[0].Reason).toMatch(/was denied, .*deniedException: its message is not shown/);
      expect(shown()).not.toContain(FORMER);
    });

    test('that Clean Rooms repeats when it refuses to list jobs are shown nowhere', async () => {
      world.cleanRooms.fail('start', 'lostAnswer');
      await running(world, 'Create', { Parameters: { segment: FORMER } });
      world.cleanRooms.message = `no ${FORMER}`;
      world.cleanRooms.failAlways('listSince', 'denied');
      const update = requestEvent('Update', properties);
      await world.send(update);
      await world.settle();
      expect(world.answersTo(update)[0].Reason).toContain('deniedException: its message is not shown');
      expect(shown()).not.toContain(FORMER);
    });
  });

  /** All that can be read of the resource once it is answered. */
  function shown(): string {
    return [...world.ledger.records.values(), ...world.answers.map(({ body }) => body), ...world.logged].join();
  }
});
