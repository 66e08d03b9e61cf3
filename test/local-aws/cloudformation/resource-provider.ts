/**
 * The same way to make, edit and delete a resource, whether a service here does it or the handler of a custom resource.
 */
import { type Clock } from '../clock';
import { type Properties, type ResourceContext, type ResourceState, type ResourceType } from '../service';
import { CustomResourceFailure, isCustomResource, type CustomResources } from './custom-resource';
import { type DynamicReferences } from './dynamic-references';

export interface ResourceProvider {
  /** When a sibling has failed, CloudFormation does not wait for what is still running with this one. */
  readonly isAbandoned: boolean;
  readonly createOnly: readonly string[];
  create(properties: Properties, context: ResourceContext): Promise<ResourceState>;
  update(physicalId: string, properties: Properties, oldProperties: Properties, context: ResourceContext): Promise<ResourceState>;
  delete(physicalId: string, properties: Properties, context: ResourceContext): Promise<void>;
}

export class ResourceProviders {
  constructor(
    private readonly types: () => Readonly<Record<string, ResourceType>>,
    private readonly customResources: CustomResources,
    private readonly dynamicReferences: DynamicReferences,
    private readonly clock: Clock,
  ) {}

  knows(type: string): boolean {
    return isCustomResource(type) || type in this.types();
  }

  providerOf(type: string): ResourceProvider {
    const provider = isCustomResource(type) ? this.custom(type) : this.ordinary(this.types()[type]);
    const resolved = (properties: Properties): Properties => this.dynamicReferences.resolve(type, properties);
    return {
      ...provider,
      create: async (properties, context) => provider.create(resolved(properties), context),
      update: async (physicalId, properties, oldProperties, context) =>
        provider.update(physicalId, resolved(properties), resolved(oldProperties), context),
      delete: async (physicalId, properties, context) => provider.delete(physicalId, resolved(properties), context),
    };
  }

  private custom(type: string): ResourceProvider {
    const custom = this.customResources;
    return {
      isAbandoned: true,
      createOnly: [],
      create: (properties, context) => custom.create(type, properties, context),
      update: (physicalId, properties, oldProperties, context) => custom.update(type, physicalId, properties, oldProperties, context),
      delete: (physicalId, properties, context) => custom.delete(type, physicalId, properties, context),
    };
  }

  private ordinary(type: ResourceType): ResourceProvider {
    const inTurn = <Result>(operation: () => Promise<Result>): Promise<Result> => this.inTurn(operation);
    return {
      isAbandoned: false,
      createOnly: type.createOnly ?? [],
      create: (properties, context) => inTurn(() => type.create(properties, context)),
      update: (physicalId, properties, _oldProperties, context) => inTurn(() => type.update(physicalId, properties, context)),
      delete: (physicalId, properties, context) => inTurn(() => type.delete(physicalId, properties, context)),
    };
  }

  /** Services take no embedded time, so it makes no difference which of two calls is done first. */
  private async inTurn<Result>(operation: () => Promise<Result>): Promise<Result> {
    const activity = this.clock.begin();
    try {
      return await operation();
    } finally {
      await activity.pausedDuring(this.clock.turn(activity.order));
      activity.end();
    }
  }
}

/** The result of an attempt that failed. */
export interface Failure {
  readonly reason: string;
  /** A custom resource may name its physical ID even when it fails. */
  readonly physicalId?: string;
  /** Whether the provider was asked at all. */
  readonly wasSent: boolean;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CustomResourceFailure) {
    return { reason: error.message, physicalId: error.physicalId, wasSent: error.wasSent };
  }
  return { reason: error instanceof Error ? error.message : String(error), wasSent: true };
}
