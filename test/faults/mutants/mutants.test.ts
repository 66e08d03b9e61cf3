import { withFault } from './fault';
import { MUTANTS } from './mutants';
import { SCENARIOS } from '../exhaustive/scenarios';
import { GUARANTEES } from '../guarantees';

/** `npx projen faults --slow` explores each of them. */
test.each(MUTANTS)('$name: there is a place for it, and a scenario where it must be noticed', (mutant) => {
  expect(withFault(mutant)).toContain(mutant.replacement);
  expect(SCENARIOS.map(({ name }) => name)).toContain(mutant.scenario);
  expect(GUARANTEES).toContain(mutant.breaks);
});
