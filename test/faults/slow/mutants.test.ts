import { withProgram } from '../exhaustive/program';
import { exploreInProcess } from '../exhaustive/run-exhaustive';
import { faultOf } from '../mutants/fault';
import { MUTANTS } from '../mutants/mutants';

test.each(MUTANTS)('$name: the exploration notices', async (mutant) => {
  const { violation } = await withProgram([faultOf(mutant)], (program) => exploreInProcess(mutant.scenario, program));
  expect(violation?.guarantee).toBe(mutant.breaks);
});
