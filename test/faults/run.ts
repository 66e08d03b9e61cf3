import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runRandom } from './random/run-random';
import { simulate } from './random/simulation';
import { FAULTS, SITUATIONS } from './random/exercised';
import { Tally } from './tally';

/** Runs the engine under random faults: `tsx --tsconfig tsconfig.dev.json test/faults/run.ts [--seed N] [--runs N]` */
async function run(seed: number, runs: number): Promise<boolean> {
  const began = performance.now();
  const tally = await runRandom({ seed, runs });
  const lines = [...tally.lines(), ...[...FAULTS, ...SITUATIONS].map((name) => `${tally.countOf(name)} ${name}`)];
  console.log(lines.join('\n'));
  console.log(JSON.stringify(tally.figures.counts));
  console.log(`seeds ${seed} to ${seed + runs - 1} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await printViolation(tally);
  return tally.violations.length === 0;
}

async function printViolation({ violations }: Tally): Promise<void> {
  const [first] = violations;
  if (first === undefined) {
    return;
  }
  violations.forEach(({ seed: ofViolation, broken }) => {
    broken.forEach(({ guarantee, detail }) => console.log(`seed ${ofViolation}: ${guarantee}: ${detail}`));
  });
  const { trace } = await simulate(first.seed);
  console.log(`\nThe first violation: --seed ${first.seed} --runs 1\n${trace.join('\n')}`);
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
