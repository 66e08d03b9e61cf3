import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { type Exploration } from './explorer';
import { withProgram } from './program';
import { SCENARIOS } from './scenarios';

/** Explores every scenario, on all the processors. */
export async function runExhaustive(report: (exploration: Exploration) => void): Promise<void> {
  const names = SCENARIOS.map(({ name }) => name);
  await withProgram([], async (program) => {
    const work = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        report(await exploreInProcess(name, program));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  });
}

/** @param program the bundle of `explore-scenario.ts` */
export async function exploreInProcess(name: string, program: string): Promise<Exploration> {
  const child = fork(program, [name]);
  const found: Exploration[] = [];
  child.on('message', (exploration: Exploration) => found.push(exploration));
  await once(child, 'exit');
  if (found.length === 0) {
    throw new Error(`the exploration of "${name}" ended without a result`);
  }
  return found[0];
}
