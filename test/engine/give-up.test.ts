import { requestEvent } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';
import { UnreadableRecordError } from '../../src/engine/core/record';
import { understand } from '../../src/engine/core/request';
import { giveUp } from '../../src/engine/give-up';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('the last line of defence', () => {
  test('names the job, and is the only answer', async () => {
    const create = await running(world);
    await world.giveUp(create);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toMatch(
      new RegExp(`^PJ-INTERNAL: .*job ${world.cleanRooms.jobs[0].id} may still be running`),
    );
  });

  test('is followed by cancelling the job that is left', async () => {
    const create = await running(world);
    world.clocks.length = 0;
    await world.giveUp(create);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.answersTo(create)).toHaveLength(1);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('sends the answer that was saved, where there is one', async () => {
    const create = await running(world);
    world.delivery = 'unreachable';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.tickUntil(() => world.answers.length === 1);
    world.delivery = 'accepted';
    await world.giveUp(create);
    expect(world.answers[1]).toEqual(world.answers[0]);
    expect(world.answersTo(create).map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  test('sends nothing for a request that nobody waits for, whose secrets go all the same', async () => {
    const create = await running(world);
    await world.send(requestEvent('Delete'));
    await world.giveUp(create);
    expect(world.answersTo(create)).toEqual([]);
    expect([...world.ledger.requests.values()].join()).not.toContain(create.ResponseURL);
  });

  test('sends nothing for a request whose answer has arrived', async () => {
    const create = await created(world);
    await giveUp(world.ports, understand(create), 'its clock can not be started');
    expect(world.answersTo(create)).toHaveLength(1);
  });

  test('comes again where its answer is refused, three times at most', async () => {
    const create = await running(world);
    world.delivery = 'refused';
    await expect(world.giveUp(create)).rejects.toThrow('the answer could not be delivered');
    await expect(world.giveUp(create)).rejects.toThrow('the answer could not be delivered');
    await world.giveUp(create);
    expect(world.answersTo(create)).toHaveLength(3);
  });

  test('comes again where its answer did not arrive', async () => {
    const create = await running(world);
    world.delivery = 'unreachable';
    await expect(world.giveUp(create)).rejects.toThrow('the answer could not be delivered');
    expect(world.ledger.requests.size).toBe(1);
    expect((await world.record(create)).request.settled).toBeUndefined();
  });

  test('answers also where the record can not be read', async () => {
    const create = await running(world);
    world.ledger.load = async (resourceKey) => {
      throw new UnreadableRecordError(resourceKey, 'version');
    };
    await world.giveUp(create);
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-INTERNAL: .*a job may have been started/);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('leaves another fault of the ledger to the clock to try again', async () => {
    const create = await running(world);
    world.ledger.load = async () => {
      throw new Error('throttled');
    };
    await expect(world.giveUp(create)).rejects.toThrow('throttled');
    expect(world.answers).toEqual([]);
  });

  test('sends the answer that another execution saves meanwhile', async () => {
    const create = await running(world);
    const record = await world.record(create);
    world.ledger.beforeSave = async () => {
      world.ledger.beforeSave = async () => {};
      await world.ledger.save({ ...record, request: { ...record.request, answer: '{"Status":"SUCCESS"}' } });
    };
    await world.giveUp(create);
    expect(onlyAnswerTo(world, create)).toEqual({ Status: 'SUCCESS' });
  });
});
