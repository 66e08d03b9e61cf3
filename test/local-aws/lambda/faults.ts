/**
 * What a test can make go wrong in Lambda. A function is named by its name, its ARN, a pattern for the name, or
 * whatever else the test decides.
 */

export type FunctionPattern = string | RegExp | ((functionName: string) => boolean);

/** `before`: the handler never sees the event. `after`: the handler has done all its work, but its answer is lost. */
export type CrashMoment = 'before' | 'after';

interface PlannedCrash {
  readonly pattern: FunctionPattern;
  readonly moment: CrashMoment;
  remaining: number;
}

interface Countdown {
  readonly pattern: FunctionPattern;
  remaining: number;
}

interface PlannedDelay extends Countdown {
  /** In milliseconds of the embedded clock. */
  readonly delay: number | (() => number);
}

export class LambdaFaults {
  private readonly crashes = new Set<PlannedCrash>();
  private readonly throttles: Countdown[] = [];
  private readonly duplicates: PlannedDelay[] = [];
  private readonly slownesses: PlannedDelay[] = [];

  /** The execution environment dies at the n-th invocation from now on. */
  crash(pattern: FunctionPattern, moment: CrashMoment, invocation = 1): void {
    this.crashes.add({ pattern, moment, remaining: invocation });
  }

  /** The next invocations are refused with TooManyRequestsException. Asynchronous events wait and are tried again. */
  throttle(pattern: FunctionPattern, times: number): void {
    this.throttles.push({ pattern, remaining: times });
  }

  /**
   * The next asynchronous events are delivered twice with the same request ID: at the same time, or the second one this
   * many milliseconds of the embedded clock after the first.
   */
  deliverTwice(pattern: FunctionPattern, events = 1, delay = 0): void {
    this.duplicates.push({ pattern, remaining: events, delay });
  }

  /** In the next invocations, this many milliseconds of the embedded clock pass before the handler sees the event. */
  slowDown(pattern: FunctionPattern, delay: number | (() => number), invocations = 1): void {
    this.slownesses.push({ pattern, remaining: invocations, delay });
  }

  clear(): void {
    this.crashes.clear();
    for (const countdowns of [this.throttles, this.duplicates, this.slownesses]) {
      countdowns.length = 0;
    }
  }

  /** Counts an invocation. */
  nextCrash(functionName: string): CrashMoment | undefined {
    let moment: CrashMoment | undefined;
    for (const crash of this.crashes) {
      if (!names(crash.pattern, functionName)) {
        continue;
      }
      crash.remaining -= 1;
      if (crash.remaining > 0) {
        continue;
      }
      this.crashes.delete(crash);
      moment = crash.moment;
    }
    return moment;
  }

  takeThrottle(functionName: string): boolean {
    return take(this.throttles, functionName) !== undefined;
  }

  /** How much later the second delivery of this event is. Undefined if there is none. */
  takeDuplicate(functionName: string): number | undefined {
    return delayOf(take(this.duplicates, functionName));
  }

  takeSlowness(functionName: string): number {
    return delayOf(take(this.slownesses, functionName)) ?? 0;
  }
}

export function names(pattern: FunctionPattern, functionName: string): boolean {
  if (typeof pattern === 'function') {
    return pattern(functionName);
  }
  return typeof pattern === 'string'
    ? pattern === functionName || pattern.endsWith(`:function:${functionName}`)
    : pattern.test(functionName);
}

function delayOf(planned: PlannedDelay | undefined): number | undefined {
  return typeof planned?.delay === 'function' ? planned.delay() : planned?.delay;
}

function take<T extends Countdown>(countdowns: readonly T[], functionName: string): T | undefined {
  const countdown = countdowns.find(({ pattern, remaining }) => remaining > 0 && names(pattern, functionName));
  if (countdown) {
    countdown.remaining -= 1;
  }
  return countdown;
}
