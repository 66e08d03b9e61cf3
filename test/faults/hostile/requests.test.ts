import * as fc from 'fast-check';
import { damaged, hostileValue, RUNS } from './arbitraries';
import { DamagedWorld, orUndefined, situations } from './damaged-world';
import { HostileWorld } from './hostile-world';
import { advance, advancePrecluded, advanceToFailure } from '../../../src/engine/advance';
import { requestEvent } from '../../engine/fakes/events';
import { tickOf } from '../../engine/fakes/world';

test('a damaged request in the ledger is answered FAILED where its response URL is left, and starts nothing that was not asked for', async () => {
  const [{ event, now, record }] = await Promise.all(situations);
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(damaged({ ...event }), async (kept) => {
      const world = new DamagedWorld(event, now);
      world.ledger.records.set(tickOf(event).resourceKey, record);
      world.ledger.requests.set(tickOf(event).requestKey, JSON.stringify(kept));
      await world.runClock();
      world.expectNothingWrongTold();
      const { ResponseURL } = Object(JSON.parse(JSON.stringify(kept)));
      const isAddressed = ['StackId', 'RequestId', 'LogicalResourceId', 'PhysicalResourceId'].every((name) => Reflect.get(Object(kept), name) === Reflect.get(event, name));
      for (const job of world.cleanRooms.jobs) {
        expect(Object.entries(job.parameters ?? {})).toEqual(Object.entries(Object(event.ResourceProperties.Parameters)));
      }
      if (isAddressed && typeof ResponseURL === 'string' && ResponseURL !== '') {
        answered += 1;
        expect(world.answers).toHaveLength(1);
        expect(world.cleanRooms.jobs.length > 0 || world.answersTo({ ResponseURL })[0].Status === 'FAILED').toBe(true);
      }
    }),
    RUNS,
  );
  expect(answered).toBeGreaterThan(0);
});

test('a clock with a hostile input does nothing', async () => {
  const tick = fc.record({ resourceKey: hostileValue, requestKey: hostileValue }).map((input) => JSON.parse(JSON.stringify(input)));
  await fc.assert(
    fc.asyncProperty(tick, fc.constantFrom(advance, advanceToFailure, advancePrecluded), async (input, take) => {
      const world = new HostileWorld();
      const create = requestEvent('Create');
      await world.send(create);
      const before = [...world.ledger.records.values()];
      await orUndefined(() => take(world.ports, input));
      expect([...world.ledger.records.values()]).toEqual(before);
      expect(world.cleanRooms.calls).toEqual([]);
      expect(world.answers).toEqual([]);
    }),
    RUNS,
  );
});
