import { rmSync } from 'node:fs';
import path from 'node:path';
import { buildMutant } from './build-mutant';
import { MUTANTS } from './mutants';
import { exploreInProcess } from '../exhaustive/run-exhaustive';

test.each(MUTANTS)('$name: the exploration notices', async (mutant) => {
  const program = await buildMutant(mutant);
  try {
    const { violation } = await exploreInProcess(mutant.scenario, program);
    expect(violation?.guarantee).toBe(mutant.breaks);
  } finally {
    rmSync(path.dirname(program), { recursive: true });
  }
}, 120_000);
