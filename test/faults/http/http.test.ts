import { GUARANTEES_OVER_HTTP } from './guarantees-over-http';
import { bundleMutant, Mutation } from './mutant';
import { runOverHttp, RunOptions, RunResult } from './run-over-http';
import { TemporaryDirectory } from '../../local-aws/temporary-directory';
import { GUARANTEES } from '../guarantees';

function violationsOf({ findings }: RunResult): Record<string, readonly string[]> {
  const violated = Object.entries(findings).filter(([, { violations }]) => violations.length > 0);
  return Object.fromEntries(violated.map(([guarantee, { violations }]) => [guarantee, violations]));
}

async function runMutant(mutation: Mutation, options: RunOptions): Promise<RunResult> {
  const directory = new TemporaryDirectory('mutant');
  try {
    return await runOverHttp({ ...options, bundles: bundleMutant(directory.path, mutation) });
  } finally {
    directory.remove();
  }
}

test('over HTTP the same is guaranteed as in the simulation', () => {
  expect(Object.keys(GUARANTEES_OVER_HTTP)).toEqual([...GUARANTEES]);
});

test('the same seed gives the same lives, however many are lived at once, and every guarantee holds in them', async () => {
  const options = { seed: 10, deployments: 2 };
  const [one, other] = [await runOverHttp({ ...options, concurrency: 1 }), await runOverHttp({ ...options, concurrency: 2 })];
  expect(one.traces[0].lines.length).toBeGreaterThan(10);
  expect(one.traces).toEqual(other.traces);
  expect(violationsOf(one)).toEqual({});
  expect(Object.keys(one.tally).some((what) => what.startsWith('fault: '))).toBe(true);
});

test('a bundle that logs what it was asked is noticed', async () => {
  const result = await runMutant(
    { file: 'on-event.ts', original: 'outcome });', replacement: 'outcome, ...request.event.ResourceProperties });' },
    { seed: 1, deployments: 1, concurrency: 1 },
  );
  expect(Object.keys(violationsOf(result))).toEqual(['no value or response URL is told or kept']);
});
