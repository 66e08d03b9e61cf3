import { requestEvent } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('the answer', () => {
  test('that can not be delivered is tried again, always the same', async () => {
    const create = await running(world);
    world.delivery = 'unreachable';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.tickUntil(() => world.answers.length === 3);
    world.delivery = 'accepted';
    await world.settle();
    expect(world.answersTo(create)).toHaveLength(4);
    expect(new Set(world.answers.map(({ body }) => body)).size).toBe(1);
  });

  test('that is refused is given up after three times', async () => {
    await running(world);
    world.delivery = 'refused';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(world.answers).toHaveLength(3);
  });

  test('that never arrives is given up after two hours', async () => {
    const start = world.now;
    const create = await running(world);
    world.delivery = 'unreachable';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect((await world.record(create)).request.settled).toBe(true);
    expect(world.now - start).toBeGreaterThan(7_200_000);
    expect(world.now - start).toBeLessThan(7_200_000 + 120_000);
  });

  test('has the attributes that another version did not save', async () => {
    const create = await created(world);
    const record = await world.record(create);
    const [{ attributes, ...success }] = record.successes;
    const { BilledUnits: _unknownThen, ...older } = attributes;
    await world.ledger.save({ ...record, successes: [{ ...success, attributes: { ...older, OfANewerVersion: 'kept' } }] });
    const update = requestEvent('Update');
    await world.send(update);
    await world.settle();
    expect(onlyAnswerTo(world, update).Data).toEqual({ ...older, BilledUnits: 'none', OfANewerVersion: 'kept' });
  });
});
