/**
 * IAM: roles and their identity policies, and the decision whether a role may do something. It denies what no policy
 * allows. Not here: users, groups, organizations, session policies, and conditions beyond those in policy.ts.
 */
import { randomBytes } from 'node:crypto';
import { type Account } from '../account';
import { awsManagedPolicies } from './managed-policies';
import { countedSize, type Statement } from './policy';
import { iamResourceTypes } from './resource-types';
import { Policy, Role } from './role';
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type ResourceType, type Service } from '../service';

const managedPolicyLimit = 6_144;

/** Services whose denial is called `AccessDenied`. The others call it `AccessDeniedException`. */
const accessDeniedServices = ['s3', 'sts', 'iam', 'cloudformation', 'sns', 'sqs'];
/** JSON protocol services answer a denial with 400, REST services with 403. */
const badRequestServices = ['dynamodb', 'states', 'ssm', 'logs', 'events', 'kms'];

export interface IamOptions extends Account {
  readonly clock: { now(): number };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export class IamService implements Service {
  readonly signingName = 'iam';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  private readonly roles = new Map<string, Role>();
  private readonly managedPolicies = new Map<string, Policy>();
  private readonly callers = new Map<string, Caller>();
  private propagationDelay?: (name: string) => number;

  constructor(private readonly options: IamOptions) {
    this.resourceTypes = iamResourceTypes(this);
  }

  /**
   * From now on, a policy that is attached or edited takes effect only this many milliseconds of embedded time later. A
   * test may decide this by the name of the role, or of the managed policy that is edited.
   */
  delayPropagation(delay: number | ((name: string) => number)): void {
    this.propagationDelay = typeof delay === 'number' ? () => delay : delay;
  }

  issueCredentials(roleArn: string, sessionName = 'session'): Credentials {
    const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
    this.callers.set(accessKeyId, { roleArn, sessionName });
    return { accessKeyId, secretAccessKey: randomBytes(20).toString('hex'), sessionToken: randomBytes(32).toString('base64') };
  }

  /** Keys that were not issued here belong to the administrator, because the CLI deploys with invented keys. */
  callerOf(accessKeyId: string): Caller {
    return this.callers.get(accessKeyId) ?? {};
  }

  /** Throws as AWS does unless the caller may perform the action on every one of the resources. */
  authorize(
    caller: Caller,
    action: string,
    resources: string | readonly string[],
    conditionKeys: Readonly<Record<string, string>> = {},
  ): void {
    for (const resource of typeof resources === 'string' ? [resources] : resources) {
      const decision = this.decide(caller, action, resource, conditionKeys);
      if (decision !== 'allowed') {
        throw this.denial(caller, action, resource, decision);
      }
    }
  }

  isAllowed(caller: Caller, action: string, resource: string): boolean {
    return this.decide(caller, action, resource, {}) === 'allowed';
  }

  /** Undefined for a role that is not of this account or does not exist. */
  findRole(arn: string): Role | undefined {
    return [...this.roles.values()].find((role) => role.arn === arn);
  }

  role(name: string): Role {
    const role = this.roles.get(name);
    if (!role) {
      throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    }
    return role;
  }

  createRole(name: string, path: string, trust: unknown): Role {
    if (this.roles.has(name)) {
      throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
    }
    const role = new Role(name, this.arn(`role${path}${name}`), `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`, trust);
    this.roles.set(name, role);
    return role;
  }

  deleteRole(name: string): void {
    const role = this.role(name);
    if (role.managed.size > 0) {
      throw new AwsError('DeleteConflict', 'Cannot delete entity, must detach all policies first.', 409);
    }
    if (role.inline.size > 0) {
      throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
    }
    this.roles.delete(name);
  }

  putRolePolicy(roleName: string, policyName: string, document: unknown): void {
    this.role(roleName).putInline(policyName, document, this.effectiveFrom(roleName));
  }

  deleteRolePolicy(roleName: string, policyName: string): void {
    // The role can be gone before a policy that named it: then the policy is gone too.
    this.roles.get(roleName)?.inline.delete(policyName);
  }

  attachRolePolicy(roleName: string, policyArn: string): void {
    this.role(roleName).attach(policyArn, this.managedPolicy(policyArn), this.effectiveFrom(roleName));
  }

  detachRolePolicy(roleName: string, policyArn: string): void {
    this.roles.get(roleName)?.managed.delete(policyArn);
  }

  createPolicy(name: string, path: string, document: unknown): string {
    const arn = this.arn(`policy${path}${name}`);
    if (this.managedPolicies.has(arn)) {
      throw new AwsError('EntityAlreadyExists', `A policy called ${name} already exists. Duplicate names are not allowed.`, 409);
    }
    this.putPolicy(arn, document, new Policy());
    return arn;
  }

  createPolicyVersion(arn: string, document: unknown): void {
    this.putPolicy(arn, document, this.managedPolicy(arn));
  }

  deletePolicy(arn: string): void {
    const attached = [...this.roles.values()].some((role) => role.managed.has(arn));
    if (attached) {
      throw new AwsError('DeleteConflict', 'Cannot delete a policy attached to entities.', 409);
    }
    this.managedPolicies.delete(arn);
  }

  managedPolicy(arn: string): Policy {
    const policy = this.managedPolicies.get(arn) ?? this.awsManagedPolicy(arn);
    if (!policy) {
      throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, 404);
    }
    return policy;
  }

  /** When a resource is created, services refuse a role that they could not assume. */
  isAssumableBy(roleArn: string, service: string): boolean {
    return this.findRole(roleArn)?.trusts(service) ?? false;
  }

  handle(_request: AwsRequest): Promise<AwsResponse> {
    return Promise.reject(new AwsError('InvalidAction', 'The embedded AWS has no IAM API: roles and policies come from CloudFormation.'));
  }

  private decide(caller: Caller, action: string, resource: string, conditionKeys: Readonly<Record<string, string>>): Decision {
    if (caller.roleArn === undefined) {
      return 'allowed';
    }
    const role = this.findRole(caller.roleArn);
    if (!role) {
      return 'implicitly denied';
    }
    const now = this.options.clock.now();
    const request = { action, resource, conditionKeys: { ...this.globalKeys(role), ...lowerCaseKeys(conditionKeys) } };
    const decision = decideBy(role.statementsAt(now), request);
    if (decision !== 'allowed' || !role.boundary) {
      return decision;
    }
    return decideBy(role.boundary.statementsAt(now), request) === 'allowed' ? 'allowed' : 'outside the boundary';
  }

  private globalKeys(role: Role): Readonly<Record<string, string>> {
    return {
      'aws:requestedregion': this.options.region,
      'aws:principalarn': role.arn,
      'aws:principalaccount': this.options.accountId,
      'aws:securetransport': 'true',
    };
  }

  private denial(caller: Caller, action: string, resource: string, decision: Decision): AwsError {
    const roleName = caller.roleArn?.split('/').at(-1) ?? '';
    const { partition, accountId } = this.options;
    const session = `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${caller.sessionName ?? 'session'}`;
    const service = action.split(':')[0];
    const code = accessDeniedServices.includes(service) ? 'AccessDenied' : 'AccessDeniedException';
    const message = `User: ${session} is not authorized to perform: ${action} on resource: ${resource} ${because(decision, action)}`;
    return new AwsError(code, message, badRequestServices.includes(service) ? 400 : 403);
  }

  private putPolicy(arn: string, document: unknown, policy: Policy): void {
    if (countedSize(document) > managedPolicyLimit) {
      throw new AwsError('LimitExceeded', `Cannot exceed quota for PolicySize: ${managedPolicyLimit}`, 409);
    }
    policy.put(document, this.effectiveFrom(arn));
    this.managedPolicies.set(arn, policy);
  }

  private awsManagedPolicy(arn: string): Policy | undefined {
    const document = awsManagedPolicies[arn.replace(`arn:${this.options.partition}:iam::aws:policy/`, '')];
    if (!document) {
      return undefined;
    }
    const policy = new Policy();
    policy.put(document, 0);
    return policy;
  }

  private effectiveFrom(name: string): number {
    const delay = this.propagationDelay?.(name) ?? 0;
    return delay === 0 ? 0 : this.options.clock.now() + delay;
  }

  private arn(resource: string): string {
    return `arn:${this.options.partition}:iam::${this.options.accountId}:${resource}`;
  }
}

type Decision = 'allowed' | 'implicitly denied' | 'explicitly denied' | 'outside the boundary';

function decideBy(statements: readonly Statement[], request: Parameters<Statement['covers']>[0]): Decision {
  const covering = statements.filter((statement) => statement.covers(request));
  if (covering.some(({ effect }) => effect === 'Deny')) {
    return 'explicitly denied';
  }
  return covering.length > 0 ? 'allowed' : 'implicitly denied';
}

function because(decision: Decision, action: string): string {
  if (decision === 'explicitly denied') {
    return 'with an explicit deny in an identity-based policy';
  }
  if (decision === 'outside the boundary') {
    return `because no permissions boundary allows the ${action} action`;
  }
  return `because no identity-based policy allows the ${action} action`;
}

function lowerCaseKeys(keys: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value]));
}
