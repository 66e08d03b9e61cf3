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
    const lines = LINES.get(stack) ?? linesOfNew(stack);
    const key = identityOfValue(stack, membership.membershipRef.membershipIdentifier);
    const line = lines.get(key) ?? new WaitingLine();
    lines.set(key, line);
    return line;
  }

  private readonly jobs: JobResources[] = [];

  public enter(resources: JobResources): void {
    const previous = this.jobs.at(-1);
    if (previous !== undefined) {
      resources.first.node.addDependency(previous.last);
    }
    this.jobs.push(resources);
  }

  /** Each job that waits, and the one that it waits for. */
  public pairs(): [JobResources, JobResources][] {
    return this.jobs.slice(1).map((job, index) => [job, this.jobs[index]]);
  }
}

const LINES = new WeakMap<Stack, Map<string, WaitingLine>>();

function linesOfNew(stack: Stack): Map<string, WaitingLine> {
  const lines = new Map<string, WaitingLine>();
  LINES.set(stack, lines);
  // Once for all lines: to read the whole template takes longest.
  stack.node.addValidation({ validate: () => findCycles(stack, [...lines.values()].flatMap((line) => line.pairs())) });
  return lines;
}

/** CloudFormation would refuse the template, and name the resources but not the reason. */
function findCycles(stack: Stack, pairs: readonly [JobResources, JobResources][]): string[] {
  if (pairs.length === 0) {
    return [];
  }
  const graph = ResourceGraph.of(stack);
  return pairs.flatMap(([{ job, first }, previous]) =>
    graph.leads(previous.last, first)
      ? [
        `${job.node.path}: sequential: the job runs after ${previous.job.node.path}, which was defined before it on the same membership, ` +
            'and which depends on it; define it first, or set sequential to false',
      ]
      : [],
  );
}
