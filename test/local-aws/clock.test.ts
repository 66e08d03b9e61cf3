import { Clock } from './clock';

const HOUR = 3_600_000;

/** Lets everything happen that can happen now. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What has happened so far, and when, from the clock's beginning on. */
class Diary {
  readonly entries: string[] = [];
  private readonly start: number;

  constructor(private readonly clock: Clock) {
    this.start = clock.now();
  }

  write(what: string): void {
    this.entries.push(`${what} at ${this.clock.now() - this.start}`);
  }
}

function make(options?: ConstructorParameters<typeof Clock>[0]): { clock: Clock; diary: Diary } {
  const clock = new Clock(options);
  return { clock, diary: new Diary(clock) };
}

test('time begins at the same moment in every run', () => {
  expect(new Clock().now()).toBe(Date.UTC(2026, 0, 1));
});

test('time stands where nobody lets it pass, and what is due now happens all the same', async () => {
  const { clock, diary } = make();
  clock.schedule(0, () => diary.write('now'));
  clock.schedule(1, () => diary.write('later'));
  await settle();
  expect(diary.entries).toEqual(['now at 0']);
});

test('time jumps from one thing that is due to the next, however far away it is', async () => {
  const { clock, diary } = make();
  clock.schedule(12 * HOUR, () => diary.write('last'));
  clock.schedule(5, () => diary.write('first'));
  await clock.until(clock.sleep(24 * HOUR));
  diary.write('over');
  expect(diary.entries).toEqual(['first at 5', `last at ${12 * HOUR}`, `over at ${24 * HOUR}`]);
});

test('what is cancelled does not happen', async () => {
  const { clock, diary } = make();
  clock.schedule(5, () => diary.write('cancelled')).cancel();
  await clock.until(clock.sleep(10));
  expect(diary.entries).toEqual([]);
});

test('time is held where the condition holds for the first time', async () => {
  const { clock, diary } = make();
  let count = 0;
  const again = (): void => {
    count += 1;
    clock.schedule(1000, again);
  };
  again();
  await clock.until(() => count === 3);
  await settle();
  diary.write('held');
  expect([count, diary.entries]).toEqual([3, ['held at 2000']]);
});

test('who has waited acts before anything else is due', async () => {
  const { clock, diary } = make();
  let isReached = false;
  clock.schedule(10, () => (isReached = true));
  clock.schedule(10, () => diary.write('due at the same time'));
  await clock.until(() => isReached);
  diary.write('who has waited');
  await settle();
  expect(diary.entries).toEqual(['who has waited at 10', 'due at the same time at 10']);
});

test('a wait for a promise gives what it gives, or fails as it fails', async () => {
  const { clock } = make();
  expect(await clock.until(clock.sleep(5).then(() => 'done'))).toBe('done');
  const failing = clock.sleep(5).then(() => Promise.reject(new Error('no')));
  await expect(clock.until(failing)).rejects.toThrow('no');
});

test('a condition that throws ends its own wait', async () => {
  const { clock } = make();
  const broken = (): boolean => {
    throw new Error('broken');
  };
  await expect(clock.until(broken)).rejects.toThrow('broken');
  await clock.until(clock.sleep(5));
});

test('a wait for what can not come fails', async () => {
  const { clock } = make();
  await expect(clock.until(() => false)).rejects.toThrow('nothing is due any more');
  await expect(clock.until(new Promise(() => undefined))).rejects.toThrow('nothing is due any more');
});

test('a wait for what never comes fails, though time goes on', async () => {
  const { clock } = make();
  const again = (): void => void clock.schedule(24 * HOUR, again);
  again();
  await expect(clock.until(() => false)).rejects.toThrow('it has not come in');
});

test('of things that are due at the same time the one that was scheduled first is first', async () => {
  const { clock, diary } = make();
  for (const name of ['one', 'two', 'three']) {
    clock.schedule(7, () => diary.write(name));
  }
  await clock.until(clock.sleep(7));
  expect(diary.entries).toEqual(['one at 7', 'two at 7', 'three at 7']);
});

test('who makes the clock can choose their order', async () => {
  const { clock, diary } = make({ choose: (count) => count - 1 });
  for (const name of ['one', 'two', 'three']) {
    clock.schedule(7, () => diary.write(name));
  }
  await clock.until(() => diary.entries.length === 3);
  expect(diary.entries).toEqual(['three at 7', 'two at 7', 'one at 7']);
});

test('who makes the clock can have some time between them', async () => {
  const { clock, diary } = make({ apart: 1 });
  for (const name of ['one', 'two', 'three']) {
    clock.schedule(7, () => diary.write(name));
  }
  await clock.until(() => diary.entries.length === 3);
  expect(diary.entries).toEqual(['one at 7', 'two at 8', 'three at 9']);
});

test('what has a former place in the order comes before what was scheduled earlier', async () => {
  const { clock, diary } = make();
  const place = clock.nextOrder();
  clock.schedule(7, () => diary.write('earlier'));
  clock.schedule(7, () => diary.write('with a place'), place);
  await clock.until(clock.sleep(7));
  expect(diary.entries).toEqual(['with a place at 7', 'earlier at 7']);
});

test('time stands, and nothing begins, while something is under way', async () => {
  const { clock, diary } = make();
  const activity = clock.begin();
  clock.schedule(0, () => diary.write('due'));
  const over = clock.until(clock.sleep(HOUR));
  await settle();
  expect(diary.entries).toEqual([]);
  activity.end();
  activity.end();
  await over;
  expect(diary.entries).toEqual(['due at 0']);
});

test('time passes while what is under way is paused, until it goes on', async () => {
  const { clock, diary } = make();
  const activity = clock.begin();
  clock.schedule(HOUR, () => diary.write('an hour later'));
  const over = clock.until(() => diary.entries.includes('goes on at 60000') && diary.entries.length === 2);
  await activity.pausedDuring(clock.sleep(60_000));
  diary.write('goes on');
  await settle();
  expect(diary.entries).toEqual(['goes on at 60000']);
  activity.end();
  await over;
  expect(diary.entries).toEqual(['goes on at 60000', `an hour later at ${HOUR}`]);
});

test('what is paused twice goes on when both pauses are over', async () => {
  const { clock, diary } = make();
  const activity = clock.begin();
  clock.schedule(HOUR, () => diary.write('an hour later'));
  const over = clock.until(() => diary.entries.length === 3);
  const pause = async (milliseconds: number): Promise<void> => {
    await activity.pausedDuring(clock.sleep(milliseconds));
    diary.write(`paused for ${milliseconds}`);
  };
  await Promise.all([pause(2000), pause(1000)]);
  await settle();
  expect(diary.entries).toEqual(['paused for 1000 at 1000', 'paused for 2000 at 2000']);
  activity.end();
  await over;
});

test('what ends while it is paused does not go on', async () => {
  const { clock, diary } = make();
  const activity = clock.begin();
  const paused = activity.pausedDuring(clock.sleep(1000));
  activity.end();
  await clock.until(paused);
  await clock.until(clock.sleep(HOUR));
  diary.write('over');
  expect(diary.entries).toEqual([`over at ${1000 + HOUR}`]);
});

test('who waits at the same time as others is told at a time of their own', async () => {
  const { clock, diary } = make();
  const waitFor = async (milliseconds: number): Promise<void> => {
    await clock.until(clock.sleep(milliseconds));
    diary.write(`waited for ${milliseconds}`);
  };
  await Promise.all([waitFor(2000), waitFor(1000)]);
  expect(diary.entries).toEqual(['waited for 1000 at 1000', 'waited for 2000 at 2000']);
});

test('work is under way until it ends, also when it fails', async () => {
  const { clock } = make();
  await expect(clock.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await clock.during(async () => 'done')).toBe('done');
  await clock.until(clock.sleep(5));
});

describe('a paced clock', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'], now: 1_000_000 });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** Real time. */
  async function pass(milliseconds: number): Promise<void> {
    await settle();
    jest.advanceTimersByTime(milliseconds);
    await settle();
  }

  test('begins now, and passes by itself, so many times as fast as the real time', async () => {
    const { clock, diary } = make({ pace: 60 });
    expect(clock.now()).toBe(1_000_000);
    clock.schedule(60_000, () => diary.write('a minute'));
    await pass(999);
    expect([diary.entries, clock.now()]).toEqual([[], 1_000_000 + 59_940]);
    await pass(1);
    expect(diary.entries).toEqual(['a minute at 60000']);
  });

  test('stands while something is under way', async () => {
    const { clock, diary } = make({ pace: 60 });
    clock.schedule(60_000, () => diary.write('a minute'));
    await pass(500);
    const activity = clock.begin();
    await pass(10_000);
    expect([diary.entries, clock.now()]).toEqual([[], 1_030_000]);
    activity.end();
    await pass(500);
    expect(diary.entries).toEqual(['a minute at 60000']);
  });

  test('tells who waits, when that is over', async () => {
    const { clock, diary } = make({ pace: 60 });
    void clock.until(clock.sleep(60_000)).then(() => diary.write('over'));
    await pass(999);
    expect(diary.entries).toEqual([]);
    await pass(1);
    expect(diary.entries).toEqual(['over at 60000']);
  });

  test('does what is scheduled later and due earlier', async () => {
    const { clock, diary } = make({ pace: 1 });
    clock.schedule(10_000, () => diary.write('second'));
    await pass(1000);
    clock.schedule(1000, () => diary.write('first'));
    await pass(1000);
    await pass(8000);
    expect(diary.entries).toEqual(['first at 2000', 'second at 10000']);
  });
});
