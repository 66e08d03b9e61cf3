import { Replacements, simulate } from './simulation';
import { Tally } from './tally';
import { CleanRooms } from '../../src/engine/clean-rooms';
import { ResourceRecord } from '../../src/engine/record';
import { InMemoryLedger } from '../engine/fakes/in-memory-ledger';

async function tallyOf(runs: number, replacements: () => Replacements = () => ({})): Promise<Tally> {
  const tally = new Tally();
  for (let seed = 1; seed <= runs; seed++) {
    tally.add(await simulate(seed, replacements()));
  }
  return tally;
}

test('every guarantee holds under random faults', async () => {
  const tally = await tallyOf(200);
  expect(tally.lines().filter((line) => line.startsWith('FAIL'))).toEqual([]);
}, 60_000);

test('the same seed gives the same run', async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect(one.trace).toEqual(other.trace);
});

/** A ledger in which nobody ever is faster. */
class CarelessLedger extends InMemoryLedger {
  async save(record: ResourceRecord): Promise<ResourceRecord> {
    const saved = { ...record, version: record.version + 1 };
    this.records.set(record.resourceKey, JSON.stringify(saved));
    return saved;
  }
}

function startingTwice(cleanRooms: CleanRooms): CleanRooms {
  return {
    start: async (inputs, abort) => {
      await cleanRooms.start(inputs, abort);
      return cleanRooms.start(inputs, abort);
    },
    get: (membershipIdentifier, jobId) => cleanRooms.get(membershipIdentifier, jobId),
    listSince: (membershipIdentifier, since) => cleanRooms.listSince(membershipIdentifier, since),
    cancel: (membershipIdentifier, jobId) => cleanRooms.cancel(membershipIdentifier, jobId),
  };
}

describe('the simulation notices', () => {
  test('conditional writes that always succeed', async () => {
    const { seeds } = await tallyOf(100, () => ({ ledger: new CarelessLedger() }));
    expect(seeds.size).toBeGreaterThan(0);
  }, 60_000);

  test('a client that sends a start twice', async () => {
    const { seeds } = await tallyOf(20, () => ({ distort: startingTwice }));
    expect([...seeds.keys()]).toContain('a run that is asked for starts one job at most');
  }, 60_000);
});
