import { createHash } from 'node:crypto';
import { Random } from '../random/random';

/** How often things go wrong for a stack, from 0 to 1. */
export interface Faultiness {
  readonly crash: number;
  readonly call: number;
}

/** Something that went wrong on purpose. */
export interface Hit {
  readonly fault: string;
  /** On the embedded clock. */
  readonly time: number;
}

/** What goes wrong in the life of one stack. Like everything that happens, it depends on the seed alone. */
export class FaultPlan {
  readonly faultiness: Faultiness;
  readonly hits: Hit[] = [];
  private clock = { now: () => 0 };
  private readonly streams = new Map<string, Random>();

  constructor(
    private readonly seed: number,
    readonly stackName: string,
    /** The factor by which its jobs run longer than those of other stacks. */
    readonly runTimeFactor: number,
  ) {
    // Some lives have few faults, and some have many.
    const random = this.stream('faultiness');
    this.faultiness = { crash: random.pick([0, 0.01, 0.03]), call: random.pick([0, 0.08, 0.25]) };
  }

  /** From now on it is known when something goes wrong. */
  begin(clock: { now(): number }): void {
    this.clock = clock;
  }

  /** Each kind of decision has random numbers of its own. */
  stream(kind: string): Random {
    const stream = this.streams.get(kind) ?? new Random(seedOf(`${this.seed} ${this.stackName} ${kind}`));
    this.streams.set(kind, stream);
    return stream;
  }

  /** Whether the fault happens now. */
  strikes(fault: string, probability: number): boolean {
    const isHit = this.stream(fault).chance(probability);
    if (isHit) {
      this.note(fault);
    }
    return isHit;
  }

  note(fault: string): void {
    this.hits.push({ fault, time: this.clock.now() });
  }
}

function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
