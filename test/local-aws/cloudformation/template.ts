/**
 * A template as CloudFormation takes it in: parsed, and refused for what CloudFormation sees before it makes anything.
 */
import { createRequire } from 'node:module';
import { asList, isObject, isText, parseJson, type JsonObject } from '../json';
import { AwsError } from '../service';

// The CLI sends small templates as YAML. The parser is the one that comes inside the CDK, so that there is no second
// one.
const yaml: { parse(text: string): unknown } = createRequire(require.resolve('aws-cdk-lib/package.json'))('yaml');

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const limits = { resources: 500, outputs: 200, parameters: 200, mappings: 200, nameLength: 255, bytes: 1_000_000 };

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
  /** What must be there before it: by DependsOn, and by the references in its properties. */
  readonly dependencies: readonly string[];
  readonly condition?: string;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  readonly metadata: unknown;
}

export interface Template {
  readonly body: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, JsonObject>>;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly rules: JsonObject;
  readonly outputs: Readonly<Record<string, JsonObject>>;
  readonly resources: ReadonlyMap<string, TemplateResource>;
}

export const emptyTemplate: Template = {
  body: '{}',
  parameters: {},
  mappings: {},
  conditions: {},
  rules: {},
  outputs: {},
  resources: new Map(),
};

const sections = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Rules',
  'Resources',
  'Outputs',
];

export function parseTemplate(body: string, knownTypes: (type: string) => boolean): Template {
  if (Buffer.byteLength(body) > limits.bytes) {
    throw invalid(`Template may not exceed ${limits.bytes} bytes in size.`);
  }
  const content = parse(body);
  const foreign = Object.keys(content).filter((name) => !sections.includes(name));
  if (foreign.length > 0) {
    throw invalid(`Invalid template property or properties [${foreign.join(', ')}]`);
  }
  const template = {
    body,
    ...(isText(content.Description) && { description: content.Description }),
    parameters: objectsIn(content, 'Parameters'),
    mappings: section(content, 'Mappings'),
    conditions: section(content, 'Conditions'),
    rules: section(content, 'Rules'),
    outputs: objectsIn(content, 'Outputs'),
    resources: resourcesIn(content),
  };
  checkLimits(template);
  checkOutputNames(template);
  refuseNulls(content, '');
  checkReferences(template);
  refuseCycles(template.resources);
  refuseUnknownTypes(template.resources, knownTypes);
  return template;
}

function parse(body: string): JsonObject {
  let content: unknown;
  try {
    // JSON is YAML too, but this parser takes seconds for a large template.
    content = body.trimStart().startsWith('{') ? parseJson(body) : yaml.parse(body);
  } catch (error) {
    throw invalid(`Template format error: ${error instanceof Error ? error.message : 'not well-formed'}`);
  }
  if (!isObject(content)) {
    throw invalid('Template format error: unsupported structure.');
  }
  return content;
}

function section(content: JsonObject, name: string): JsonObject {
  const value = content[name] ?? {};
  if (!isObject(value)) {
    throw invalid(`Template format error: [/${name}] map keys must be strings`);
  }
  return value;
}

function objectsIn(content: JsonObject, name: string): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    Object.entries(section(content, name)).map(([key, value]) => {
      if (!isObject(value)) {
        throw invalid(`Template format error: Every ${name} member must be an object.`);
      }
      return [key, value];
    }),
  );
}

function resourcesIn(content: JsonObject): ReadonlyMap<string, TemplateResource> {
  const resources = objectsIn(content, 'Resources');
  if (Object.keys(resources).length === 0) {
    throw invalid('Template format error: At least one Resources member must be defined.');
  }
  return new Map(Object.entries(resources).map(([logicalId, resource]) => [logicalId, parseResource(logicalId, resource, resources)]));
}

const attributesOfResources = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'UpdatePolicy',
  'CreationPolicy',
  'Metadata',
];

function parseResource(logicalId: string, resource: JsonObject, all: JsonObject): TemplateResource {
  if (!/^[A-Za-z0-9]{1,255}$/.test(logicalId)) {
    throw invalid(`Template format error: Resource name ${logicalId} is non alphanumeric.`);
  }
  if (!isText(resource.Type)) {
    throw invalid(`Template format error: [/Resources/${logicalId}/Type] is not defined.`);
  }
  const foreign = Object.keys(resource).filter((name) => !attributesOfResources.includes(name));
  if (foreign.length > 0) {
    throw invalid(`Invalid template resource property '${foreign[0]}'`);
  }
  const properties = resource.Properties ?? {};
  if (!isObject(properties)) {
    throw invalid(`Template format error: [/Resources/${logicalId}/Properties] must be an object`);
  }
  const deletionPolicy = isText(resource.DeletionPolicy) ? resource.DeletionPolicy : 'Delete';
  return {
    logicalId,
    type: resource.Type,
    properties,
    dependencies: [...new Set([...asList(resource.DependsOn).map(String), ...referencesIn(properties).filter((name) => name in all)])],
    ...(isText(resource.Condition) && { condition: resource.Condition }),
    deletionPolicy,
    updateReplacePolicy: isText(resource.UpdateReplacePolicy) ? resource.UpdateReplacePolicy : 'Delete',
    metadata: resource.Metadata,
  };
}

/** The names in Ref, Fn::GetAtt and Fn::Sub; parameters among them. */
function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesIn);
  }
  if (!isObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) => {
    if (name === 'Ref' && isText(member)) {
      return [member];
    }
    if (name === 'Fn::GetAtt') {
      return [isText(member) ? member.split('.')[0] : String(asList(member)[0]), ...referencesIn(asList(member)[1])];
    }
    if (name === 'Fn::Sub') {
      return [...subReferences(member), ...referencesIn(asList(member)[1])];
    }
    return referencesIn(member);
  });
}

function subReferences(value: unknown): readonly string[] {
  const [text, variables] = asList(value);
  const own = isObject(variables) ? Object.keys(variables) : [];
  return [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map(([, name]) => name.trim().split('.')[0])
    .filter((name) => !own.includes(name));
}

function checkLimits({ resources, outputs, parameters, mappings }: Template): void {
  const sizeOf = (part: object): number => Object.keys(part).length;
  const counts = { resources: resources.size, outputs: sizeOf(outputs), parameters: sizeOf(parameters), mappings: sizeOf(mappings) };
  for (const name of ['resources', 'outputs', 'parameters', 'mappings'] as const) {
    if (counts[name] > limits[name]) {
      throw invalid(`Template format error: Number of ${name}, ${counts[name]}, is greater than maximum allowed, ${limits[name]}`);
    }
  }
}

function checkOutputNames({ outputs }: Template): void {
  for (const name of Object.keys(outputs)) {
    if (!/^[A-Za-z0-9]+$/.test(name)) {
      throw invalid(`Template format error: Output name ${name} is non alphanumeric.`);
    }
    if (name.length > limits.nameLength) {
      throw invalid(`Template format error: Output name ${name} has ${name.length} characters, of which ${limits.nameLength} are allowed.`);
    }
  }
}

function refuseNulls(value: unknown, path: string): void {
  if (value === null) {
    throw invalid(`[${path}] 'null' values are not allowed in templates`);
  }
  if (typeof value !== 'object') {
    return;
  }
  for (const [name, member] of Object.entries(value ?? {})) {
    refuseNulls(member, `${path}/${name}`);
  }
}

function checkReferences({ resources, parameters, outputs, conditions }: Template): void {
  const known = (name: string): boolean => resources.has(name) || name in parameters || name.startsWith('AWS::');
  const parts = { Resources: [...resources.values()].map(({ properties }) => properties), Outputs: Object.values(outputs) };
  for (const [where, contents] of Object.entries(parts)) {
    const unresolved = contents.flatMap(referencesIn).filter((name) => !known(name));
    if (unresolved.length > 0) {
      const names = [...new Set(unresolved)].join(', ');
      throw invalid(`Template format error: Unresolved resource dependencies [${names}] in the ${where} block of the template`);
    }
  }
  for (const { logicalId, dependencies, condition } of resources.values()) {
    const missing = dependencies.find((name) => !resources.has(name));
    if (missing) {
      throw invalid(`Template format error: Unresolved resource dependencies [${missing}] in the Resources block of the template`);
    }
    if (condition !== undefined && !(condition in conditions)) {
      throw invalid(
        `Template format error: Unresolved condition dependency ${condition} in the Resources block of the template (${logicalId})`,
      );
    }
  }
}

function refuseCycles(resources: ReadonlyMap<string, TemplateResource>): void {
  const rest = new Map(resources);
  for (let free: TemplateResource[]; rest.size > 0; free.forEach(({ logicalId }) => rest.delete(logicalId))) {
    free = [...rest.values()].filter(({ dependencies }) => !dependencies.some((name) => rest.has(name)));
    if (free.length === 0) {
      throw invalid(`Circular dependency between resources: [${[...rest.keys()].join(', ')}]`);
    }
  }
}

function refuseUnknownTypes(resources: ReadonlyMap<string, TemplateResource>, known: (type: string) => boolean): void {
  const unknown = [...new Set([...resources.values()].map(({ type }) => type).filter((type) => !known(type)))];
  if (unknown.length > 0) {
    throw invalid(`Template format error: Unrecognized resource types: [${unknown.join(', ')}]`);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
