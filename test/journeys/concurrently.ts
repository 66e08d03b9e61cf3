/**
 * Tests that spend their time waiting, all at once. Each is a test of its own, and what it does begins with the first of them.
 * `before` is done first.
 */
export function concurrently(before: () => Promise<void>, tests: Readonly<Record<string, () => Promise<void>>>): void {
  const results = new Map<string, PromiseSettledResult<void>>();

  beforeAll(async () => {
    await before();
    await Promise.all(
      Object.entries(tests).map(async ([name, run]) => {
        const [result] = await Promise.allSettled([run()]);
        results.set(name, result);
      }),
    );
  });

  test.each(Object.keys(tests))('%s', (name) => {
    const result = results.get(name);
    if (result?.status !== 'fulfilled') {
      throw result?.reason ?? new Error('it did not come to an end');
    }
  });
}
