import { type ResourceDefinition } from './template';
/** A resource that exists, or may exist. */
export interface LiveResource {
  readonly definition: ResourceDefinition;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly state: 'under way' | 'complete' | 'failed';
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** When it was made. */
  readonly since: number;
  /** The last request that was sent about it. */
  readonly requestId?: string;
}

export type LiveResources = ReadonlyMap<string, LiveResource>;
