import { Breakage, simulate } from './simulation';
import { AdvancePorts } from '../../../src/engine/advance';
import { CleanRooms } from '../../../src/engine/clean-rooms';
import { ResourceRecord } from '../../../src/engine/record';
import { InMemoryLedger } from '../../engine/fakes/in-memory-ledger';
import { Tally } from '../tally';

async function tallyOf(runs: number, breakage: () => Breakage = () => ({})): Promise<Tally> {
  const tally = new Tally();
  for (let seed = 1; seed <= runs; seed++) {
    tally.add(await simulate(seed, breakage()));
  }
  return tally;
}

test('every guarantee holds under random faults', async () => {
  const { violations } = await tallyOf(40);
  expect(violations).toEqual([]);
}, 60_000);

test('the same seed gives the same life', async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect(one.trace).toEqual(other.trace);
});
