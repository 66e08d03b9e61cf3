/** A role: who may assume it, its policies, and from when on each of them takes effect. */
import { countedSize, parseIdentityPolicy, type Statement } from './policy';
import { asList, isObject } from '../json';
import { AwsError } from '../service';

/** Inline policies of one role together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const inlineLimit = 10_240;
const managedPoliciesPerRole = 10;

/**
 * A version of a policy from some moment on. IAM is eventually consistent, so after an edit the old version stays in
 * force for a while.
 */
interface Edition {
  readonly from: number;
  readonly document: unknown;
  readonly statements: readonly Statement[];
}

export class Policy {
  private readonly editions: Edition[] = [];

  put(document: unknown, from: number): void {
    this.editions.push({ from, document, statements: parseIdentityPolicy(document) });
  }

  statementsAt(time: number): readonly Statement[] {
    return this.editions.filter((edition) => edition.from <= time).at(-1)?.statements ?? [];
  }

  size(): number {
    return countedSize(this.document());
  }

  document(): unknown {
    return this.editions.at(-1)?.document;
  }
}

interface Attachment {
  readonly policy: Policy;
  readonly from: number;
}

export class Role {
  readonly inline = new Map<string, Policy>();
  readonly managed = new Map<string, Attachment>();
  boundary?: Policy;

  constructor(
    readonly name: string,
    readonly arn: string,
    readonly roleId: string,
    public trust: unknown,
  ) {}

  putInline(policyName: string, document: unknown, from: number): void {
    const size = [...this.inline].reduce((sum, [name, policy]) => sum + (name === policyName ? 0 : policy.size()), countedSize(document));
    if (size > inlineLimit) {
      throw new AwsError('LimitExceeded', `Maximum policy size of ${inlineLimit} bytes exceeded for role ${this.name}`, 409);
    }
    const policy = this.inline.get(policyName) ?? new Policy();
    policy.put(document, from);
    this.inline.set(policyName, policy);
  }

  attach(policyArn: string, policy: Policy, from: number): void {
    if (this.managed.has(policyArn)) {
      return;
    }
    if (this.managed.size >= managedPoliciesPerRole) {
      throw new AwsError('LimitExceeded', `Cannot exceed quota for PoliciesPerRole: ${managedPoliciesPerRole}`, 409);
    }
    this.managed.set(policyArn, { policy, from });
  }

  statementsAt(time: number): readonly Statement[] {
    const attached = [...this.managed.values()].filter(({ from }) => from <= time).map(({ policy }) => policy);
    return [...this.inline.values(), ...attached].flatMap((policy) => policy.statementsAt(time));
  }

  /**
   * Whether the trust policy lets the service (`lambda.amazonaws.com`) assume the role. Its conditions are not checked.
   */
  trusts(service: string): boolean {
    if (!isObject(this.trust)) {
      return false;
    }
    return asList(this.trust.Statement).some(
      (statement) =>
        isObject(statement) &&
        statement.Effect === 'Allow' &&
        asList(statement.Action).includes('sts:AssumeRole') &&
        isObject(statement.Principal) &&
        asList(statement.Principal.Service).some((name) => isSameService(name, service)),
    );
  }
}

/** Services have regional names too: `states.us-east-1.amazonaws.com`, and others in other partitions. */
function isSameService(name: unknown, service: string): boolean {
  return (
    name === service || (typeof name === 'string' && name.split('.')[0] === service.split('.')[0] && /\.amazonaws\.com(\.cn)?$/.test(name))
  );
}
