import { requestEvent, SECRET } from './fakes/events';
import { Fault, Operation } from './fakes/fake-clean-rooms';
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

  /** All that can be read of the resource once it is answered. */
  function shown(): string {
    return [...world.ledger.records.values(), ...world.answers.map(({ body }) => body), ...world.logged].join();
  }
});
