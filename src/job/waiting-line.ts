import { type CustomResource, type Stack } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { Dependable, type IConstruct, type IDependable } from 'constructs';
import { ResourceGraph } from '../synth/resource-graph';
import { addSynthCheck } from '../synth/synth-check';
import { identityOfValue, isKnownLater } from '../synth/value-identity';

/**
 * The custom resources of a job, the first slice of its timeout to the last.
 *
 * @internal
 */
export interface JobResources {
  readonly job: IConstruct;
  readonly first: CustomResource;
  readonly last: CustomResource;
}

/**
 * The sequential jobs of a stack, in the order of their definition. Clean Rooms runs one job per membership at a time, so each job depends
 * on the one before it on the same membership: its timeout then begins when it can start.
 *
 * Which one that is, is decided when the CDK asks for dependencies to make the template. Before, the ID of a membership may be a token whose
 * value comes later.
 *
 * @internal
 */
export class WaitingLines {
  public static of(stack: Stack): WaitingLines {
    const lines = LINES.get(stack) ?? new WaitingLines(stack);
    LINES.set(stack, lines);
    return lines;
  }

  private readonly places: Place[] = [];

  private constructor(private readonly stack: Stack) {
    addSynthCheck(stack, () => this.findCycles());
  }

  public enter({ membershipRef }: cleanrooms.IMembershipRef, resources: JobResources): void {
    const index = this.places.length;
    this.places.push(new Place(this.stack, membershipRef.membershipIdentifier, resources));
    resources.first.node.addDependency(decidedLater(() => this.jobBefore(index)?.last));
  }

  /** The last job on the same membership before the one of that index. */
  private jobBefore(index: number): JobResources | undefined {
    const { line } = this.places[index];
    let candidate = index - 1;
    while (candidate >= 0 && this.places[candidate].line !== line) {
      candidate--;
    }
    return this.places[candidate]?.resources;
  }

  /** CloudFormation would refuse the template, and name the resources but not the reason. */
  private findCycles(): string[] {
    const pairs = this.places.flatMap(({ resources }, index) => {
      const previous = this.jobBefore(index);
      return previous === undefined ? [] : [{ ...resources, previous }];
    });
    if (pairs.length === 0) {
      return [];
    }
    const graph = ResourceGraph.of(this.stack);
    return pairs.filter(({ first, previous }) => graph.leads(previous.last, first)).map(
      ({ job, previous }) =>
        `${job.node.path}: sequential: the job runs after ${previous.job.node.path}, which was defined before it on the same membership, ` +
        'and which depends on it; define it first, or set sequential to false',
    );
  }
}

/** Where a job stands in line. */
class Place {
  private knownLine?: string;

  constructor(
    private readonly stack: Stack,
    private readonly membershipIdentifier: string,
    public readonly resources: JobResources,
  ) {}

  /** What the jobs on the same membership have in common. */
  public get line(): string {
    if (this.knownLine !== undefined) {
      return this.knownLine;
    }
    const line = identityOfValue(this.stack, this.membershipIdentifier);
    if (!isKnownLater(this.membershipIdentifier)) {
      this.knownLine = line;
    }
    return line;
  }
}

function decidedLater(decide: () => IConstruct | undefined): IDependable {
  const dependable: IDependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots(): IConstruct[] {
      const root = decide();
      return root === undefined ? [] : [root];
    },
  });
  return dependable;
}

const LINES = new WeakMap<Stack, WaitingLines>();
