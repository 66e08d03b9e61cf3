import { Aws, Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, type IDependable } from 'constructs';
import { acknowledgeWildcards } from './nag-acknowledgements';

/**
 * A role that the user brought for one of the runner's functions, or for its state machine.
 *
 * @internal
 */
export interface BroughtRole {
  readonly role: iam.IRole;
  /** Whether the user asked the runner to add what it needs. */
  readonly addPermissions: boolean;
}

/**
 * Whether the CDK makes neither this role nor policies for it, but a report of what it needs, because `iam.Role.customizeRoles()` was
 * called: another team makes the role. Before its name is given, it has no ARN that could be read.
 *
 * @internal
 */
export function isPrecreated(role: iam.IRole): boolean {
  return role instanceof iam.Role && role.node.tryGetContext(CUSTOMIZE_ROLES) !== undefined;
}

/** Where `customizeRoles()` notes for all constructs of a scope what it was told. */
const CUSTOMIZE_ROLES = '@aws-cdk/iam:customizeRoles';

/**
 * What a function or a state machine takes a role on as: nothing of the CDK can add permissions by way of it, whatever its version
 * thinks that a function or a state machine needs.
 *
 * @internal
 */
export function withoutAdditions(scope: Construct, id: string, role: iam.IRole): iam.IRole {
  return isPrecreated(role) ? role : iam.Role.fromRoleArn(scope, id, role.roleArn, { mutable: false });
}

/**
 * Gives a role of the runner's own what it needs, in a policy beside the role's default one. That one is for what the user grants, so that
 * nothing of it is acknowledged with ours.
 *
 * @returns what must be there before the role is used
 * @internal
 */
export function addToOwnRole(scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[]): IDependable {
  const policy = new iam.Policy(scope, id, { statements });
  role.attachInlinePolicy(policy); // by way of the role, since one that is precreated only reports what it needs
  acknowledgeWildcards(policy, statements);
  return policy;
}

/**
 * Adds the statements to the role if the user asked for it, in a policy of the runner's own: the role may be a reference, to which
 * the CDK adds nothing.
 *
 * @returns what must be there before the role is used
 * @internal
 */
export function addIfAsked(scope: Construct, id: string, { role, addPermissions }: BroughtRole, statements: iam.PolicyStatement[]): IDependable {
  if (!addPermissions) {
    return role;
  }
  if (isPrecreated(role)) {
    return addToOwnRole(scope, id, role, statements);
  }
  return new iam.CfnRolePolicy(scope, id, {
    // A role has one policy of a name, and its runner may not be the only one: neither in the app, nor in the account, where the same app
    // can be deployed under other stack names, and in other regions.
    policyName: `ProtectedJobRunner-${scope.node.addr}-${id}-${uniquePartOfStackId()}`,
    policyDocument: new iam.PolicyDocument({ statements }),
    roleName: role.roleName,
  });
}

/** The UUID at the end of the ID of the deployed stack. */
function uniquePartOfStackId(): string {
  return Fn.select(2, Fn.split('/', Aws.STACK_ID));
}
