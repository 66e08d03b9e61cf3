import { createHash } from 'node:crypto';
import { Arn, Aws, DefaultTokenResolver, IResolvable, IResolveContext, IPostProcessor, Reference, Stack, StringConcat, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { Construct } from 'constructs';

/** @internal */
export interface JobPermissionsProps {
  readonly membership: cleanrooms.IMembershipRef;
  readonly analysisTemplate: cleanrooms.IAnalysisTemplateRef;
  /** The role of the function that starts, watches and cancels the jobs. */
  readonly role: iam.IRole;
}

/**
 * What a runner may do for the jobs of one membership and one analysis template, as a policy of its own in the jobs' stack.
 *
 * It is never edited: its ID is derived from its content. CloudFormation edits a shared policy before it sends the cleanup
 * Delete of a removed custom resource, which then could not cancel its job; a policy of its own goes after that Delete
 * (aws/aws-cdk#9840).
 *
 * @internal
 */
export class JobPermissions extends Construct {
  /** The permissions for these jobs in the stack of the scope, made when they are first asked for. */
  public static getOrCreate(scope: Construct, props: JobPermissionsProps): JobPermissions {
    const stack = Stack.of(scope);
    const id = `ProtectedJobPermissions${contentHash(stack, props)}`;
    const existing = stack.node.tryFindChild(id);
    return existing instanceof JobPermissions ? existing : new JobPermissions(stack, id, props);
  }

  private readonly policyDocument: iam.PolicyDocument;

  private constructor(stack: Stack, id: string, props: JobPermissionsProps) {
    super(stack, id);
    this.policyDocument = new iam.PolicyDocument({ statements: statements(stack, props) });
    const policy = new iam.CfnPolicy(this, 'Resource', {
      policyName: id,
      policyDocument: this.policyDocument,
      roles: [props.role.roleName],
    });
    policy.overrideLogicalId(id);
  }

  /** How many of the characters that a role's inline policies may have the policy takes, where references count as the longest. */
  public estimateSize(): number {
    const resolved: unknown = Tokenization.resolve(this.policyDocument, { scope: this, resolver: new LongestValues() });
    return JSON.stringify(resolved).length;
  }
}

function statements(stack: Stack, props: JobPermissionsProps): iam.PolicyStatement[] {
  const { membershipArn } = props.membership.membershipRef;
  const { analysisTemplateArn } = props.analysisTemplate.analysisTemplateRef;
  return [
    new iam.PolicyStatement({
      sid: 'Start',
      actions: ['cleanrooms:StartProtectedJob'],
      // The tables may belong to any member of the collaboration, and so to any account.
      resources: [
        membershipArn,
        analysisTemplateArn,
        anyAccountArn(stack, 'membership', '*/configuredtableassociation/*'),
        anyAccountArn(stack, 'membership', '*/intermediatetable/*'),
      ],
    }),
    new iam.PolicyStatement({
      sid: 'WatchAndCancel',
      actions: ['cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
      resources: [membershipArn],
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
      resources: [Aws.STACK_ID],
    }),
  ];
}

function anyAccountArn(stack: Stack, resource: string, resourceName: string): string {
  return Arn.format({ service: 'cleanrooms', account: '*', resource, resourceName }, stack);
}

function contentHash(stack: Stack, props: JobPermissionsProps): string {
  const content = [
    stack.node.path, // stacks that share a role each have a policy of their own there
    props.role.node.path,
    props.membership.membershipRef.membershipArn,
    props.analysisTemplate.analysisTemplateRef.analysisTemplateArn,
  ];
  const resolved: unknown = Tokenization.resolve(content, { scope: stack, resolver: new ReferencesByPath() });
  return createHash('sha256').update(JSON.stringify(resolved)).digest('hex').slice(0, 8).toUpperCase();
}

/**
 * Resolves a reference to the path of its target. Its CloudFormation form holds only a logical ID, which resources of two
 * stacks can share.
 */
class ReferencesByPath extends DefaultTokenResolver {
  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return Reference.isReference(token)
      ? `${token.target.node.path}.${token.displayName}`
      : super.resolveToken(token, context, postProcessor);
  }
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
