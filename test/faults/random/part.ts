import { runRandomOnAllCores } from './all-cores';
import { FAULTS, SITUATIONS } from './exercised';
import { type RandomRuns } from './run-random';
import { simulate } from './simulation';
import { withCommas } from '../figures';
import { type Part } from '../part';
import { type Tally } from '../tally';

/** Lives of stacks at random, and a report on them. */
export async function randomPart({ seed, runs }: RandomRuns, say: (line: string) => void): Promise<Part> {
  say(`seed ${seed}`);
  const tally = await runRandomOnAllCores({ seed, runs });
  const { stacks, deployments, deletions, requests, answers, jobs } = tally.figures.counts;
  [
    `${stacks} stacks, ${deployments} deployments, ${deletions} deletions, ${requests} requests, ${jobs} jobs, ${answers} answers`,
    ...tally.lines(),
    'what went wrong:',
    ...linesOn(tally, FAULTS),
    'what was deployed:',
    ...linesOn(tally, SITUATIONS),
    ...(await linesOnViolations(tally)),
  ].forEach(say);
  const untried = [...FAULTS, ...SITUATIONS].filter((name) => tally.countOf(name) === 0);
  return {
    name: 'at random',
    tried: `${withCommas(deployments)} deployments of ${withCommas(stacks)} stacks, with ${withCommas(jobs)} jobs`,
    repeatedBy: `--seed ${seed} --runs ${runs}`,
    kept: tally.kept,
    broken: tally.broken,
    untried: runs < ENOUGH_FOR_EVERYTHING ? [] : untried,
  };
}

/** In this many lives, even the rarest fault occurs several times. */
const ENOUGH_FOR_EVERYTHING = 2000;

function linesOn(tally: Tally, exercises: readonly string[]): string[] {
  return exercises.map((name) => `${String(tally.countOf(name)).padStart(8)} ${name}${tally.countOf(name) === 0 ? ': NEVER TRIED' : ''}`);
}

async function linesOnViolations({ violations }: Tally): Promise<string[]> {
  const [first] = violations;
  if (first === undefined) {
    return [];
  }
  const { trace } = await simulate(first.seed);
  return [
    `the first violation: --seed ${first.seed} --runs 1`,
    ...trace,
    ...violations.flatMap(({ seed, broken }) => broken.map(({ guarantee, detail }) => `VIOLATED at seed ${seed}: ${guarantee}: ${detail}`)),
  ];
}
