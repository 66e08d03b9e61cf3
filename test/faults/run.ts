import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { simulate } from './simulation';
import { Tally } from './tally';

/** Runs the engine under random faults: `tsx --tsconfig tsconfig.dev.json test/faults/run.ts [--seed N] [--runs N]` */
async function run(firstSeed: number, runs: number): Promise<boolean> {
  const began = performance.now();
  const tally = new Tally();
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    tally.add(await simulate(seed));
  }
  console.log(tally.lines().join('\n'));
  console.log(`seeds ${firstSeed} to ${firstSeed + runs - 1} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  printViolation(tally);
  return tally.firstViolation === undefined;
}

function printViolation({ firstViolation }: Tally): void {
  if (firstViolation === undefined) {
    return;
  }
  const { seed, trace, verdicts } = firstViolation;
  console.log(`\nThe first violation: --seed ${seed} --runs 1\n${trace.join('\n')}`);
  verdicts.forEach((ofRun, guarantee) => {
    ofRun.filter(({ kind }) => kind === 'violated').forEach(({ detail }) => console.log(`VIOLATED ${guarantee}: ${detail}`));
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(`"${text}" is not a whole number of at most nine digits`);
  }
  return Number(text);
}

const { values } = parseArgs({ options: { seed: { type: 'string' }, runs: { type: 'string', default: '1000' } } });
const seed = values.seed === undefined ? randomInt(1_000_000_000) : wholeNumber(values.seed);
console.log(`seed ${seed}`);
void run(seed, wholeNumber(values.runs)).then((isKept) => (process.exitCode = isKept ? 0 : 1));
