import { requestEvent } from './fakes/events';
import { created, jobOfAnotherWorld, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('delete', () => {
  test('cancels the job that runs, waits for its end and answers once', async () => {
    await running(world);
    const remove = requestEvent('Delete', {}, { PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    world.stackStatus = 'ROLLBACK_IN_PROGRESS';
    await world.send(remove);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(world, remove)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    expect(world.answers).toHaveLength(1);
  });

  test('without a create succeeds at once', async () => {
    const remove = requestEvent('Delete', {}, { PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    await world.send(remove);
    await world.settle();
    expect(world.cleanRooms.calls).toEqual([]);
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('of a resource whose values break the rules succeeds', async () => {
    const remove = requestEvent('Delete', { Timeout: 'soon' });
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('goes on cancelling after its timeout and notes no failure', async () => {
    await running(world);
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    const remove = requestEvent('Delete', { Timeout: '60' });
    const start = world.now;
    await world.send(remove);
    await world.tickUntil(() => world.now - start > 100_000);
    expect((await world.record(remove)).request.failure).toBeUndefined();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('while a start is under way waits for the end of its lease and cancels what came of it', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.cleanRooms.duringStart = async () => {
      world.cleanRooms.duringStart = async () => {};
      await world.send(requestEvent('Delete'));
      throw new Error('crash');
    };
    await expect(world.tick()).rejects.toThrow('crash');
    const orphan = await jobOfAnotherWorld(world);
    world.cleanRooms.jobs.push(orphan);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.answersTo(create)).toEqual([]);
  });

  test('that is overtaken by the answer to the start cancels the job at once', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.cleanRooms.duringStart = async () => {
      await world.send(requestEvent('Delete'));
    };
    const start = world.now;
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.now - start).toBeLessThan(10_000);
  });

  test('ends the memory: the same inputs run again after it', async () => {
    await created(world);
    await world.send(requestEvent('Delete'));
    await world.settle();
    await running(world, 'Create');
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('leaves a tombstone', async () => {
    const remove = requestEvent('Delete');
    const deletedAt = world.now;
    await world.send(remove);
    await world.settle();
    expect((await world.record(remove)).deletedAt).toBe(deletedAt);
  });

  test('a create that comes again after it starts nothing', async () => {
    const create = await created(world);
    await world.send(requestEvent('Delete'));
    await world.settle();
    await world.send(create);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('a create that comes late, for the first time, after it starts nothing', async () => {
    await world.send(requestEvent('Delete'));
    await world.settle();
    world.stackStatus = 'ROLLBACK_COMPLETE';
    await world.send(requestEvent('Create'));
    await world.settle();
    expect(world.cleanRooms.jobs).toEqual([]);
  });

  test('is done where the job or its membership is gone', async () => {
    await running(world);
    world.now += 200_000;
    world.cleanRooms.jobs.length = 0;
    const remove = requestEvent('Delete');
    world.cleanRooms.fail('cancel', 'notFound');
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('does not believe that there is no job where it is listed and can not be got yet', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    await running(world);
    world.cleanRooms.fail('get', 'notFound');
    await world.send(requestEvent('Delete'));
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
  });

  test('is done where the membership is gone while a job is looked for', async () => {
    world.cleanRooms.fail('start', 'unknown');
    await running(world);
    world.cleanRooms.fail('listSince', 'notFound');
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('that may not look for a job says that one may have been started', async () => {
    world.cleanRooms.fail('start', 'unknown');
    await running(world);
    world.cleanRooms.failAlways('listSince', 'denied');
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.tickUntil(() => world.answers.length > 0);
    expect(onlyAnswerTo(world, remove).Reason).toMatch(
      /^PJ-ACCESS-DENIED: cleanrooms:ListProtectedJobs was denied, a job may have been started/,
    );
  });

  test('that may not cancel fails with the action and the job', async () => {
    await running(world);
    world.cleanRooms.failAlways('cancel', 'denied');
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.tickUntil(() => world.answers.length > 0);
    expect(onlyAnswerTo(world, remove).Reason).toMatch(
      new RegExp(`^PJ-ACCESS-DENIED: cleanrooms:UpdateProtectedJob was denied, job ${world.cleanRooms.jobs[0].id} may still be running`),
    );
  });

  test('whose job ends by itself meanwhile succeeds', async () => {
    await running(world);
    world.cleanRooms.fail('cancel', 'conflict');
    const remove = requestEvent('Delete');
    await world.send(remove);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });
});
