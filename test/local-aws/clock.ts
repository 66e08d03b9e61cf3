/**
 * The time in the embedded AWS. It is simulated. It stands still while anything is under way, and when nothing is, it
 * jumps to the next thing that is due. So a wait of hours takes no real time, and the load of the machine does not
 * change what happens at which time.
 */

/** 2026-01-01, so that every run of a test has the same times. */
const BEGINNING = Date.UTC(2026, 0, 1);

/** The longest wait in milliseconds. What did not happen by then does not happen any more. */
const LONGEST_WAIT = 60 * 24 * 3_600_000;

export interface ClockOptions {
  /**
   * Time passes by itself, for people who watch. The number says how many times faster it is than real time.
   * @default - time passes only while a test waits with `until`, and then at once
   */
  readonly pace?: number;
  /**
   * Chooses which of several things that are due at the same time happens first. It gets their number, and returns an
   * index in the order in which they were scheduled.
   * @default - the first
   */
  readonly choose?: (count: number) => number;
  /**
   * How many milliseconds pass between two things that are due at the same time, so that their times tell which came
   * first.
   * @default 0
   */
  readonly apart?: number;
}

/** Something that is due at a time. */
export interface Appointment {
  cancel(): void;
}

interface Due {
  readonly time: number;
  readonly order: number;
  readonly task: () => void;
}

interface Wait {
  readonly isOver: () => boolean;
  readonly end: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Clock {
  readonly isPaced: boolean;
  private readonly pace: number;
  private readonly choose: (count: number) => number;
  private readonly apart: number;
  private time: number;
  private order = 0;
  private activities = 0;
  private readonly due = new Set<Due>();
  private readonly waits = new Set<Wait>();
  private isProceeding = false;
  /** While a paced clock waits for what is due next: since when, in real time. */
  private pacing?: { readonly since: number; readonly timer: NodeJS.Timeout };

  constructor({ pace, choose = () => 0, apart = 0 }: ClockOptions = {}) {
    this.isPaced = pace !== undefined;
    this.pace = pace ?? 1;
    this.choose = choose;
    this.apart = apart;
    this.time = this.isPaced ? Date.now() : BEGINNING;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.pacing === undefined ? this.time : this.time + Math.floor((Date.now() - this.pacing.since) * this.pace);
  }

  /** A place in the order of things that are due at the same time. */
  nextOrder(): number {
    this.order += 1;
    return this.order;
  }

  /** The task is due after this many milliseconds. It begins when nothing is under way. */
  schedule(milliseconds: number, task: () => void, order = this.nextOrder()): Appointment {
    const due: Due = { time: this.now() + Math.max(0, milliseconds), order, task };
    this.due.add(due);
    this.proceed();
    return { cancel: () => this.due.delete(due) };
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.schedule(milliseconds, resolve));
  }

  /**
   * Resolves at the same embedded time, as soon as nothing is under way. Things that take turns in this way have the
   * same order in every run.
   */
  turn(order?: number): Promise<void> {
    return new Promise((resolve) => this.schedule(0, resolve, order));
  }

  /** Time stands still until the activity is paused or ends. */
  begin(order = this.nextOrder()): Activity {
    return new Activity(order, (change) => {
      this.standStill();
      this.activities += change;
      this.proceed();
    });
  }

  /** Time stands still while the work is done. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const activity = this.begin();
    try {
      return await work();
    } finally {
      activity.end();
    }
  }

  /**
   * Lets time pass until the condition holds, or until the promise is settled, and stops it there. This is the only way
   * in which time passes, unless the clock is paced.
   */
  until(condition: () => boolean): Promise<void>;
  until<Result>(result: Promise<Result>): Promise<Result>;
  async until<Result>(awaited: Promise<Result> | (() => boolean)): Promise<Result | void> {
    if (typeof awaited === 'function') {
      return this.wait(awaited);
    }
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      this.proceed();
    };
    awaited.then(settle, settle);
    await this.wait(() => isSettled);
    return awaited;
  }

  private wait(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waits.add({ isOver, end: this.time + LONGEST_WAIT, resolve, reject });
      this.proceed();
    });
  }

  /** In a later turn of the event loop, after everything that follows from what has just happened. */
  private proceed(): void {
    if (this.isProceeding) {
      return;
    }
    this.isProceeding = true;
    setImmediate(() => {
      this.isProceeding = false;
      this.step();
    });
  }

  private step(): void {
    if (this.activities > 0) {
      return;
    }
    this.standStill();
    if (this.endWaits()) {
      return this.proceed(); // the one that has waited acts first
    }
    const next = this.next();
    if (next !== undefined && next.time <= this.time) {
      return this.perform(next);
    }
    if (this.isPaced) {
      return this.moveOn(next);
    }
    if (this.waits.size > 0) {
      return next === undefined ? this.giveUp('nothing is due any more') : this.perform(next);
    }
  }

  private next(): Due | undefined {
    const earliest = Math.max(this.time, Math.min(...[...this.due].map(({ time }) => time)));
    const candidates = [...this.due].filter(({ time }) => time <= earliest).sort((one, other) => one.time - other.time || one.order - other.order);
    return candidates.length > 1 ? candidates[this.choose(candidates.length)] : candidates[0];
  }

  private perform(next: Due): void {
    this.due.delete(next);
    this.time = Math.max(this.time + this.apart, next.time);
    next.task();
    this.proceed();
  }

  /** @returns whether one was over */
  private endWaits(): boolean {
    let isOneOver = false;
    for (const wait of this.waits) {
      try {
        if (!wait.isOver()) {
          continue;
        }
        wait.resolve();
      } catch (error) {
        wait.reject(error);
      }
      this.waits.delete(wait);
      isOneOver = true;
    }
    if ([...this.waits].some(({ end }) => end < this.time)) {
      this.giveUp(`it has not come in ${LONGEST_WAIT} milliseconds`);
    }
    return isOneOver;
  }

  private giveUp(reason: string): void {
    for (const { reject } of this.waits) {
      reject(new Error(`what is waited for does not come: ${reason}`));
    }
    this.waits.clear();
  }

  // --- A paced clock

  private moveOn(next: Due | undefined): void {
    const delay = next === undefined ? undefined : (next.time - this.time) / this.pace;
    const timer = setTimeout(() => this.proceed(), Math.min(delay ?? Infinity, 2 ** 31 - 1)).unref();
    this.pacing = { since: Date.now(), timer };
  }

  private standStill(): void {
    if (this.pacing === undefined) {
      return;
    }
    clearTimeout(this.pacing.timer);
    this.time = this.now();
    this.pacing = undefined;
  }
}

/** Something that is under way, unless it is paused. */
export class Activity {
  private isUnderWay = false;
  private hasEnded = false;
  private pauses = 0;

  constructor(
    /** Among things that are due at the same time. */
    readonly order: number,
    private readonly report: (change: 1 | -1) => void,
  ) {
    this.update();
  }

  async pausedDuring<Result>(work: Promise<Result>): Promise<Result> {
    this.pause();
    try {
      return await work;
    } finally {
      this.resume();
    }
  }

  pause(): void {
    this.pauses += 1;
    this.update();
  }

  resume(): void {
    this.pauses -= 1;
    this.update();
  }

  /** May be called twice. */
  end(): void {
    this.hasEnded = true;
    this.update();
  }

  private update(): void {
    const isUnderWay = !this.hasEnded && this.pauses === 0;
    if (isUnderWay !== this.isUnderWay) {
      this.isUnderWay = isUnderWay;
      this.report(isUnderWay ? 1 : -1);
    }
  }
}
