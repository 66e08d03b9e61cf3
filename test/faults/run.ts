import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runRandomOnAllCores } from './random/all-cores';
import { FAULTS, SITUATIONS } from './random/exercised';
import { RandomRuns } from './random/run-random';
import { simulate } from './random/simulation';
import { Tally } from './tally';

/** Runs the engine under random faults: `tsx --tsconfig tsconfig.dev.json test/faults/run.ts [--seed N] [--runs N]` */
async function run({ seed, runs }: RandomRuns): Promise<boolean> {
  const began = performance.now();
  console.log(`seed ${seed}`);
  const tally = await runRandomOnAllCores({ seed, runs });
  const seconds = (performance.now() - began) / 1000;
  const { stacks, deployments, deletions, requests, answers, jobs } = tally.figures.counts;
  console.log([
    `${stacks} stacks, ${deployments} deployments, ${deletions} deletions, ${requests} requests, ${jobs} jobs, ${answers} answers`,
    ...tally.lines(),
    'what went wrong:',
    ...linesOn(tally, FAULTS),
    'what was deployed:',
    ...linesOn(tally, SITUATIONS),
    `seeds ${seed} to ${seed + runs - 1} in ${seconds.toFixed(1)} s`,
  ].join('\n'));
  await printViolations(tally);
  return tally.violations.length === 0;
}

function linesOn(tally: Tally, exercises: readonly string[]): string[] {
  return exercises.map((name) => `${String(tally.countOf(name)).padStart(8)} ${name}${tally.countOf(name) === 0 ? ': NEVER TRIED' : ''}`);
}

async function printViolations({ violations }: Tally): Promise<void> {
  const [first] = violations;
  if (first === undefined) {
    return;
  }
  const { trace } = await simulate(first.seed);
  console.log(`\nThe first violation: --seed ${first.seed} --runs 1\n${trace.join('\n')}`);
  violations.forEach(({ seed, broken }) => {
    broken.forEach(({ guarantee, detail }) => console.log(`VIOLATED at seed ${seed}: ${guarantee}: ${detail}`));
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
void run({ seed, runs: wholeNumber(values.runs) }).then((isKept) => (process.exitCode = isKept ? 0 : 1));
