interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/**
 * Simulated time: events happen one after the other in the order of their times. Everything that follows from one event
 * immediately happens before the next event.
 */
export class Scheduler {
  now = Date.UTC(2026, 0, 1);
  private readonly start = this.now;
  private readonly events: Event[] = [];
  private readonly said: string[] = [];

  /** What has happened, for those who investigate a violation. */
  get trace(): readonly string[] {
    return this.said;
  }

  say(what: string): void {
    this.said.push(`${((this.now - this.start) / 1000).toFixed(3).padStart(10)} ${what}`);
  }

  in(milliseconds: number, happen: () => void): void {
    const at = this.now + milliseconds;
    this.events.splice(this.indexAfter(at), 0, { at, happen });
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.in(milliseconds, resolve));
  }

  /** @returns whether an end was reached, so that no event is left */
  async run(maxEvents: number): Promise<boolean> {
    for (let count = 0; count < maxEvents; count++) {
      await new Promise((resolve) => setImmediate(resolve)); // after everything that only waited for promises
      const event = this.events.shift();
      if (event === undefined) {
        return true;
      }
      this.now = event.at;
      event.happen();
    }
    return false;
  }

  private indexAfter(at: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.events[middle].at <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
