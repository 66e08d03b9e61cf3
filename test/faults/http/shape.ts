import * as path from 'node:path';
import { App, CfnParameter, DefaultStackSynthesizer, Duration, Fn, Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AnalysisTemplate, Membership, ProtectedJob } from '../../../src';
import { type Random } from '../random/random';

/** What a stack looks like. Stacks of the same shape differ in the values of their template's parameters only. */
export interface Shape {
  readonly memberships: number;
  /** Jobs of one group have the same inputs, so that their runs can not be told apart. */
  readonly jobs: readonly { readonly group: number; readonly membership: number }[];
  /** Whether the jobs of a membership run one after the other. */
  readonly isSequential: boolean;
  /** 56 takes two slices. */
  readonly timeoutMinutes: 3 | 5 | 56;
  /** Another resource that can fail: beside the jobs, or after the first one. */
  readonly sibling: 'besides' | 'behind';
}

export function drawShape(random: Random): Shape {
  const timeoutMinutes = random.pick([3, 3, 3, 3, 5, 5, 5, 5, 5, 56] as const);
  const count = timeoutMinutes === 56 ? random.whole(1, 2) : random.pick([1, 1, 1, 2, 2, 3, random.whole(4, 8)]);
  const memberships = random.whole(1, Math.min(3, count));
  const groups = Array.from({ length: count }, (_, index) => (index > 0 && random.chance(0.15) ? index - 1 : index));
  return {
    memberships,
    jobs: groups.map((group) => ({ group, membership: group % memberships })),
    isSequential: random.chance(0.5),
    timeoutMinutes,
    sibling: random.pick(['besides', 'behind'] as const),
  };
}

export function groupsOf({ jobs }: Shape): number[] {
  return [...new Set(jobs.map(({ group }) => group))];
}

export function sizeOfGroup({ jobs }: Shape, group: number): number {
  return jobs.filter((job) => job.group === group).length;
}

export function sliceCountOf({ timeoutMinutes }: Shape): number {
  return timeoutMinutes === 56 ? 2 : 1;
}

/** The templates of the real constructs, synthesized once for each shape. */
export class Templates {
  private readonly bodies = new Map<string, string>();
  /** The folders of the handlers' bundles, by the key of the asset. */
  readonly assets = new Map<string, string>();

  constructor(private readonly directory: string) {}

  bodyOf(shape: Shape): string {
    const key = JSON.stringify(shape);
    const body = this.bodies.get(key) ?? this.synthesize(shape);
    this.bodies.set(key, body);
    return body;
  }

  private synthesize(shape: Shape): string {
    const app = new App({
      outdir: path.join(this.directory, `cdk.out.${this.bodies.size}`),
      analyticsReporting: false,
      context: { 'aws:cdk:disable-asset-staging': true },
    });
    const synthesizer = new AssetsNoted(this.assets);
    addResources(new Stack(app, 'Life', { synthesizer }), shape);
    return JSON.stringify(app.synth().getStackByName('Life').template);
  }
}

/** Puts assets where a bootstrapped account has them, and remembers them. */
class AssetsNoted extends DefaultStackSynthesizer {
  constructor(private readonly assets: Map<string, string>) {
    super({ generateBootstrapVersionRule: false });
  }

  addFileAsset(asset: Parameters<DefaultStackSynthesizer['addFileAsset']>[0]): ReturnType<DefaultStackSynthesizer['addFileAsset']> {
    const location = super.addFileAsset(asset);
    if (asset.fileName !== undefined && asset.packaging === 'zip') {
      this.assets.set(location.objectKey, asset.fileName);
    }
    return location;
  }
}

function addResources(stack: Stack, shape: Shape): void {
  const value = (id: string) => new CfnParameter(stack, id).valueAsString;
  const memberships = Array.from({ length: shape.memberships }, (_, index) => ({
    membership: Membership.fromMembershipId(stack, `TheMembership${index}`, value(`Membership${index}`)),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, `TheTemplate${index}`, value(`Template${index}`)),
  }));
  const segments = new Map(groupsOf(shape).map((group) => [group, value(`Segment${group}`)]));
  const jobs = shape.jobs.map(
    ({ group, membership }, index) =>
      new ProtectedJob(stack, `Job${index}`, {
        ...memberships[membership],
        parameters: { segment: segments.get(group) ?? '' },
        sequential: shape.isSequential,
        timeout: Duration.minutes(shape.timeoutMinutes),
      }),
  );
  // The value is too long if the parameter is long.
  const text = value('Sibling');
  const sibling = new StringParameter(stack, 'TheSibling', { stringValue: Fn.join('', [text, text]) });
  if (shape.sibling === 'behind') {
    sibling.node.addDependency(jobs[0]);
  }
}
