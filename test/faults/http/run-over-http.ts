import { cpus } from 'node:os';
import { FaultPlan } from './fault-plan';
import { FaultyAws } from './faulty-aws';
import { GUARANTEES_OVER_HTTP } from './guarantees-over-http';
import { ObservedLife } from './observed-life';
import { drawShape, sliceCountOf, Templates } from './shape';
import { StackLife } from './stack-life';
import { zipOf } from '../../local-aws/s3/zip';
import { TemporaryDirectory } from '../../local-aws/temporary-directory';

export interface RunOptions {
  readonly seed: number;
  /** How many deployments there are at least: creations, updates, and tries once more. */
  readonly deployments: number;
  /** How many stacks live at once. @default - one for each processor */
  readonly concurrency?: number;
  /** Runs only the stack with this number, to investigate a violation. */
  readonly life?: number;
  /** The folders of other bundles than those of the library, by the names of their handlers. */
  readonly bundles?: Readonly<Record<string, string>>;
}

/** What was found out about one guarantee. */
export interface Finding {
  readonly kept: number;
  /** Cases that only have to satisfy a weaker rule, and do, by their reason. */
  readonly excused: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

export interface Trace {
  readonly lines: readonly string[];
  /** Whether a guarantee was violated in that life. */
  readonly isViolated: boolean;
}

export interface RunResult {
  readonly deployments: number;
  readonly stacks: number;
  readonly findings: Readonly<Record<string, Finding>>;
  /** How often each fault and each situation came about. */
  readonly tally: Readonly<Record<string, number>>;
  /** What happened in each life. */
  readonly traces: readonly Trace[];
}

/** The violations by guarantee. Empty if each guarantee held. */
export function violationsOf({ findings }: RunResult): Record<string, readonly string[]> {
  const violated = Object.entries(findings).filter(([, { violations }]) => violations.length > 0);
  return Object.fromEntries(violated.map(([guarantee, { violations }]) => [guarantee, violations]));
}

/**
 * Deploys stacks of the real constructs to embedded AWSs with many faults, and with the bundled handlers in child
 * processes. Each stack has an embedded AWS of its own, in which nothing depends on the machine: the same seed gives
 * the same lives.
 */
export async function runOverHttp(options: RunOptions): Promise<RunResult> {
  const directory = new TemporaryDirectory('faults-over-http');
  try {
    return await new Run(new Templates(directory.path), options).run();
  } finally {
    directory.remove();
  }
}

class Run {
  private readonly findings = new Map<string, { kept: number; excused: Record<string, number>; violations: string[] }>();
  private readonly tally: Record<string, number> = {};
  private readonly traces: Trace[] = [];
  private readonly zips = new Map<string, Buffer>();
  private readonly lives: ObservedLife[] = [];

  constructor(
    private readonly templates: Templates,
    private readonly options: RunOptions,
  ) {}

  async run(): Promise<RunResult> {
    const { life, concurrency = cpus().length } = this.options;
    if (life === undefined) {
      await this.liveAll(concurrency);
    } else {
      this.lives.push(await this.live(life));
    }
    this.lives.forEach((observed) => this.judge(observed));
    const { findings, tally, traces } = this;
    return { deployments: this.deployments, stacks: this.lives.length, findings: Object.fromEntries(findings), tally, traces };
  }

  private get deployments(): number {
    return this.lives.reduce((sum, { life: { deployments } }) => sum + deployments, 0);
  }

  /** Several lives run at once. Which ones run does not depend on how fast they are. */
  private async liveAll(concurrency: number): Promise<void> {
    const underWay: Promise<ObservedLife>[] = [];
    let begun = 0;
    while (this.deployments < this.options.deployments) {
      while (underWay.length < concurrency) {
        begun += 1;
        underWay.push(this.live(begun));
      }
      const next = await underWay.shift();
      this.lives.push(...(next === undefined ? [] : [next]));
    }
    await Promise.all(underWay);
  }

  private async live(number: number): Promise<ObservedLife> {
    const stackName = `Life${number}`;
    const { seed } = this.options;
    const shape = drawShape(new FaultPlan(seed, stackName, 1).stream('shape'));
    const world = await FaultyAws.start(new FaultPlan(seed, stackName, sliceCountOf(shape) > 1 ? 15 : 1));
    try {
      const life = new StackLife(world, shape, this.templates.bodyOf(shape));
      this.publish(world);
      await life.live();
      return new ObservedLife(life, world);
    } finally {
      await world.aws.stop();
    }
  }

  private publish(world: FaultyAws): void {
    const { bundles = {} } = this.options;
    for (const [key, directory] of this.templates.assets) {
      const replaced = Object.keys(bundles).find((handler) => directory.includes(handler));
      const zip = this.zips.get(key) ?? zipOf(replaced === undefined ? directory : bundles[replaced]);
      this.zips.set(key, zip);
      world.publish(key, zip);
    }
  }

  private judge(life: ObservedLife): void {
    let isViolated = false;
    for (const [guarantee, verdictsOn] of Object.entries(GUARANTEES_OVER_HTTP)) {
      const finding = this.findings.get(guarantee) ?? { kept: 0, excused: {}, violations: [] };
      this.findings.set(guarantee, finding);
      for (const { kind, detail } of verdictsOn(life)) {
        if (kind === 'kept') {
          finding.kept += 1;
        } else if (kind === 'excused') {
          finding.excused[detail] = (finding.excused[detail] ?? 0) + 1;
        } else {
          finding.violations.push(`${life.life.name}: ${detail}`);
          isViolated = true;
        }
      }
    }
    this.traces.push({ lines: life.trace(), isViolated });
    this.count(life);
  }

  private count({ life, statuses, requests, jobs }: ObservedLife): void {
    const events = [
      ...life.plan.hits.map(({ fault }) => `fault: ${fault}`),
      ...life.operations.map((operation) => `somebody: ${operation}`),
      ...statuses.map(({ status }) => `stack: ${status}`),
      ...requests.map(({ event }) => `request: ${event.RequestType}`),
      ...jobs.map(({ status }) => `job: ${status}`),
      `shape: ${life.shape.jobs.length} jobs on ${life.shape.memberships} memberships`,
      `shape: ${sliceCountOf(life.shape)} slices`,
      `shape: ${life.shape.isSequential ? 'one after the other' : 'all at once'}`,
    ];
    events.forEach((event) => (this.tally[event] = (this.tally[event] ?? 0) + 1));
  }
}
