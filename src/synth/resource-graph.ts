import { CfnElement, type CustomResource, type Stack } from 'aws-cdk-lib';

/**
 * Which resources of a stack depend on which others. It reads what CloudFormation reads: DependsOn and references. It
 * is complete once the app's references are resolved, for example when constructs are validated.
 *
 * @internal
 */
export class ResourceGraph {
  public static of(stack: Stack): ResourceGraph {
    const needs = new Map<string, Set<string>>();
    for (const element of elementsOf(stack)) {
      const { Resources: resources } = templatePartOf(stack, element);
      Object.entries(isObject(resources) ? resources : {}).forEach(([logicalId, resource]) => needs.set(logicalId, referencesIn(resource)));
    }
    return new ResourceGraph(stack, needs);
  }

  private constructor(
    private readonly stack: Stack,
    private readonly needs: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  /** Whether the first resource depends on the second one, directly or through others. */
  public leads(from: CustomResource, to: CustomResource): boolean {
    const [start, end] = [logicalIdOf(this.stack, from), logicalIdOf(this.stack, to)];
    const seen = new Set<string>();
    const next = [start];
    for (let logicalId = next.pop(); logicalId !== undefined; logicalId = next.pop()) {
      if (logicalId === end) {
        return true;
      }
      if (!seen.has(logicalId)) {
        seen.add(logicalId);
        next.push(...(this.needs.get(logicalId) ?? []));
      }
    }
    return false;
  }
}

/**
 * What the template of the stack is made of.
 *
 * @internal
 */
export function elementsOf(stack: Stack): CfnElement[] {
  return stack.node.findAll().filter((construct) => CfnElement.isCfnElement(construct)).filter((element) => element.stack === stack);
}

/**
 * The logical ID under which the resource is in the template of its stack.
 *
 * @internal
 */
export function logicalIdOf(stack: Stack, resource: CustomResource): string {
  const element = resource.node.defaultChild;
  return CfnElement.isCfnElement(element) ? String(stack.resolve(element.logicalId)) : '';
}

/**
 * An element's part of the template. The CDK makes it with a method that it declares for itself only, and has since its first version.
 *
 * @internal
 */
export function templatePartOf(stack: Stack, element: CfnElement): Record<string, unknown> {
  const part: unknown = '_toCloudFormation' in element && isMethod(element._toCloudFormation) ? stack.resolve(element._toCloudFormation()) : {};
  return isObject(part) ? part : {};
}

/**
 * The logical IDs that the value refers to.
 *
 * @internal
 */
export function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  collectReferences(value, found);
  return found;
}

function collectReferences(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    value.forEach((item) => collectReferences(item, found));
    return;
  }
  if (!isObject(value)) {
    return;
  }
  for (const [key, content] of Object.entries(value)) {
    namedBy(key, content).forEach((logicalId) => found.add(logicalId));
    collectReferences(content, found);
  }
}

function namedBy(key: string, content: unknown): string[] {
  const texts = (Array.isArray(content) ? content : [content]).filter((item) => typeof item === 'string');
  switch (key) {
    case 'Ref':
    case 'DependsOn':
      return texts;
    case 'Fn::GetAtt':
      return texts.slice(0, 1).map((text) => text.split('.')[0]);
    case 'Fn::Sub':
      return texts.slice(0, 1).flatMap((text) => [...text.matchAll(/\$\{([A-Za-z0-9]+)/g)].map(([, logicalId]) => logicalId));
    default:
      return [];
  }
}

function isMethod(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
