import { onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

test('answers in time, names the job and goes on cancelling where the job hangs in CANCELLING', async () => {
  world.cleanRooms.statusAfterCancel = 'CANCELLING';
  const start = world.now;
  const create = await running(world, 'Create', { Timeout: '600' });
  await world.tickUntil(() => world.answers.length > 0);
  expect(world.now - start).toBeLessThan(900_000);
  expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-CANCEL-FAILED: job \S+ could not be cancelled in time/);
  expect(world.clocks).toHaveLength(1);
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
  await world.settle();
  expect(world.answersTo(create)).toHaveLength(1);
  expect((await world.record(create)).run).toBeUndefined();
});

test('a job that hangs for ever is cancelled for an hour more, looked at once a minute', async () => {
  world.cleanRooms.statusAfterCancel = 'CANCELLING';
  await running(world, 'Create', { Timeout: '600' });
  await world.tickUntil(() => world.answers.length > 0);
  const answeredAt = world.now;
  world.cleanRooms.calls.length = 0;
  await world.settle();
  expect(world.now - answeredAt).toBeGreaterThan(3_600_000);
  expect(world.now - answeredAt).toBeLessThan(3_600_000 + 120_000);
  expect(world.cleanRooms.calls.length).toBeLessThan(70);
});
