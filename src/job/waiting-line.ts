import { CustomResource, Stack } from 'aws-cdk-lib';
import { aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { IConstruct } from 'constructs';
import { ResourceGraph } from '../synth/resource-graph';
import { identityOfValue } from '../synth/value-identity';

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
 * The jobs of a stack on one membership, in the order of their definition. Clean Rooms runs one job per membership at a time, so each
 * job depends on the one before: its timeout then begins when it can start.
 *
 * @internal
 */
export class WaitingLine {
  public static of(stack: Stack, membership: cleanrooms.IMembershipRef): WaitingLine {
    const lines = LINES.get(stack) ?? new Map<string, WaitingLine>();
    LINES.set(stack, lines);
    const key = identityOfValue(stack, membership.membershipRef.membershipIdentifier);
    const line = lines.get(key) ?? new WaitingLine(stack);
    lines.set(key, line);
    return line;
  }

  private readonly jobs: JobResources[] = [];

  private constructor(private readonly stack: Stack) {
    stack.node.addValidation({ validate: () => this.findCycles() });
  }

  public enter(resources: JobResources): void {
    const previous = this.jobs.at(-1);
    if (previous !== undefined) {
      resources.first.node.addDependency(previous.last);
    }
    this.jobs.push(resources);
  }

  /** CloudFormation would refuse the template, and name the resources but not the reason. */
  private findCycles(): string[] {
    if (this.jobs.length < 2) {
      return [];
    }
    const graph = ResourceGraph.of(this.stack);
    return this.jobs.slice(1).flatMap(({ job, first }, index) => {
      const previous = this.jobs[index];
      return graph.leads(previous.last, first)
        ? [
          `${job.node.path}: sequential: the job runs after ${previous.job.node.path}, which was defined before it on the same membership, ` +
              'and which depends on it; define it first, or set sequential to false',
        ]
        : [];
    });
  }
}

const LINES = new WeakMap<Stack, Map<string, WaitingLine>>();
