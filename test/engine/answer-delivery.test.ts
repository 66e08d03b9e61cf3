import { requestEvent } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { tickOf, World } from './fakes/world';
import { type RequestEvent } from '../../src/engine/core/request';

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

  describe('that CloudFormation would take for that of a retry, which has the ID of the request that failed,', () => {
    /** The Create's job failed, and the answer has arrived, but its delivery seems to have failed. Then somebody deploys again. */
    async function retried(): Promise<{ readonly create: RequestEvent; readonly retry: RequestEvent }> {
      const create = await running(world);
      world.delivery = 'unreachable';
      world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
      await world.tickUntil(() => world.answers.length === 1);
      world.delivery = 'accepted';
      const retry = requestEvent('Create', {}, { RequestId: create.RequestId });
      await world.send(retry);
      return { create, retry };
    }

    test('is not sent any more', async () => {
      const { create, retry } = await retried();
      await world.tickUntil(() => world.cleanRooms.running().length > 0);
      world.cleanRooms.end(world.cleanRooms.running()[0].id);
      await world.settle();
      expect(world.answersTo(create)).toHaveLength(1);
      expect(onlyAnswerTo(world, retry).Status).toBe('SUCCESS');
      expect(world.ledger.requests.size).toBe(0);
    });

    test('is not sent by another delivery of the request that failed', async () => {
      const { create } = await retried();
      await world.send(create);
      await world.tick();
      expect(world.answersTo(create)).toHaveLength(1);
    });

    test('is not sent by another delivery either, where it had arrived', async () => {
      const create = await running(world);
      world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
      await world.settle();
      await world.send(requestEvent('Create', {}, { RequestId: create.RequestId }));
      await world.send(create);
      expect(world.answersTo(create)).toHaveLength(1);
    });

    test('is not sent by the last state of the clock', async () => {
      const { create } = await retried();
      await world.giveUp(create);
      expect(world.answersTo(create)).toHaveLength(1);
    });

    test('is not sent by what precludes the clock of the request that failed', async () => {
      const create = requestEvent('Create');
      await world.ledger.saveRequest(tickOf(create).requestKey, create); // and not its record
      await world.send(requestEvent('Create', {}, { RequestId: create.RequestId }));
      await world.settlePrecluded(create);
      expect(world.answers).toEqual([]);
    });

    test('but is that of another resource is sent', async () => {
      const create = await running(world);
      world.delivery = 'unreachable';
      world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
      await world.tickUntil(() => world.answers.length === 1);
      world.delivery = 'accepted';
      const { RequestId } = create;
      await world.send(requestEvent('Create', { JobLogicalId: 'Uplift', SliceNumber: '2', SliceCount: '2' }, { LogicalResourceId: 'UpliftWait2', RequestId }));
      await world.tickUntil(() => world.answersTo(create).length === 2);
    });
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
