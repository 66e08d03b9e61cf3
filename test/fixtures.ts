import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Resource, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnAnalysisTemplate, CfnMembership } from 'aws-cdk-lib/aws-cleanrooms';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { AnalysisTemplate, Membership, ProtectedJob, type ProtectedJobProps } from '../src';
import { RESOURCE_TYPE } from '../src/contract/custom-resource';

export const MEMBERSHIP_ID = '0f1e2d3c-4b5a-4678-90ab-cdef12345678';

export const ACCOUNT = '111122223333';

export const TEMPLATE_ID = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';

export const TEMPLATE_ARN = templateArn(TEMPLATE_ID);

export function templateArn(templateId: string, membershipId = MEMBERSHIP_ID): string {
  return `arn:aws:cleanrooms:eu-central-1:${ACCOUNT}:membership/${membershipId}/analysistemplate/${templateId}`;
}

/** A membership ID that differs with the number. */
export function numberedId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

const assemblies = mkdtempSync(join(tmpdir(), 'protected-job-tests-'));

afterAll(() => rmSync(assemblies, { recursive: true, force: true }));

/**
 * An app that leaves nothing in the temporary directory, and that does not copy the handlers' bundles there in each
 * synth.
 */
export function newApp(context: Record<string, unknown> = {}): App {
  return new App({
    outdir: mkdtempSync(join(assemblies, 'cdk.out-')),
    treeMetadata: false,
    context: { ...context, 'aws:cdk:disable-asset-staging': true },
  });
}

/** A stack with a membership and an analysis template to run. */
export class JobStack extends Stack {
  readonly membership: cleanrooms.IMembershipRef;
  readonly analysisTemplate: cleanrooms.IAnalysisTemplateRef;

  constructor(scope: Construct = newApp(), id = 'Stack', props?: StackProps) {
    super(scope, id, props);
    this.membership = Membership.fromMembershipId(this, 'Membership', MEMBERSHIP_ID);
    this.analysisTemplate = AnalysisTemplate.fromAnalysisTemplateArn(this, 'Template', TEMPLATE_ARN);
  }

  addJob(id = 'Uplift', props: Partial<ProtectedJobProps> = {}, scope: Construct = this): ProtectedJob {
    return new ProtectedJob(scope, id, { membership: this.membership, analysisTemplate: this.analysisTemplate, ...props });
  }

  /** A job of another membership and template, so that its permissions are different too. */
  addNumberedJob(number: number, props: Partial<ProtectedJobProps> = {}): ProtectedJob {
    const id = numberedId(number);
    return this.addJob(`Job${number}`, {
      membership: Membership.fromMembershipId(this, `Membership${number}`, id),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(this, `Template${number}`, templateArn(id, id)),
      ...props,
    });
  }
}

/**
 * A membership and an analysis template that are resources. Directly in a stack they always have the same logical IDs.
 */
export function newResources(scope: Construct): { membership: CfnMembership; analysisTemplate: CfnAnalysisTemplate } {
  const membership = new CfnMembership(scope, 'NewMembership', { collaborationIdentifier: MEMBERSHIP_ID, queryLogStatus: 'ENABLED' });
  const analysisTemplate = new CfnAnalysisTemplate(scope, 'NewTemplate', {
    name: 'uplift',
    format: 'PYSPARK_1_0',
    membershipIdentifier: membership.attrMembershipIdentifier,
    source: {
      artifacts: {
        entryPoint: { location: { bucket: 'scripts', key: 'uplift/user_script.py' } },
        roleArn: `arn:aws:iam::${ACCOUNT}:role/ScriptReader`,
      },
    },
  });
  return { membership, analysisTemplate };
}

/** A membership as another library may make it: its ID was not checked yet. */
export class UncheckedMembership extends Resource implements cleanrooms.IMembershipRef {
  readonly membershipRef: cleanrooms.MembershipReference;

  constructor(scope: Construct, id: string, membershipIdentifier: string) {
    super(scope, id);
    this.membershipRef = {
      membershipIdentifier,
      membershipArn: `arn:aws:cleanrooms:eu-central-1:${ACCOUNT}:membership/${membershipIdentifier}`,
    };
  }
}

/** An analysis template as another library may make it: its ARN was not checked yet. */
export class UncheckedTemplate extends Resource implements cleanrooms.IAnalysisTemplateRef {
  readonly analysisTemplateRef: cleanrooms.AnalysisTemplateReference;

  constructor(scope: Construct, id: string, analysisTemplateArn: string) {
    super(scope, id);
    this.analysisTemplateRef = { analysisTemplateArn, membershipIdentifier: 'unused', analysisTemplateIdentifier: 'unchecked' };
  }
}

/** The logical ID of the job's custom resource. */
export function logicalIdOf(job: ProtectedJob): string {
  const resolved: { 'Fn::GetAtt': [string, string] } = Stack.of(job).resolve(job.jobId);
  return resolved['Fn::GetAtt'][0];
}

/** The custom resource of the stack's only job. */
export function onlyJobResource(stack: Stack): { Properties: Record<string, unknown>; DependsOn: string[] } {
  const { Properties, DependsOn } = only(Template.fromStack(stack).findResources(RESOURCE_TYPE));
  return { Properties, DependsOn };
}

/** The value of the only entry of the map. */
export function only<T>(entries: Readonly<Record<string, T>>): T {
  const values = Object.values(entries);
  if (values.length !== 1) {
    throw new Error(`expected one of ${Object.keys(entries).join(', ')}`);
  }
  return values[0];
}

/** The logical ID of the only resource of this type whose ID begins with the prefix. */
export function findLogicalId(template: Template, type: string, prefix = ''): string {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.startsWith(prefix));
  return only(Object.fromEntries(ids.map((id) => [id, id])));
}

/** The permissions of jobs: the properties of the managed policies that have them, by logical ID. */
export function jobPolicies(template: Template): Record<string, Record<string, unknown>> {
  const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => /^ProtectedJobPermissions[0-9A-F]{8}$/.test(id));
  return Object.fromEntries(policies.map(([id, policy]) => [id, policy.Properties]));
}
