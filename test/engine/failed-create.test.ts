import { requestEvent } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

/** A Create that failed with its rollback disabled, and that CloudFormation tries again. */

let world: World;

beforeEach(() => {
  world = new World();
});

async function failed(): Promise<string> {
  const create = await running(world);
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
  await world.settle();
  return onlyAnswerTo(world, create).PhysicalResourceId;
}

async function deleted(PhysicalResourceId: string): Promise<string> {
  const remove = requestEvent('Delete', {}, { PhysicalResourceId });
  await world.send(remove);
  await world.tickUntil(() => world.answersTo(remove).length > 0);
  return onlyAnswerTo(world, remove).Status;
}

test('its ID is not that of the resource that the retry creates', async () => {
  const idOfFailed = await failed();
  const { PhysicalResourceId } = onlyAnswerTo(world, await created(world));
  expect(PhysicalResourceId).toMatch(/^protected-job-[0-9a-f]{32}$/);
  expect(idOfFailed).toMatch(new RegExp(`^${PhysicalResourceId}-failed-[0-9a-f]{12}$`));
});

test('its Delete in the cleanup does not end what is remembered of the new resource', async () => {
  const idOfFailed = await failed();
  const create = await created(world);
  world.stackStatus = 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS';
  expect(await deleted(idOfFailed)).toBe('SUCCESS');

  world.stackStatus = 'UPDATE_IN_PROGRESS';
  const update = await running(world, 'Update');
  await world.settle();
  expect(onlyAnswerTo(world, update).Data).toEqual(onlyAnswerTo(world, create).Data);
  expect(world.cleanRooms.jobs).toHaveLength(2);
});

test('its Delete leaves a job of the new resource alone', async () => {
  const idOfFailed = await failed();
  await running(world, 'Create', { Triggers: { run: 'again' } });
  expect(await deleted(idOfFailed)).toBe('SUCCESS');
  expect(world.cleanRooms.running()).toHaveLength(1);
});

test('its Delete ends the resource where nothing was created after it', async () => {
  const idOfFailed = await failed();
  expect(await deleted(idOfFailed)).toBe('SUCCESS');
  await running(world);
  expect(world.cleanRooms.jobs).toHaveLength(2);
});

test('a Delete ends the resource that was updated under the ID of the failed Create', async () => {
  const PhysicalResourceId = await failed();
  const update = requestEvent('Update', {}, { PhysicalResourceId });
  world.stackStatus = 'UPDATE_IN_PROGRESS';
  await world.send(update);
  await world.tick();
  expect(world.cleanRooms.running()).toHaveLength(1);
  expect(await deleted(PhysicalResourceId)).toBe('SUCCESS');
  expect(world.cleanRooms.running()).toEqual([]);
});
