import { type Exploration } from './explorer';
import { runExhaustive } from './run-exhaustive';
import { withCommas } from '../figures';
import { GUARANTEES } from '../guarantees';
import { type Part } from '../part';

/** Explores all scenarios, and reports how many states they have. Every guarantee is judged in each of them. */
export async function exhaustivePart(say: (line: string) => void): Promise<Part> {
  const explorations: Exploration[] = [];
  await runExhaustive((exploration) => {
    explorations.push(exploration);
    describe(exploration).forEach(say);
  });
  const states = explorations.reduce((sum, exploration) => sum + exploration.states, 0);
  say(`${states} states in all`);
  return {
    name: 'explored',
    tried: `${withCommas(states)} states in ${explorations.length} scenarios`,
    repeatedBy: '--exhaustive',
    kept: Object.fromEntries(GUARANTEES.map((guarantee) => [guarantee, states])),
    broken: new Set(explorations.flatMap(({ violation }) => violation?.guarantee ?? [])),
  };
}

function describe({ scenario, states, ends, violation }: Exploration): string[] {
  const line = `${String(states).padStart(8)} states, ${String(ends).padStart(5)} of them ends: ${scenario}`;
  return violation === undefined ? [line] : [line, ...violation.trace, `VIOLATED ${violation.guarantee}: ${violation.detail}`];
}
