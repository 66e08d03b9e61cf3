import { createHash } from 'node:crypto';
import { Arn, Aws, DefaultTokenResolver, type IResolvable, type IResolveContext, type IPostProcessor, Lazy, Reference, Stack, StringConcat, Tokenization } from 'aws-cdk-lib';
import { CfnMembership } from 'aws-cdk-lib/aws-cleanrooms';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, Dependable, type IConstruct } from 'constructs';
import { ContentNamedPolicy } from './content-named-policy';
import { acknowledgeWildcards } from './nag-acknowledgements';
import { type ProtectedJobAccess } from './protected-job-access';
import { addSynthCheck } from '../synth/synth-check';
import { identityOfValue, identityWhileBuilding, isKnownLater, pseudoParameterOf } from '../synth/value-identity';

/**
 * What a runner may do for the jobs of a stack: managed policies of that stack, as few as hold it, since a role has room for ten.
 *
 * Of the runner's role rather than of its stack: a statement there about another stack's membership would make the stacks depend on each
 * other.
 *
 * @internal
 */
export class JobPermissions extends Construct {
  public static of(stack: Stack, role: iam.IRole): JobPermissions {
    const id = `ProtectedJobPermissions${hashOf(identityWhileBuilding(stack, role.roleName))}`;
    const existing = stack.node.tryFindChild(id);
    return existing instanceof JobPermissions ? existing : new JobPermissions(stack, id, role);
  }

  private readonly policies: PermissionPolicy[] = [];

  private constructor(stack: Stack, id: string, private readonly role: iam.IRole) {
    super(stack, id);
    addSynthCheck(this, () => this.policies.flatMap((policy) => policy.findLackOfRoom()));
  }

  /** How many managed policies they take, which is decided when the app is complete. */
  public get count(): number {
    return this.policies.filter((policy) => policy.isNeeded).length;
  }

  /**
   * Permits a job, and returns the policy that does.
   *
   * @throws if a policy has no room for all that the job reads
   */
  public permit(access: ProtectedJobAccess): PermissionPolicy {
    const arns = byIdentity(this, arnsOf(Stack.of(this), access));
    const policy = this.policies.find((candidate) => candidate.hasRoomFor(arns)) ?? this.addPolicyFor(arns);
    policy.add(arns);
    return policy;
  }

  private addPolicyFor(arns: IdentifiedArns): PermissionPolicy {
    const policy = new PermissionPolicy(this, `Policy${this.policies.length + 1}`, this.role);
    if (!policy.canHold(arns)) {
      throw new Error(lackOfRoom(arns));
    }
    this.policies.push(policy);
    return policy;
  }
}

/**
 * What a role needs for a job of the stack, for a role to which the runner adds nothing.
 *
 * @internal
 */
export function jobStatements(stack: Stack, access: ProtectedJobAccess): iam.PolicyStatement[] {
  // Not `AWS::StackId`: the role may be in another stack.
  const stackArn = stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` });
  const statements = statementsFor(byIdentity(stack, arnsOf(stack, access)), stackArn);
  for (const statement of statements) {
    statement.sid = undefined; // a policy takes an ID once, and this one may be for several jobs
  }
  return statements;
}

/** The ARNs that the statements of a policy are about. */
interface ResourceArns {
  readonly memberships: readonly string[];
  /** The ID of each membership. */
  readonly membershipIds: readonly string[];
  /** What a job reads: its template, tables and collaboration. */
  readonly read: readonly string[];
}

/** By what makes values the same one when deployed, whatever the texts of references to them are at synth. */
type IdentifiedArns = { readonly [List in keyof ResourceArns]: ReadonlyMap<string, string> };

type IdentityOf = (scope: IConstruct, value: string) => string;

function byIdentity(scope: IConstruct, arns: ResourceArns, identityOf: IdentityOf = identityWhileBuilding): IdentifiedArns {
  const { memberships, membershipIds, read } = arns;
  const identified = (values: readonly string[]) => new Map(values.map((value) => [identityOf(scope, value), value]));
  return { memberships: identified(memberships), membershipIds: identified(membershipIds), read: identified(read) };
}

function arnsOf(stack: Stack, access: ProtectedJobAccess): ResourceArns {
  const { membershipArn, membershipIdentifier } = access.membership.membershipRef;
  return {
    memberships: [membershipArn],
    membershipIds: [membershipIdentifier],
    read: [
      access.analysisTemplate.analysisTemplateRef.analysisTemplateArn,
      // The tables and the collaboration may belong to any member, and so to any account.
      ...(access.configuredTableAssociations?.map((association) => association.configuredTableAssociationRef.configuredTableAssociationArn) ?? [
        anyAccountArn(stack, 'membership', '*/configuredtableassociation/*'),
      ]),
      ...(access.intermediateTableArns ?? [anyAccountArn(stack, 'membership', '*/intermediatetable/*')]),
      collaborationArnOf(access) ?? anyAccountArn(stack, 'collaboration', '*'),
    ],
  };
}

/** A membership reference does not carry its collaboration, but a membership that is a resource does. */
function collaborationArnOf({ collaboration, membership }: ProtectedJobAccess): string | undefined {
  if (collaboration !== undefined) {
    return collaboration.collaborationRef.collaborationArn;
  }
  return CfnMembership.isCfnMembership(membership) ? membership.attrCollaborationArn : undefined;
}

/**
 * A policy on the runner's role that never loses a membership while its jobs are there. CloudFormation edits a policy before it sends the
 * cleanup Delete of a removed custom resource, or the Update of a rollback, which then could not cancel the job. A policy of another
 * logical ID is made before the jobs that depend on it and goes after them (aws/aws-cdk#9840).
 *
 * So the logical ID is derived from the content, and the IDs of the memberships are in the description, whose change replaces the policy:
 * a membership that is replaced keeps its references, but not its ID. What else is replaced behind a reference is edited in place. It is
 * needed for starting only, and nothing starts in a rollback or in a cleanup.
 *
 * Which jobs share a policy is decided when they are defined, because a policy is a construct. Until then a token whose value comes later
 * is the same as itself only. What of the content is the same, and which policies are, is decided when the app is complete.
 *
 * @internal
 */
export class PermissionPolicy extends Construct {
  private content: IdentifiedArns = { memberships: new Map(), membershipIds: new Map(), read: new Map() };
  private isSettled = true;
  /** Of the content, which every reference to the policy asks for. */
  private hash?: string;
  private readonly siblings: PermissionPolicy[];

  constructor(scope: JobPermissions, id: string, private readonly role: iam.IRole) {
    super(scope, id);
    const stack = Stack.of(scope);
    this.siblings = POLICIES.get(stack) ?? [];
    POLICIES.set(stack, this.siblings);
    this.siblings.push(this);
    const content = { hash: () => this.contentHash(), isNeeded: () => this.isNeeded };
    const policy = new ContentNamedPolicy(this, 'Resource', content, {
      description: Lazy.uncachedString({ produce: () => descriptionOf(this.finalContent()) }),
      policyDocument: Lazy.uncachedAny({ produce: () => documentOf(this.finalContent()) }),
      roles: [role.roleName],
    });
    policy.overrideLogicalId(Lazy.uncachedString({ produce: () => `ProtectedJobPermissions${this.contentHash()}` }));
    const representative = () => this.representative();
    Dependable.implement(this, {
      get dependencyRoots(): IConstruct[] {
        return [representative()];
      },
    });
  }

  public add(arns: IdentifiedArns): void {
    if (!this.permits(arns)) {
      this.content = this.contentWith(arns);
      this.isSettled = ![this.role.roleName, ...valuesOf(this.content)].some(isKnownLater);
      this.hash = undefined;
      acknowledgeWildcards(this, statementsFor(arns, Aws.STACK_ID));
    }
  }

  /** Whether the policy stays within what IAM allows, where each token has a value of the greatest length. */
  public hasRoomFor(arns: IdentifiedArns): boolean {
    if (this.permits(arns)) {
      return true;
    }
    const content = this.contentWith(arns);
    return content.memberships.size <= MAX_MEMBERSHIPS && this.charactersOf(content, new LongestValues()) <= MAX_POLICY_CHARACTERS;
  }

  /** Whether the policy can hold it at all, however short the values that come later are. */
  public canHold(arns: IdentifiedArns): boolean {
    return this.hasRoomFor(arns) || this.charactersOf(arns, new LongestValues(() => '')) <= MAX_POLICY_CHARACTERS;
  }

  /** Values that came later can be longer than any ARN. */
  public findLackOfRoom(): string[] {
    const resolver = new LongestValues((token, context) => context.resolve(token.resolve(context)));
    return this.isSettled || this.charactersOf(this.finalContent(), resolver) <= MAX_POLICY_CHARACTERS ? [] : [lackOfRoom(this.finalContent())];
  }

  /** Whether no other policy of the stack has turned out to be the same one. */
  public get isNeeded(): boolean {
    return this.representative() === this;
  }

  private representative(): PermissionPolicy {
    if (this.isSettled) {
      return this;
    }
    const same = this.siblings.filter((sibling) => sibling.contentHash() === this.contentHash());
    return same.find((sibling) => sibling.isSettled) ?? same[0];
  }

  private charactersOf(content: IdentifiedArns, resolver: LongestValues): number {
    const document: unknown = Tokenization.resolve(documentOf(content), { scope: this, resolver });
    return JSON.stringify(document).length;
  }

  /** The content without what has turned out to be the same. */
  private finalContent(): IdentifiedArns {
    if (this.isSettled) {
      return this.content;
    }
    const { memberships, membershipIds, read } = this.content;
    const arns = { memberships: [...memberships.values()], membershipIds: [...membershipIds.values()], read: [...read.values()] };
    return byIdentity(this, arns, identityOfValue);
  }

  private permits({ memberships, membershipIds, read }: IdentifiedArns): boolean {
    const { content } = this;
    const areAllIn = (values: ReadonlyMap<string, string>, present: ReadonlyMap<string, string>) =>
      [...values.keys()].every((identity) => present.has(identity));
    return areAllIn(memberships, content.memberships) && areAllIn(membershipIds, content.membershipIds) && areAllIn(read, content.read);
  }

  private contentWith({ memberships, membershipIds, read }: IdentifiedArns): IdentifiedArns {
    return {
      memberships: new Map([...this.content.memberships, ...memberships]),
      membershipIds: new Map([...this.content.membershipIds, ...membershipIds]),
      read: new Map([...this.content.read, ...read]),
    };
  }

  private contentHash(): string {
    if (this.hash !== undefined) {
      return this.hash;
    }
    const content = this.finalContent();
    const hash = hashOf(identityOfValue(this, [this.role.roleName, descriptionOf(content), documentOf(content)]));
    if (this.isSettled) {
      this.hash = hash;
    }
    return hash;
  }
}

/** The policies for the jobs of a stack, of all roles. */
const POLICIES = new WeakMap<Stack, PermissionPolicy[]>();

function valuesOf({ memberships, membershipIds, read }: IdentifiedArns): string[] {
  return [...memberships.values(), ...membershipIds.values(), ...read.values()];
}

function lackOfRoom({ read }: IdentifiedArns): string {
  return (
    `configuredTableAssociations, intermediateTableArns: with ${read.size} ARNs of what the job reads, its permissions take ` +
    `more than the ${MAX_POLICY_CHARACTERS} characters of an IAM policy; leave out the longer list to allow any of its tables`
  );
}

/**
 * The dependent actions of a start are those that AWS's permission guide lists, on the resource types of the service authorization reference:
 * a read of the template needs template and collaboration, a read of a table's schema needs table and collaboration. That an action
 * and a resource meet in a statement that do not belong together permits nothing.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscleanrooms.html
 */
function statementsFor({ memberships, read }: IdentifiedArns, stackArn: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'RunJobs',
      actions: ['cleanrooms:StartProtectedJob', 'cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
      resources: [...memberships.values()],
    }),
    new iam.PolicyStatement({
      sid: 'StartOnTemplatesAndTables',
      actions: ['cleanrooms:StartProtectedJob', 'cleanrooms:GetCollaborationAnalysisTemplate', 'cleanrooms:GetSchema'],
      resources: [...read.values()],
    }),
    // Nothing starts while the stack rolls back.
    new iam.PolicyStatement({
      sid: 'ReadStackStatus',
      actions: ['cloudformation:DescribeStacks'],
      resources: [stackArn],
    }),
  ];
}

function documentOf(content: IdentifiedArns): iam.PolicyDocument {
  return new iam.PolicyDocument({ statements: statementsFor(content, Aws.STACK_ID) });
}

function descriptionOf({ membershipIds }: IdentifiedArns): string {
  return `Runs protected jobs with the memberships ${[...membershipIds.values()].join(' ')}`;
}

function anyAccountArn(stack: Stack, resource: string, resourceName: string): string {
  return Arn.format({ service: 'cleanrooms', account: '*', resource, resourceName }, stack);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase();
}

/**
 * A managed policy has 6,144 characters, white space not counted.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_POLICY_CHARACTERS = 6_144;

/** A description has 1,000 characters, of which each ID takes 37. */
const MAX_MEMBERSHIPS = 25;

/** What a token that is neither a reference nor a pseudo parameter is resolved to. */
type ResolveLater = (token: IResolvable, context: IResolveContext) => unknown;

/** Resolves a reference to as many characters as its value can have, and so also a token whose value comes later, which it does not ask for. */
class LongestValues extends DefaultTokenResolver {
  private static readonly LENGTHS: Readonly<Record<string, number | undefined>> = {
    'AWS::Partition': 'aws-us-gov'.length,
    'AWS::Region': 'ap-southeast-1'.length,
    'AWS::AccountId': 12,
    'AWS::StackId': 240,
  };

  /** The ARN of what belongs to a membership, the longest of them in a long region. */
  private static readonly LONGEST_ARN = 'x'.repeat(170);

  constructor(private readonly resolveLater: ResolveLater = () => LongestValues.LONGEST_ARN) {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (token instanceof iam.PolicyDocument) {
      return super.resolveToken(token, context, postProcessor);
    }
    const length = LongestValues.LENGTHS[pseudoParameterOf(token) ?? ''];
    if (length !== undefined) {
      return 'x'.repeat(length);
    }
    return Reference.isReference(token) ? LongestValues.LONGEST_ARN : this.resolveLater(token, context);
  }
}
