import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnParameter, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import * as z from 'zod';
import { familyOf, type JobShape, type StackShape } from './shape';
import { AnalysisTemplate, Membership, ProtectedJob } from '../../../src';
import { RESOURCE_TYPE, WAIT_RESOURCE_TYPE } from '../../../src/contract/custom-resource';

/** A resource as a template defines it. */
export interface ResourceDefinition {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: unknown;
  /** Also those that its properties refer to. */
  readonly dependsOn: readonly string[];
  /** The job that it is about, if it belongs to one. */
  readonly job?: JobShape;
}

/** A template as the library's constructs synthesize it. */
export interface StackTemplate {
  readonly shape: StackShape;
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
}

const cache = new Map<number, readonly StackTemplate[]>();

/** The templates of a family of shapes. */
export function templatesOf(family: number): readonly StackTemplate[] {
  const templates = cache.get(family) ?? synthesize(familyOf(family));
  cache.set(family, templates);
  return templates;
}

export function isCustomResource({ type }: ResourceDefinition): boolean {
  return type === RESOURCE_TYPE || type === WAIT_RESOURCE_TYPE;
}

export function membershipId(number: number): string {
  return `${number}1111111-2222-4333-8444-555555555555`;
}

/** The template parameters that hold a job's inputs, and the value whose change runs it again. */
export function parameterNames(inputs: number): { readonly segment: string; readonly trigger: string } {
  return { segment: `Segment${inputs}`, trigger: `Trigger${inputs}` };
}

/** The template parameter whose change changes the siblings. */
export const REVISION = 'Revision';

/** Does not depend on the jobs. */
export const SIBLING = 'Sibling';

/** Depends on all jobs, and uses their attributes. */
export const CONSUMER = 'Consumer';

function synthesize(shapes: readonly StackShape[]): StackTemplate[] {
  const outdir = mkdtempSync(join(tmpdir(), 'protected-job-faults-'));
  try {
    const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
    // One stack in different shapes: logical IDs do not depend on the ID of its construct.
    const stacks = shapes.map((shape, index) => newStack(app, `Shape${index}`, shape));
    const assembly = app.synth();
    return shapes.map((shape, index) => parse(shape, assembly.getStackArtifact(stacks[index].artifactId).template));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function newStack(app: App, id: string, shape: StackShape): Stack {
  const stack = new Stack(app, id, { stackName: 'analytics' });
  const revision = new CfnParameter(stack, REVISION).valueAsString;
  new CfnResource(stack, SIBLING, { type: 'AWS::SNS::Topic', properties: { DisplayName: revision } });
  const jobs = shape.map((job) => newJob(stack, job));
  const Value = jobs.map(({ jobId, resultLocation }) => `${jobId} ${resultLocation}`).join();
  new CfnResource(stack, CONSUMER, { type: 'AWS::SSM::Parameter', properties: { Type: 'String', Value, Description: revision } });
  return stack;
}

function newJob(stack: Stack, { name, membership, inputs, isSequential, timeoutSeconds }: JobShape): ProtectedJob {
  const id = membershipId(membership);
  const templateArn = `arn:aws:cleanrooms:us-east-1:111122223333:membership/${id}/analysistemplate/66666666-7777-4888-8999-000000000000`;
  const { segment, trigger } = parameterNames(inputs);
  return new ProtectedJob(stack, name, {
    membership: Membership.fromMembershipId(stack, `${name}Membership`, id),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, `${name}Template`, templateArn),
    parameters: { segment: parameterOf(stack, segment) },
    triggers: { run: parameterOf(stack, trigger) },
    timeout: Duration.seconds(timeoutSeconds),
    sequential: isSequential,
  });
}

function parameterOf(stack: Stack, name: string): string {
  const existing = stack.node.tryFindChild(name);
  return (existing instanceof CfnParameter ? existing : new CfnParameter(stack, name)).valueAsString;
}

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DependsOn: z.union([z.string().transform((id) => [id]), z.array(z.string())]).default([]),
    }),
  ),
});

function parse(shape: StackShape, template: unknown): StackTemplate {
  const { Resources } = templateSchema.parse(template);
  const ids = Object.keys(Resources);
  const definitions = Object.entries(Resources).map(([logicalId, { Type, Properties, DependsOn }]): ResourceDefinition => {
    const references = [...JSON.stringify(Properties).matchAll(/"(?:Ref":"|Fn::GetAtt":\[")([A-Za-z0-9]+)"/g)].map(([, id]) => id);
    const dependsOn = [...new Set([...DependsOn, ...references])].filter((id) => ids.includes(id));
    return { logicalId, type: Type, properties: Properties, dependsOn, job: jobOf(shape, logicalId, Type) };
  });
  return { shape, resources: new Map(definitions.map((definition) => [definition.logicalId, definition])) };
}

/** The name of a job has one digit. In a logical ID, the name of an inner construct or a hash follows it. */
function jobOf(shape: StackShape, logicalId: string, type: string): JobShape | undefined {
  return type === RESOURCE_TYPE || type === WAIT_RESOURCE_TYPE ? shape.find(({ name }) => logicalId.startsWith(name)) : undefined;
}

/** The values of the references in properties. */
export interface References {
  readonly parameters: Readonly<Record<string, string>>;
  /** @throws if the resource has no such attribute, because CloudFormation fails in that case */
  readonly attribute: (logicalId: string, name: string) => string;
}

/** Properties with their references resolved, as far as this library's templates and the siblings use them. */
export function resolve(value: unknown, references: References): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, references));
  }
  const [[name, argument], ...others] = entriesOf(value);
  if (name === undefined) {
    return value;
  }
  if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return resolveReference(name, argument, references);
  }
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, resolve(item, references)]));
}

function entriesOf(value: unknown): [string | undefined, unknown][] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return entries.length === 0 ? [[undefined, undefined]] : entries;
}

function resolveReference(name: string, argument: unknown, references: References): unknown {
  if (name === 'Ref' && typeof argument === 'string') {
    return references.parameters[argument] ?? argument;
  }
  if (name === 'Fn::GetAtt') {
    const [logicalId, attribute] = z.tuple([z.string(), z.string()]).parse(argument);
    return references.attribute(logicalId, attribute);
  }
  if (name === 'Fn::Join') {
    const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
    return parts.map((part) => String(resolve(part, references))).join(separator);
  }
  return { [name]: argument }; // the library's own functions and policies have more properties, which nothing here reads
}
