import { type LiveResource, type LiveResources } from './live-resource';
import { type Surroundings } from './process';

/** What the policies of the stack allow, once they have arrived. */
export class SimulatedPermissions {
  private readonly delays = new Map<string, number>();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly resources: () => LiveResources,
  ) {}

  /** Whether a policy that has arrived contains the text. */
  allow(text: string): boolean {
    return [...this.resources().values()].some((resource) => this.hasArrived(resource) && JSON.stringify(resource.properties).includes(text));
  }

  private hasArrived({ definition, state, since }: LiveResource): boolean {
    return definition.type === 'AWS::IAM::ManagedPolicy' && state === 'complete' && since + this.delayOf(`${definition.logicalId} ${since}`) <= this.surroundings.scheduler.now;
  }

  /** Mostly seconds, sometimes minutes. */
  private delayOf(policy: string): number {
    const { random, faultiness } = this.surroundings;
    const delay = this.delays.get(policy) ?? (random.chance(faultiness.call) ? random.between(0, random.pick([20_000, 240_000])) : 0);
    this.delays.set(policy, delay);
    return delay;
  }
}
