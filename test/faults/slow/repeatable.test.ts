import { runOverHttp, violationsOf } from '../http/run-over-http';

test('the same seed gives the same lives, however many are lived at once, and every guarantee holds in them', async () => {
  const options = { seed: 10, deployments: 2 };
  const [one, other] = [await runOverHttp({ ...options, concurrency: 1 }), await runOverHttp({ ...options, concurrency: 2 })];
  expect(one.traces[0].lines.length).toBeGreaterThan(10);
  expect(one.traces).toEqual(other.traces);
  expect(violationsOf(one)).toEqual({});
  expect(Object.keys(one.tally).some((what) => what.startsWith('fault: '))).toBe(true);
});
