import { BREAKAGES, brokenBy, RARELY_NOTICED, seedsOf } from './breakages';
import { simulate } from './simulation';
import { GUARANTEES } from '../guarantees';

test.each(seedsOf(16))('every guarantee holds with seed %i', async (seed) => {
  const { verdicts } = await simulate(seed);
  expect(Object.values(verdicts).flat().filter(({ kind }) => kind === 'violated')).toEqual([]);
});

test('the same seed gives the same life', async () => {
  const [one, other] = [await simulate(8), await simulate(8)];
  expect(one.trace).toEqual(other.trace);
});

describe('the simulation notices', () => {
  test.each(BREAKAGES)('%s: %s', async (_, guarantee, breakage) => {
    expect(await brokenBy(breakage, guarantee, seedsOf(80))).toContain(guarantee);
  });

  test('every kind of violation', () => {
    expect(new Set([...BREAKAGES, ...RARELY_NOTICED].map(([, guarantee]) => guarantee))).toEqual(new Set(GUARANTEES));
  });
});
