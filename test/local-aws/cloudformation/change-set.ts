/** What an update would change. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type JsonObject } from '../json';
import { isCustomResource } from './custom-resource';
import { type DeploymentMode } from './deployment-mode';
import { evaluateOutputs } from './outputs';
import { type ResourceProviders } from './resource-provider';
import { type Stack, type StackResource, type Target } from './stack';
import { invalid, type TemplateResource } from './template';

export interface ResourceChange {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId?: string;
  readonly replacement?: 'True' | 'False' | 'Conditional';
  readonly properties: readonly string[];
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly kind: 'CREATE' | 'UPDATE';
  readonly description?: string;
  readonly target: Target;
  readonly changes: readonly ResourceChange[];
  readonly creationTime: Date;
  readonly status: 'CREATE_COMPLETE' | 'FAILED';
  readonly statusReason?: string;
  readonly mode: DeploymentMode;
  executionStatus: string;
}

export const noChanges = "The submitted information didn't contain changes. Submit different information to create a change set.";

export function changeSetId(stack: Stack, name: string): string {
  const { partition, region, accountId } = stack.environment;
  return `arn:${partition}:cloudformation:${region}:${accountId}:changeSet/${name}/${randomUUID()}`;
}

/** A property whose value is only known in the deployment. */
class NotYetKnown extends Error {}

export function changesBetween(stack: Stack, target: Target, providers: ResourceProviders): readonly ResourceChange[] {
  const active = stack.active(target);
  const changed = new Map<string, ResourceChange>();
  for (const definition of inDependencyOrder(active)) {
    const change = changeOf(stack, target, definition, changed, providers);
    if (change) {
      changed.set(definition.logicalId, change);
    }
  }
  const removed = [...stack.resources.values()].filter(({ definition }) => !active.has(definition.logicalId));
  return [...changed.values(), ...removed.map((resource): ResourceChange => ({ action: 'Remove', ...namesOf(resource), properties: [] }))];
}

/** Tags and outputs count as changes too. Parameters that nothing uses do not. */
export function hasChanges(stack: Stack, target: Target, changes: readonly ResourceChange[]): boolean {
  return (
    changes.length > 0 ||
    !isDeepStrictEqual(stack.target.tags, target.tags) ||
    !isDeepStrictEqual(evaluateOutputs(stack, target), stack.outputs)
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html */
export function refuseTypeChanges(stack: Stack, target: Target): void {
  const names = [...stack.resources.values()]
    .filter(({ definition }) => (target.template.resources.get(definition.logicalId)?.type ?? definition.type) !== definition.type)
    .map(({ definition }) => definition.logicalId);
  if (names.length > 0) {
    throw invalid(
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${names.join(', ')}]`,
    );
  }
}

function changeOf(
  stack: Stack,
  target: Target,
  definition: TemplateResource,
  changed: ReadonlyMap<string, ResourceChange>,
  providers: ResourceProviders,
): ResourceChange | undefined {
  const { logicalId, type } = definition;
  const current = stack.resources.get(logicalId);
  if (!current) {
    return { action: 'Add', logicalId, type, properties: [] };
  }
  const properties = changedProperties(stack, target, definition, current, changed);
  if (properties.certain.length === 0 && properties.possible.length === 0) {
    const isEdited =
      current.status.endsWith('_FAILED') ||
      !isDeepStrictEqual(current.definition.metadata, definition.metadata) ||
      current.definition.deletionPolicy !== definition.deletionPolicy;
    return isEdited ? { action: 'Modify', ...namesOf(current), replacement: 'False', properties: [] } : undefined;
  }
  const { createOnly } = providers.providerOf(type);
  const replacement = replacementBy(properties, createOnly);
  return { action: 'Modify', ...namesOf(current), replacement, properties: [...properties.certain, ...properties.possible] };
}

function replacementBy({ certain, possible }: ChangedProperties, createOnly: readonly string[]): ResourceChange['replacement'] {
  if (certain.some((name) => createOnly.includes(name))) {
    return 'True';
  }
  return possible.some((name) => createOnly.includes(name)) ? 'Conditional' : 'False';
}

interface ChangedProperties {
  readonly certain: string[];
  readonly possible: string[];
}

function changedProperties(
  stack: Stack,
  target: Target,
  { properties }: TemplateResource,
  current: StackResource,
  changed: ReadonlyMap<string, ResourceChange>,
): ChangedProperties {
  const evaluator = stack.evaluator(target, (logicalId, attribute) => {
    const change = changed.get(logicalId);
    // The handler of a custom resource decides its physical ID.
    const isKnown =
      !change ||
      (attribute === undefined && change.action === 'Modify' && change.replacement === 'False' && !isCustomResource(change.type));
    if (!isKnown) {
      throw new NotYetKnown();
    }
  });
  const result: ChangedProperties = { certain: [], possible: [] };
  for (const name of new Set([...Object.keys(properties), ...Object.keys(current.properties)])) {
    const value = attempt(() => evaluator.evaluate(properties[name]));
    if (value instanceof NotYetKnown) {
      result.possible.push(name);
    } else if (!isDeepStrictEqual(value, current.properties[name])) {
      result.certain.push(name);
    }
  }
  return result;
}

/** What cannot be evaluated now fails when the change set is executed, as in CloudFormation. */
function attempt(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch {
    return new NotYetKnown();
  }
}

function namesOf({
  definition: { logicalId, type },
  physicalId,
}: StackResource): Pick<ResourceChange, 'logicalId' | 'type' | 'physicalId'> {
  return { logicalId, type, ...(physicalId !== undefined && { physicalId }) };
}

function inDependencyOrder(resources: ReadonlyMap<string, TemplateResource>): readonly TemplateResource[] {
  const ordered = new Map<string, TemplateResource>();
  const visit = (resource: TemplateResource): void => {
    if (ordered.has(resource.logicalId)) {
      return;
    }
    for (const name of resource.dependencies) {
      const earlier = resources.get(name);
      if (earlier) {
        visit(earlier);
      }
    }
    ordered.set(resource.logicalId, resource);
  };
  for (const resource of resources.values()) {
    visit(resource);
  }
  return [...ordered.values()];
}

export function describeChange({ action, logicalId, type, physicalId, replacement, properties }: ResourceChange): JsonObject {
  return {
    Type: 'Resource',
    ResourceChange: {
      Action: action,
      LogicalResourceId: logicalId,
      ResourceType: type,
      PhysicalResourceId: physicalId,
      Replacement: replacement,
      Scope: properties.length > 0 ? ['Properties'] : [],
      Details: properties.map((name) => ({
        Target: { Attribute: 'Properties', Name: name, RequiresRecreation: replacement === 'True' ? 'Always' : 'Never' },
        Evaluation: 'Static',
        ChangeSource: 'DirectModification',
      })),
    },
  };
}
