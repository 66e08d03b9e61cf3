import { requestEvent } from './fakes/events';
import { running } from './fakes/scenarios';
import { tickOf, World } from './fakes/world';
import { advance, advancePrecluded, advanceToFailure } from '../../src/engine/advance';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('an advance', () => {
  test('saves the claim before it starts the job', async () => {
    const create = requestEvent('Create');
    let phaseDuringStart: string | undefined;
    world.cleanRooms.duringStart = async () => {
      phaseDuringStart = (await world.record(create)).run?.phase;
    };
    await world.send(create);
    await world.tick();
    expect(phaseDuringStart).toBe('starting');
  });

  test('saves the answer before it sends it', async () => {
    let savedAnswer: string | undefined;
    const create = await running(world);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    const { deliver } = world.ports.answers;
    world.ports.answers.deliver = async (url, body) => {
      savedAnswer = (await world.record(create)).request.answer;
      return deliver(url, body);
    };
    await world.settle();
    expect(savedAnswer).toBe(world.answers[0].body);
  });

  test('that loses the save of a claim starts nothing', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.ledger.beforeSave = async (record) => {
      if (record.run?.phase === 'starting') {
        world.ledger.beforeSave = async () => {};
        await advance(world.ports, tickOf(create)); // another execution, which is faster
      }
    };
    await world.tick();
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('claims no start that it has no time left to send', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    let looks = 0;
    const { status } = world.ports.stacks;
    world.ports.stacks.status = async (stackId) => {
      looks += 1;
      return status(stackId);
    };
    await advance({ ...world.ports, hasTime: () => looks === 0 }, tickOf(create));
    expect((await world.record(create)).run).toBeUndefined();
    expect(world.cleanRooms.calls).toEqual([]);
  });

  test('saves what came of a start although no time is left after it', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    await advance({ ...world.ports, hasTime: () => world.cleanRooms.jobs.length === 0 }, tickOf(create));
    expect((await world.record(create)).run?.jobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('that loses the save of what it saw of a job looks at the job anew', async () => {
    const create = await running(world);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    world.cleanRooms.calls.length = 0;
    world.ledger.beforeSave = async () => {
      world.ledger.beforeSave = async () => {};
      await world.ledger.save(await world.record(create)); // another execution, which is faster
    };
    await world.tick();
    expect(world.cleanRooms.calls).toEqual(['get', 'get']);
  });

  test('sends no start whose claim took so long that the start could outlast its lease', async () => {
    await world.send(requestEvent('Create'));
    world.ledger.beforeSave = async ({ run }) => {
      world.now += run?.phase === 'starting' ? 41_000 : 0;
    };
    await world.tick();
    expect(world.cleanRooms.calls).toEqual([]);
  });

  test('aborts a start that takes longer than 20 seconds', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    let abort: AbortSignal | undefined;
    world.cleanRooms.duringStart = async (signal) => {
      abort = signal;
    };
    await running(world);
    expect(timeout.mock.calls).toEqual([[20_000]]);
    expect(abort).toBe(timeout.mock.results[0].value);
    timeout.mockRestore();
  });

  test.each([
    ['advance', advance],
    ['the last state', advanceToFailure],
    ['what precludes the clock', advancePrecluded],
  ])('%s with the key of a request of another resource neither answers nor discards it', async (_, take) => {
    const create = await running(world);
    const other = await running(world, 'Create', {}, { LogicalResourceId: 'Other' });
    for (const { resourceKey } of [tickOf(other), { resourceKey: 'of no resource' }]) {
      await expect(take(world.ports, { ...tickOf(create), resourceKey })).resolves.toMatchObject({ finished: true });
    }
    expect(world.answers).toEqual([]);
    expect(await world.ledger.loadRequest(tickOf(create).requestKey)).toEqual(create);
  });

  test('comes again after a minute at most, whatever wait another version has saved', async () => {
    world.cleanRooms.fail('start', 'quota');
    const create = await running(world);
    const record = await world.record(create);
    await world.ledger.save({ ...record, run: record.run && { ...record.run, retryAt: world.now + 600_000 } });
    await expect(advance(world.ports, tickOf(create))).resolves.toMatchObject({ finished: false, waitSeconds: 60 });
  });
});
