import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type RandomRuns } from './run-random';
import { type Figures, Tally } from '../tally';

/**
 * The same as `runRandom`, in as many processes as the machine has cores. The result of a seed depends on nothing else.
 */
export async function runRandomOnAllCores({ seed, runs }: RandomRuns): Promise<Tally> {
  const processes = Math.min(availableParallelism(), runs);
  const share = Math.ceil(runs / processes);
  const starts = Array.from({ length: Math.ceil(runs / share) }, (_, index) => index * share);
  const figures = await Promise.all(starts.map((start) => runInProcess({ seed: seed + start, runs: Math.min(share, runs - start) })));
  const tally = new Tally();
  figures.forEach((ofProcess) => tally.addFigures(ofProcess));
  return tally;
}

/** The process is started in the same way as this one, so that it can read TypeScript too. */
function runInProcess(runs: RandomRuns): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(`${__dirname}/one-process.ts`, [JSON.stringify(runs)]);
    child.on('message', (message) => resolve(Object(message)));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? undefined : reject(new Error(`the seeds from ${runs.seed} on ended with exit code ${code}`))));
  });
}
