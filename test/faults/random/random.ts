/**
 * Repeatable random numbers: the same seed gives the same run. It is Lehmer's generator, whose products are exact in a
 * double.
 */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = ((seed % MODULUS) * 69_621 + 12_345) % MODULUS || 1;
    for (let i = 0; i < 10; i++) {
      this.next(); // seeds that are close to each other begin with numbers that are close to each other
    }
  }

  /** From 0 to below 1. */
  next(): number {
    this.state = (this.state * 48_271) % MODULUS;
    return this.state / MODULUS;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)];
  }
}

const MODULUS = 2_147_483_647;
