import { type Exercise, type Exercised } from './exercised';
import { type Random } from './random';
import { type Scheduler } from './scheduler';

/** How often things go wrong, from 0 to 1. */
export interface Faultiness {
  /** At a pause: the process dies. */
  readonly crash: number;
  /** At a call: it is refused or throttled, or its answer gets lost. */
  readonly call: number;
  /** At a pause: the pause lasts many seconds. */
  readonly stall: number;
}

/**
 * An error that the simulation makes as if it came from a service. The engine does not catch it, and the function
 * fails.
 */
export class SimulatedError extends Error {
  constructor(name: string) {
    super('simulated');
    this.name = name;
  }
}

export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faultiness: Faultiness;
  readonly exercised: Exercised;
}

/** One invocation of a function. It can die before and after each call that it makes, and then it never continues. */
export class Process {
  readonly endsBy: number;
  /** The times at which anything went wrong in it. */
  readonly hits: number[] = [];

  constructor(
    private readonly surroundings: Surroundings,
    readonly name: string,
    seconds: number,
    private readonly onDeath: (why: string) => void,
  ) {
    this.endsBy = surroundings.scheduler.now + seconds * 1000;
  }

  /** Notes that a fault hits the process now. */
  hit(): void {
    this.hits.push(this.surroundings.scheduler.now);
  }

  /** The time that a call takes on its way there or back. */
  async pause(what: string, crash: Exercise = 'a function crashes before a call'): Promise<void> {
    const { random, faultiness, scheduler, exercised } = this.surroundings;
    const isLong = random.chance(faultiness.stall);
    if (isLong) {
      this.hit();
      exercised.note('a call takes many seconds');
    }
    const milliseconds = isLong ? random.between(1000, random.pick([5_000, 30_000, 150_000])) : random.between(1, 120);
    await this.waitFor(milliseconds);
    if (random.chance(faultiness.crash)) {
      exercised.note(crash);
      return this.die(`crash at ${what}`);
    }
    scheduler.say(`${this.name} ${what}`);
  }

  /** Lets time pass. If the function's timeout is over, the process ends. */
  async waitFor(milliseconds: number): Promise<void> {
    const { scheduler } = this.surroundings;
    const left = this.endsBy - scheduler.now;
    await scheduler.sleep(Math.min(milliseconds, left));
    if (milliseconds >= left) {
      this.surroundings.exercised.note('a function runs into its timeout');
      return this.die('timeout');
    }
  }

  /** The process may die before the effect, or after it without having learned its result. */
  async call<T>(what: string, effect: () => Promise<T>): Promise<T> {
    await this.pause(`${what} >`);
    const result = await effect();
    await this.pause(`${what} <`, 'a function crashes after a call');
    return result;
  }

  /** A call that may fail, before or after it took effect. */
  async fallibleCall<T>(what: string, effect: () => Promise<T>): Promise<T> {
    const { random, faultiness, exercised } = this.surroundings;
    return this.call(what, async () => {
      if (!random.chance(faultiness.call * 0.2)) {
        return effect();
      }
      this.hit();
      const isDone = random.chance(0.5);
      exercised.note(`the ledger or the clock answers 500 ${isDone ? 'after having done it' : 'without having done it'}`);
      if (isDone) {
        await effect();
      }
      throw new SimulatedError('InternalServerError');
    });
  }

  private die(why: string): Promise<never> {
    this.hit();
    this.surroundings.scheduler.say(`${this.name} dies: ${why}`);
    this.onDeath(why);
    return new Promise(() => {});
  }
}
