import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { exhaustivePart } from './exhaustive/part';
import { withCommas, withFigures } from './figures';
import { httpPart } from './http/part';
import { jestPart } from './jest-part';
import { MUTANTS } from './mutants/mutants';
import { isKept, linesOn, type Part } from './part';
import { randomPart } from './random/part';

const USAGE = `Tries to break the guarantees in every way that there is, or in one of them:
  --exhaustive               explores every state within bounds
  [--seed N] --runs N        so many lives of stacks at random, in simulated time
  [--seed N] --hostile N     so many hostile events, clock inputs and ledger items of each kind
  --slow                     tests that take too long for npm test
  [--seed N] --http N        so many deployments over HTTP to the embedded AWS
  [--seed N] --http 1 --life N   one stack of such a run, alone
  --write                    also writes the figures of what was tried into docs/reliability.md, if every guarantee was kept`;

type Try = (say: (line: string) => void) => Promise<Part>;

/** Without arguments: the whole matrix. */
const WHOLE_MATRIX = { exhaustive: true, runs: '3200', hostile: '10000', slow: true, http: '100' };

/** What the arguments ask for. */
interface Run {
  readonly tries: readonly Try[];
  readonly writesFigures: boolean;
}

function runOf(args: readonly string[]): Run {
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
      write: { type: 'boolean' },
    },
  });
  const isWhole = Object.keys(values).every((name) => name === 'seed' || name === 'write');
  const { exhaustive, runs, hostile, slow, http } = isWhole ? WHOLE_MATRIX : values;
  const seed = values.seed === undefined ? randomInt(1_000_000_000) : wholeNumber(values.seed);
  const tries = [
    ...(exhaustive ? [exhaustivePart] : []),
    ...ifGiven(runs, (number): Try => (say) => randomPart({ seed, runs: number }, say)),
    ...ifGiven(hostile, (cases): Try => () => hostilePart(seed, cases)),
    ...(slow ? [slowPart] : []),
    ...ifGiven(http, (deployments): Try => (say) => httpPart({ seed, deployments, life: ifGiven(values.life, (number) => number)[0] }, say)),
  ];
  return { tries, writesFigures: values.write ?? false };
}

function hostilePart(seed: number, cases: number): Promise<Part> {
  return jestPart({
    name: 'hostile',
    files: 'test/faults/hostile',
    environment: { HOSTILE_RUNS: String(cases), HOSTILE_SEED: String(seed) },
    tried: (tests) => `${tests} tests, with ${withCommas(cases)} cases for each kind of input`,
    repeatedBy: `--seed ${seed} --hostile ${cases}`,
  });
}

function slowPart(): Promise<Part> {
  return jestPart({
    name: 'slow tests',
    files: '/slow/',
    tried: (tests) => `${tests} tests, in which ${MUTANTS.length} faults in the engine are noticed`,
    repeatedBy: '--slow',
  });
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

async function run({ tries, writesFigures }: Run): Promise<void> {
  const parts: Part[] = [];
  for (const attempt of tries) {
    const began = performance.now();
    const part = await attempt((line) => console.log(line));
    console.log(`${part.name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    parts.push(part);
  }
  console.log(linesOn(parts).join('\n'));
  process.exitCode = isKept(parts) ? 0 : 1;
  if (writesFigures && isKept(parts)) {
    writeFileSync(DOCUMENT, withFigures(readFileSync(DOCUMENT, 'utf8'), parts));
  }
}

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'reliability.md');

void run(runOf(process.argv.slice(2)));
