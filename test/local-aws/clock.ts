/**
 * The time in the embedded AWS. It runs faster than the real one by a factor, so that hours of waiting pass in seconds.
 * Only the server and what it runs live in this time; the code under test never learns of it.
 */
export class Clock {
  private readonly start = Date.now();

  constructor(readonly factor = 1) {}

  /** Milliseconds since the epoch, in this time. */
  now(): number {
    return this.start + (Date.now() - this.start) * this.factor;
  }

  /** How many real milliseconds this many milliseconds of this time are. */
  realMilliseconds(milliseconds: number): number {
    return milliseconds / this.factor;
  }

  /** Runs the task after so many milliseconds of this time. The timer alone keeps no process alive. */
  schedule(milliseconds: number, task: () => void): NodeJS.Timeout {
    return setTimeout(task, this.realMilliseconds(milliseconds)).unref();
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.realMilliseconds(milliseconds)));
  }

  /** What the preload of a child process needs to live in the same time. */
  environment(): Record<string, string> {
    return { LOCAL_AWS_CLOCK_START: String(this.start), LOCAL_AWS_CLOCK_FACTOR: String(this.factor) };
  }
}
