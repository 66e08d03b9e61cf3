import { Lazy, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';

/**
 * What a policy holds, as far as its name and its place in the template depend on it.
 *
 * @internal
 */
export interface PolicyContent {
  readonly hash: () => string;
  /** Whether no other policy of the stack is the same one. */
  readonly isNeeded: () => boolean;
}

/**
 * A managed policy that is another resource when its content changes, under any name that it is given. It has no name of its own, but aspects
 * name policies, by their construct path for example, which does not change with the content. IAM would refuse the second policy of the
 * name, which is there before the first one goes.
 *
 * @internal
 */
export class ContentNamedPolicy extends iam.CfnManagedPolicy {
  constructor(scope: Construct, id: string, private readonly content: PolicyContent, props: iam.CfnManagedPolicyProps) {
    super(scope, id, props);
  }

  /** Aspects also give names in this way, which the properties do not show. */
  public override addOverride(path: string, value: unknown): void {
    if (path === 'Properties.ManagedPolicyName' && typeof value === 'string') {
      this.managedPolicyName = value;
    } else {
      super.addOverride(path, value);
    }
  }

  /** It is left out of the template where another policy is the same one. */
  protected override shouldSynthesize(): boolean {
    return this.content.isNeeded();
  }

  protected override get cfnProperties(): Record<string, unknown> {
    const properties: Record<string, unknown> = super.cfnProperties;
    const name = this.managedPolicyName;
    return name === undefined ? properties : { ...properties, managedPolicyName: Lazy.string({ produce: () => this.distinct(name) }) };
  }

  private distinct(name: string): string {
    const end = `-${this.content.hash()}`;
    const beginning = Token.isUnresolved(name) ? name : name.slice(0, MAX_NAME_LENGTH - end.length);
    return beginning + end;
  }
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
const MAX_NAME_LENGTH = 128;
