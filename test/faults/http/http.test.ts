import { GUARANTEES_OVER_HTTP } from './guarantees-over-http';
import { bundleMutant, type Mutation } from './mutant';
import { runOverHttp, type RunOptions, type RunResult, violationsOf } from './run-over-http';
import { TemporaryDirectory } from '../../local-aws/temporary-directory';
import { GUARANTEES } from '../guarantees';

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

test('a bundle that logs what it was asked is noticed', async () => {
  const result = await runMutant(
    { file: 'on-event.ts', original: 'outcome });', replacement: 'outcome, ...request.event.ResourceProperties });' },
    { seed: 1, deployments: 1, concurrency: 1 },
  );
  expect(Object.keys(violationsOf(result))).toEqual(['no value or response URL is told or kept']);
});
