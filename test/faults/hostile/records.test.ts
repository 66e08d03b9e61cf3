import * as fc from 'fast-check';
import { damaged, hostileValue, RUNS } from './arbitraries';
import { DamagedWorld, situations } from './damaged-world';
import { MAX_ITEM_BYTES } from './hostile-world';
import { readRecord } from '../../../src/engine/core/record';
import { type RequestEvent } from '../../../src/engine/core/request';
import { requestEvent } from '../../engine/fakes/events';
import { tickOf } from '../../engine/fakes/world';

function isReadable(event: RequestEvent, record: unknown): boolean {
  try {
    readRecord(tickOf(event).resourceKey, JSON.parse(JSON.stringify(record)));
    return true;
  } catch {
    return false;
  }
}

/**
 * A table can not hold a record of this size, but here the damage can make one. It can be read, but not written again.
 */
function fitsAnItem(record: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(record)) < MAX_ITEM_BYTES;
}

test('a damaged record never leads to two answers or a second job, and gets a FAILED answer where it can not be read', async () => {
  const all = await Promise.all(situations);
  const damagedSituation = fc
    .constantFrom(...all)
    .chain(({ event, now, record }) => fc.tuple(fc.constant({ event, now }), fc.oneof(damaged(JSON.parse(record)), hostileValue)));
  let unreadable = 0;
  await fc.assert(
    fc.asyncProperty(damagedSituation, async ([{ event, now }, record]) => {
      const world = new DamagedWorld(event, now);
      world.ledger.records.set(tickOf(event).resourceKey, JSON.stringify(record));
      await world.runClock();
      expect(world.cleanRooms.jobs.length).toBeLessThanOrEqual(1);
      world.expectNothingWrongTold();
      if (!isReadable(event, record)) {
        unreadable += 1;
        expect(world.cleanRooms.jobs).toEqual([]);
        expect(world.answersTo(event)).toEqual([expect.objectContaining({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-INTERNAL: /) })]);
      }
    }),
    RUNS,
  );
  expect(unreadable).toBeGreaterThan(0);
});

test('a request on a damaged record is answered, and FAILED without a job where it can not be read', async () => {
  const all = await Promise.all(situations);
  const damagedSituation = fc
    .constantFrom(...all)
    .chain(({ now, record }) => fc.tuple(fc.constant(now), fc.constantFrom('Create', 'Update', 'Delete' as const), damaged(JSON.parse(record))));
  await fc.assert(
    fc.asyncProperty(damagedSituation, async ([now, type, record]) => {
      const event = requestEvent(type);
      const world = new DamagedWorld(event, now);
      world.ledger.records.set(tickOf(event).resourceKey, JSON.stringify(record));
      await world.send(event);
      world.expectNothingWrongTold();
      expect(world.answersTo(event).map(({ Status }) => Status)).toEqual(isReadable(event, record) && fitsAnItem(record) ? [] : ['FAILED']);
      expect(world.cleanRooms.jobs).toEqual([]);
    }),
    RUNS,
  );
});
