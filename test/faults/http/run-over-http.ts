import { cpus } from 'node:os';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { FaultPlan } from './fault-plan';
import { FaultyAws } from './faulty-aws';
import { GUARANTEES_OVER_HTTP } from './guarantees-over-http';
import { ObservedLife } from './observed-life';
import { drawShape, sliceCountOf, Templates } from './shape';
import { StackLife } from './stack-life';
import { TemporaryDirectory } from '../../local-aws/temporary-directory';

export interface RunOptions {
  readonly seed: number;
  /** How many deployments there are at least: creations, updates, and tries once more. */
  readonly deployments: number;
  /** How many stacks live at once. @default - 3 for each processor */
  readonly concurrency?: number;
  /** Only this stack of the run, by its number: to look into a violation. */
  readonly life?: number;
  /** How many times faster than real time the embedded time runs. @default 40 */
  readonly clockFactor?: number;
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

export interface RunResult {
  readonly deployments: number;
  readonly stacks: number;
  readonly findings: Readonly<Record<string, Finding>>;
  /** How often each fault and each situation came about. */
  readonly tally: Readonly<Record<string, number>>;
  /** What happened in the lives with violations. */
  readonly traces: readonly (readonly string[])[];
}

/**
 * Deploys stacks of the real constructs to an embedded AWS in which much goes wrong, with the bundled handlers in child processes. The same
 * seed gives the same stacks, deployments and draws of faults; which call it is that meets a fault depends on who is faster.
 */
export async function runOverHttp(options: RunOptions): Promise<RunResult> {
  const world = await FaultyAws.start(options.clockFactor ?? 40);
  const directory = new TemporaryDirectory('faults-over-http');
  try {
    return await new Run(world, new Templates(directory.path), options).run();
  } finally {
    await world.aws.stop();
    directory.remove();
  }
}

class Run {
  private readonly client: CloudFormationClient;
  private readonly findings = new Map<string, { kept: number; excused: Record<string, number>; violations: string[] }>();
  private readonly tally: Record<string, number> = {};
  private readonly traces: string[][] = [];
  private readonly published = new Set<string>();
  private deployments = 0;
  private lives = 0;

  constructor(
    private readonly world: FaultyAws,
    private readonly templates: Templates,
    private readonly options: RunOptions,
  ) {
    this.client = new CloudFormationClient({
      endpoint: world.aws.endpoint,
      region: world.aws.region,
      credentials: { accessKeyId: 'AKIAEXAMPLEADMIN0000', secretAccessKey: 'example' },
      maxAttempts: 1,
    });
  }

  async run(): Promise<RunResult> {
    const { life, concurrency = 3 * cpus().length } = this.options;
    await (life === undefined ? Promise.all(Array.from({ length: concurrency }, () => this.liveOneByOne())) : this.live(`Life${life}`));
    this.client.destroy();
    const { deployments, lives: stacks, findings, tally, traces } = this;
    return { deployments, stacks, findings: Object.fromEntries(findings), tally, traces };
  }

  private async liveOneByOne(): Promise<void> {
    while (this.deployments < this.options.deployments) {
      this.lives += 1;
      await this.live(`Life${this.lives}`);
    }
  }

  private async live(stackName: string): Promise<void> {
    const { seed } = this.options;
    const { clock } = this.world.aws;
    const shape = drawShape(new FaultPlan(seed, stackName, 1, () => 0).stream('shape'));
    const plan = new FaultPlan(seed, stackName, sliceCountOf(shape) > 1 ? 15 : 1, () => clock.now());
    const body = this.templates.bodyOf(shape);
    this.publish();
    const life = new StackLife(this.world, this.client, plan, shape, body, () => (this.deployments += 1));
    await life.live();
    this.judge(new ObservedLife(life, this.world));
  }

  private publish(): void {
    const { bundles = {} } = this.options;
    for (const [key, directory] of this.templates.assets) {
      const replaced = Object.keys(bundles).find((handler) => directory.includes(handler));
      if (!this.published.has(key)) {
        this.world.publish(key, replaced === undefined ? directory : bundles[replaced]);
        this.published.add(key);
      }
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
    if (isViolated) {
      this.traces.push(life.trace());
    }
    this.count(life);
  }

  private count({ life, statuses, requests, jobs, slowInvocations }: ObservedLife): void {
    const events = [
      ...life.plan.hits.map(({ fault }) => `fault: ${fault}`),
      ...life.operations.map((operation) => `somebody: ${operation}`),
      ...statuses.map(({ status }) => `stack: ${status}`),
      ...slowInvocations.map(() => 'machine: a function took longer than a lease'),
      ...requests.map(({ event }) => `request: ${event.RequestType}`),
      ...jobs.map(({ status }) => `job: ${status}`),
      `shape: ${life.shape.jobs.length} jobs on ${life.shape.memberships} memberships`,
      `shape: ${sliceCountOf(life.shape)} slices`,
      `shape: ${life.shape.isSequential ? 'one after the other' : 'all at once'}`,
    ];
    events.forEach((event) => (this.tally[event] = (this.tally[event] ?? 0) + 1));
  }
}
