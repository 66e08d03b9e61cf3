import { brokenBy, RARELY_NOTICED, seedsOf } from '../random/breakages';

test.each(RARELY_NOTICED)('the simulation notices %s: %s', async (_, guarantee, breakage) => {
  expect(await brokenBy(breakage, guarantee, seedsOf(80))).toContain(guarantee);
});
