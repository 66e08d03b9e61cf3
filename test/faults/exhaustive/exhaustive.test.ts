import { explore } from './explorer';
import { type Scenario, SCENARIOS, scenarioOf } from './scenarios';

/** With fewer mishaps, so that the test takes seconds. `npm run faults` explores them all. */
function withMishaps(scenario: Scenario, count: number): Scenario {
  return { ...scenario, mishaps: { ...scenario.mishaps, count } };
}

test.each(SCENARIOS)('$name: every guarantee holds in every state, on a good day', async (scenario) => {
  const { violation, ends } = await explore(withMishaps(scenario, 0));
  expect(violation).toBeUndefined();
  expect(ends).toBeGreaterThan(0);
}, 60_000);

test.each(['Create', 'Update', 'Delete without Create', 'a retry with the same RequestId and the same response URL'])(
  '%s: every guarantee holds in every state with one mishap', async (name) => {
    const { violation, states } = await explore(withMishaps(scenarioOf(name), 1));
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(100);
  }, 60_000);

test('an exploration visits the same states every time', async () => {
  const scenario = withMishaps(scenarioOf('Create'), 1);
  expect(await explore(scenario)).toEqual(await explore(scenario));
});
