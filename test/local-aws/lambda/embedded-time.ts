/**
 * The embedded time in a function's process: timers, `Date`, and what clients choose at random, such as the length of
 * their pauses. Must be imported before anything that looks at the time.
 */
import * as timersPromises from 'node:timers/promises';
import { install } from '@sinonjs/fake-timers';

const clock = install({
  now: Number(process.env.LOCAL_AWS_TIME),
  toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  shouldClearNativeTimers: true, // without a warning in the function's log, for example about the SDK, which clears timers that it has not set
});

/** Node.js' own timer behind a signal is a real one. */
AbortSignal.timeout = (milliseconds) => {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  setTimeout(() => controller.abort(reason), milliseconds);
  return controller.signal;
};

/** This one is a real timer too. */
Reflect.set(timersPromises.scheduler, 'wait', (milliseconds: number, options?: { readonly signal?: AbortSignal }) =>
  timersPromises.setTimeout(milliseconds, undefined, options),
);

/** The generator of Park and Miller. */
function repeatableRandom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

Math.random = repeatableRandom(Number(process.env.LOCAL_AWS_SEED));

/** Runs the timers that are due by then. */
export async function setTime(now: number): Promise<void> {
  await clock.tickAsync(Math.max(0, now - clock.now));
}

/** When the next timer is due; undefined without any. */
export function nextTimer(): number | undefined {
  const times = [...(clock.timers?.values() ?? [])].map(({ callAt }) => callAt ?? Infinity);
  return times.length === 0 ? undefined : Math.min(...times);
}
