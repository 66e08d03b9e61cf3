import { explore } from './explorer';
import { type Scenario, SCENARIOS, scenarioOf } from './scenarios';

/**
 * Scenarios with so many states that they take seconds even without mishaps. `npx projen faults --exhaustive` explores
 * every scenario, with its mishaps.
 */
const LARGE: readonly string[] = [
  'Create and Delete',
  'a second delivery of the Create after the Delete',
  'Create that is not waited for, and Delete',
  'Update that is not waited for, and its rollback',
  'Update and its rollback',
  'Update and Delete',
  'two resources with the same inputs on one membership',
];

function withMishaps(scenario: Scenario, count: number): Scenario {
  return { ...scenario, mishaps: { ...scenario.mishaps, count } };
}

test.each(SCENARIOS.filter(({ name }) => !LARGE.includes(name)))('$name: every guarantee holds in every state, on a good day', async (scenario) => {
  const { violation, ends } = await explore(withMishaps(scenario, 0));
  expect(violation).toBeUndefined();
  expect(ends).toBeGreaterThan(0);
});

test.each(['Create', 'Update', 'Delete without Create', 'a retry with the same RequestId and the same response URL'])(
  '%s: every guarantee holds in every state with one mishap', async (name) => {
    const { violation, states } = await explore(withMishaps(scenarioOf(name), 1));
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(100);
  });

test('an exploration visits the same states every time', async () => {
  const scenario = withMishaps(scenarioOf('Create'), 1);
  expect(await explore(scenario)).toEqual(await explore(scenario));
});

test('what is left out here is explored with all else', () => {
  expect(SCENARIOS.map(({ name }) => name)).toEqual(expect.arrayContaining([...LARGE]));
});
