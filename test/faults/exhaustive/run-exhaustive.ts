import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { type Exploration } from './explorer';
import { SCENARIOS } from './scenarios';

/** Explores every scenario, on all the processors. */
export async function runExhaustive(report: (exploration: Exploration) => void): Promise<void> {
  const names = SCENARIOS.map(({ name }) => name);
  const work = async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      report(await exploreInProcess(name));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

/** @param program `explore-scenario.ts`, or what was made of it */
export async function exploreInProcess(name: string, program: string = require.resolve('./explore-scenario')): Promise<Exploration> {
  const child = fork(program, [name]);
  const found: Exploration[] = [];
  child.on('message', (exploration: Exploration) => found.push(exploration));
  await once(child, 'exit');
  if (found.length === 0) {
    throw new Error(`the exploration of "${name}" ended without a result`);
  }
  return found[0];
}
