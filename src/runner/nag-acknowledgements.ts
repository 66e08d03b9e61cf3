import { DefaultTokenResolver, type IPostProcessor, type IResolvable, type IResolveContext, StringConcat, Tokenization, Validations } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';

/** A wildcard that a policy of this library can not do without, and what a reviewer must know of it. */
interface Wildcard {
  readonly actions: RegExp;
  readonly resource: RegExp;
  readonly reason: string;
}

const WILDCARDS: readonly Wildcard[] = [
  {
    actions: /^cleanrooms:/,
    resource: /:\*:membership\/\*\/configuredtableassociation\/\*$/,
    reason:
      'A start needs the tables that the template reads. They belong to any members, and neither membership nor template says which they are. ' +
      'The prop configuredTableAssociations names them.',
  },
  {
    actions: /^cleanrooms:/,
    resource: /:\*:membership\/\*\/intermediatetable\/\*$/,
    reason:
      'A start needs the intermediate tables that the template reads. They belong to any members, and neither membership nor template says which they ' +
      'are. The prop intermediateTableArns names them.',
  },
  {
    actions: /^cleanrooms:/,
    resource: /:\*:collaboration\/\*$/,
    reason:
      'A start reads the template and the schemas of its collaboration, and a reference to a membership does not say which one that is. The prop ' +
      'collaboration names it, and a CfnMembership says it.',
  },
  {
    actions: /^states:DescribeExecution$/,
    resource: /:execution:[^*]+:\*$/,
    reason: 'An execution is named when a request comes in. These are the executions of the one state machine of the runner.',
  },
  {
    actions: /^logs:(CreateLogStream|PutLogEvents)$/,
    resource: /:log-group:[^*]+:\*$/,
    reason: 'Lambda names the log streams of a function. These are the streams of the one log group that was passed as logGroup.',
  },
  {
    actions: /^(logs|xray):/,
    resource: /^\*$/,
    reason:
      'AWS has no narrower resource for the delivery of the log of a state machine and for its trace. A clockRole of your own replaces the role.',
  },
  {
    actions: /^ec2:Describe/,
    resource: /^\*$/,
    reason:
      'Lambda looks after the network interfaces of a function in a VPC with its role, and AWS has no narrower resource for what only reads. It is ' +
      'not there without vpc; an onEventRole and an advanceRole of your own replace the roles.',
  },
  {
    actions: /^ec2:\w+(NetworkInterface|PrivateIpAddresses)$/,
    resource: /:ec2:[^*]+:\*\/\*$/,
    reason:
      'Lambda makes the network interfaces of a function in a VPC with its role, and asks whether it may delete them on a resource that no ' +
      'interface has: AWS documents this one. The code of the functions is denied all of it.',
  },
  {
    actions: /^ec2:CreateNetworkInterface$/,
    resource: /:ec2:[^*]+:\*:(subnet|security-group)\/\*$/,
    reason: 'A network interface is made in a subnet and with security groups, which another account can share. The code of the functions is denied it.',
  },
];

/**
 * Acknowledges for cdk-nag the wildcards of a policy that have a reason. It asks for one (`AwsSolutions-IAM5`) for each policy and resource, so that a
 * wildcard that anybody adds elsewhere, or another one in the same policy, is still a finding.
 *
 * They are metadata of the construct, where `Validations.acknowledge()` records them too. They are in the cloud assembly, for audits, and not in
 * the template: users without cdk-nag get the same template, and nothing that a reviewer of a template would have to understand. cdk-nag 3 reads them
 * from there, and copies them into the template if it is told to (`writeSuppressionsToCloudFormation`). cdk-nag 2, which only reads the template, does
 * not see them. `acknowledge()` itself would refuse an ID with two `::` in it, and so each that holds `<AWS::Partition>` (aws-cdk-lib 2.257.0).
 *
 * @see https://github.com/cdklabs/cdk-nag/blob/main/MIGRATION.md
 * @internal
 */
export function acknowledgeWildcards(policy: IConstruct, statements: readonly iam.PolicyStatement[]): void {
  for (const { actions, resources } of statements) {
    for (const resource of resources.filter((text) => text.includes('*'))) {
      const wildcard = WILDCARDS.find((known) => known.resource.test(resource) && actions.every((action) => known.actions.test(action)));
      if (wildcard) {
        const finding = Tokenization.resolve(`AwsSolutions-IAM5[Resource::${resource}]`, { scope: policy, resolver: new TextOfFindings() });
        acknowledge(policy, String(finding), wildcard.reason);
      }
    }
  }
}

function acknowledge(construct: IConstruct, finding: string, reason: string): void {
  const isKnown = construct.node.metadata.some(({ type, data }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY && finding in data);
  if (!isKnown) {
    construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [finding]: reason });
  }
}

/** Writes references as cdk-nag does in the IDs of its findings: `<AWS::Region>`, `<Logical.Attribute>`. */
class TextOfFindings extends DefaultTokenResolver {
  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const resolved: unknown = super.resolveToken(token, context, postProcessor);
    if (typeof resolved !== 'object' || resolved === null) {
      return resolved;
    }
    if ('Fn::GetAtt' in resolved && Array.isArray(resolved['Fn::GetAtt'])) {
      return `<${resolved['Fn::GetAtt'].join('.')}>`;
    }
    return 'Ref' in resolved ? `<${String(resolved.Ref)}>` : resolved;
  }
}
