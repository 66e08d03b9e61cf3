import { simulate } from './simulation';
import { Tally } from '../tally';

export interface RandomRuns {
  /** The first seed. The others follow it. */
  readonly seed: number;
  /** How many stacks live. */
  readonly runs: number;
}

/** Lives of stacks under random faults, in this process. */
export async function runRandom({ seed, runs }: RandomRuns): Promise<Tally> {
  const tally = new Tally();
  for (let next = seed; next < seed + runs; next++) {
    tally.add(await simulate(next));
  }
  return tally;
}
