import { faultOf } from './fault';
import { MUTANTS } from './mutants';
import { withProgram } from '../exhaustive/program';
import { exploreInProcess } from '../exhaustive/run-exhaustive';

test.each(MUTANTS)('$name: the exploration notices', async (mutant) => {
  const { violation } = await withProgram([faultOf(mutant)], (program) => exploreInProcess(mutant.scenario, program));
  expect(violation?.guarantee).toBe(mutant.breaks);
});
