import { createHash } from 'node:crypto';
import { Arn, Aws, DefaultTokenResolver, IResolvable, IResolveContext, IPostProcessor, Reference, Stack, StringConcat, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { Construct } from 'constructs';
import { identityOfValue } from './value-identity';

/** @internal */
export interface JobPermissionsProps {
  readonly membership: cleanrooms.IMembershipRef;
  readonly analysisTemplate: cleanrooms.IAnalysisTemplateRef;
  /** The role of the function that starts, watches and cancels the jobs. */
  readonly role: iam.IRole;
}

/**
 * What a runner may do for the jobs of one membership and one analysis template, in two policies of the jobs' stack: one for the pair,
 * and one with what all jobs of the stack need.
 *
 * @internal
 */
export function jobPermissions(scope: Construct, props: JobPermissionsProps): PermissionPolicy[] {
  const stack = Stack.of(scope);
  return [stackPolicy(stack, props.role), pairPolicy(stack, props)];
}

/**
 * All that the role needs for jobs of the membership and the template in the stack, for a role to which the runner adds nothing.
 *
 * @internal
 */
export function jobStatements(stack: Stack, { membership, analysisTemplate }: Omit<JobPermissionsProps, 'role'>): iam.PolicyStatement[] {
  // Not `AWS::StackId`: the role may be in another stack.
  const stackArn = stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` });
  const statements = [...stackStatements(stack, stackArn), ...pairStatements(membership, analysisTemplate)];
  for (const statement of statements) {
    statement.sid = undefined; // a policy takes an ID once, and this one may be for several jobs
  }
  return statements;
}

function stackPolicy(stack: Stack, role: iam.IRole): PermissionPolicy {
  const hash = contentHash(stack, [role.node.path]);
  return PermissionPolicy.getOrCreate(stack, `ProtectedJobStackPermissions${hash}`, {
    role,
    policyName: `ProtectedJobStack${hash}`,
    statements: stackStatements(stack, Aws.STACK_ID),
  });
}

function stackStatements(stack: Stack, stackArn: string): iam.PolicyStatement[] {
  return [
    // The tables may belong to any member of the collaboration, and so to any account.
    new iam.PolicyStatement({
      sid: 'StartOnTables',
      actions: ['cleanrooms:StartProtectedJob'],
      resources: [
        anyAccountArn(stack, 'membership', '*/configuredtableassociation/*'),
        anyAccountArn(stack, 'membership', '*/intermediatetable/*'),
      ],
    }),
    // AWS's permission guide lists both as dependent actions of StartProtectedJob. A membership reference does not carry its
    // collaboration, which belongs to the account that created it.
    new iam.PolicyStatement({
      sid: 'StartDependencies',
      actions: ['cleanrooms:GetCollaborationAnalysisTemplate', 'cleanrooms:GetSchema'],
      resources: [anyAccountArn(stack, 'collaboration', '*')],
    }),
    // Nothing starts while the stack rolls back.
    new iam.PolicyStatement({
      sid: 'ReadStackStatus',
      actions: ['cloudformation:DescribeStacks'],
      resources: [stackArn],
    }),
  ];
}

function pairPolicy(stack: Stack, { role, membership, analysisTemplate }: JobPermissionsProps): PermissionPolicy {
  const { membershipArn, membershipIdentifier } = membership.membershipRef;
  const { analysisTemplateArn, analysisTemplateIdentifier } = analysisTemplate.analysisTemplateRef;
  const hash = contentHash(stack, [role.node.path, membershipArn, analysisTemplateArn]);
  return PermissionPolicy.getOrCreate(stack, `ProtectedJobPermissions${hash}`, {
    role,
    // A membership or template that is replaced keeps its references, but not its ID, and with it changes the name.
    policyName: `ProtectedJob${hash}-${membershipIdentifier}-${analysisTemplateIdentifier}`,
    statements: pairStatements(membership, analysisTemplate),
  });
}

function pairStatements(membership: cleanrooms.IMembershipRef, analysisTemplate: cleanrooms.IAnalysisTemplateRef): iam.PolicyStatement[] {
  const { membershipArn } = membership.membershipRef;
  const { analysisTemplateArn } = analysisTemplate.analysisTemplateRef;
  return [
    new iam.PolicyStatement({
      sid: 'Start',
      actions: ['cleanrooms:StartProtectedJob'],
      resources: [membershipArn, analysisTemplateArn],
    }),
    new iam.PolicyStatement({
      sid: 'WatchAndCancel',
      actions: ['cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
      resources: [membershipArn],
    }),
  ];
}

interface PermissionPolicyProps {
  readonly role: iam.IRole;
  readonly policyName: string;
  readonly statements: iam.PolicyStatement[];
}

/**
 * A policy of its own on the runner's role, that is never edited: its ID and name are derived from its content, and a role policy
 * whose name changes is replaced. CloudFormation edits a shared policy before it sends the cleanup Delete of a removed custom
 * resource, or the Update of a rollback, which then could not cancel the job; a policy of its own goes after them
 * (aws/aws-cdk#9840).
 *
 * @internal
 */
export class PermissionPolicy extends Construct {
  public static getOrCreate(stack: Stack, id: string, props: PermissionPolicyProps): PermissionPolicy {
    const existing = stack.node.tryFindChild(id);
    return existing instanceof PermissionPolicy ? existing : new PermissionPolicy(stack, id, props);
  }

  private readonly policyDocument: iam.PolicyDocument;

  private constructor(stack: Stack, id: string, props: PermissionPolicyProps) {
    super(stack, id);
    this.policyDocument = new iam.PolicyDocument({ statements: props.statements });
    const policy = new iam.CfnRolePolicy(this, 'Resource', {
      policyName: props.policyName,
      policyDocument: this.policyDocument,
      roleName: props.role.roleName,
    });
    policy.overrideLogicalId(id);
  }

  /** How many of the characters that a role's inline policies may have the policy takes, where references count as the longest. */
  public estimateSize(): number {
    const resolved: unknown = Tokenization.resolve(this.policyDocument, { scope: this, resolver: new LongestValues() });
    return JSON.stringify(resolved).length;
  }
}

function anyAccountArn(stack: Stack, resource: string, resourceName: string): string {
  return Arn.format({ service: 'cleanrooms', account: '*', resource, resourceName }, stack);
}

/** Of the stack, too: stacks that share a role each have policies of their own there. */
function contentHash(stack: Stack, content: readonly string[]): string {
  const identity = identityOfValue(stack, [stack.node.path, ...content]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 8).toUpperCase();
}

/** Resolves a reference to as many characters as its value can have. */
class LongestValues extends DefaultTokenResolver {
  private static readonly LENGTHS: Readonly<Record<string, number | undefined>> = {
    'AWS::Partition': 'aws-us-gov'.length,
    'AWS::Region': 'ap-southeast-1'.length,
    'AWS::AccountId': 12,
    'AWS::StackId': 240,
  };

  /** A membership's ARN or a template's, the longest of them in a long region. */
  private static readonly ARN_LENGTH = 160;

  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const resolved: unknown = super.resolveToken(token, context, postProcessor);
    const isPseudoParameter = typeof resolved === 'object' && resolved !== null && 'Ref' in resolved;
    const length = isPseudoParameter ? LongestValues.LENGTHS[String(resolved.Ref)] : undefined;
    if (length !== undefined) {
      return 'x'.repeat(length);
    }
    return Reference.isReference(token) ? 'x'.repeat(LongestValues.ARN_LENGTH) : resolved;
  }
}
