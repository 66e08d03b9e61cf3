import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { exhaustivePart } from './exhaustive/part';
import { httpPart } from './http/part';
import { jestPart } from './jest-part';
import { isKept, linesOn, type Part } from './part';
import { randomPart } from './random/part';

const USAGE = `Tries to break the guarantees in every way that there is, or in one of them:
  --exhaustive               explores every state within bounds
  [--seed N] --runs N        so many lives of stacks at random, in simulated time
  [--seed N] --hostile N     so many hostile events, clock inputs and ledger items of each kind
  --slow                     tests that take too long for npm test
  [--seed N] --http N        so many deployments over HTTP to the embedded AWS
  [--seed N] --http 1 --life N   one stack of such a run, alone`;

type Try = (say: (line: string) => void) => Promise<Part>;

/** Without arguments: the whole matrix. */
const WHOLE_MATRIX = { exhaustive: true, runs: '3200', hostile: '10000', slow: true, http: '100' };

function triesOf(args: readonly string[]): Try[] {
  const { values } = parseArgs({
    args: [...args],
    options: {
      exhaustive: { type: 'boolean' },
      seed: { type: 'string' },
      runs: { type: 'string' },
      hostile: { type: 'string' },
      slow: { type: 'boolean' },
      http: { type: 'string' },
      life: { type: 'string' },
    },
  });
  const isWhole = Object.keys(values).every((name) => name === 'seed');
  const { exhaustive, runs, hostile, slow, http } = isWhole ? WHOLE_MATRIX : values;
  const seed = values.seed === undefined ? randomInt(1_000_000_000) : wholeNumber(values.seed);
  return [
    ...(exhaustive ? [exhaustivePart] : []),
    ...ifGiven(runs, (count): Try => (say) => randomPart({ seed, runs: count }, say)),
    ...ifGiven(hostile, (count): Try => () => jestPart('hostile', 'test/faults/hostile', { HOSTILE_RUNS: String(count), HOSTILE_SEED: String(seed) })),
    ...(slow ? [(): Promise<Part> => jestPart('slow tests', '/slow/', {})] : []),
    ...ifGiven(http, (deployments): Try => (say) => httpPart({ seed, deployments, life: ifGiven(values.life, (number) => number)[0] }, say)),
  ];
}

function ifGiven<T>(text: string | undefined, use: (value: number) => T): T[] {
  return text === undefined ? [] : [use(wholeNumber(text))];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(`"${text}" is not a whole number of at most nine digits\n${USAGE}`);
  }
  return Number(text);
}

async function run(tries: readonly Try[]): Promise<void> {
  const parts: Part[] = [];
  for (const attempt of tries) {
    const began = performance.now();
    const part = await attempt((line) => console.log(line));
    console.log(`${part.name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    parts.push(part);
  }
  console.log(linesOn(parts).join('\n'));
  process.exitCode = isKept(parts) ? 0 : 1;
}

void run(triesOf(process.argv.slice(2)));
