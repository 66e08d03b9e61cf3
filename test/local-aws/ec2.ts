/**
 * EC2: security groups as resources, and what a function needs in order to be in a VPC. VPCs and subnets are only names
 * here, and there is no network: a function in a VPC reaches what every other function reaches.
 */
import { randomBytes } from 'node:crypto';
import { type Account } from './account';
import { type IamService } from './iam/iam';
import { checkMembers, requiredText, text } from './resource-properties';
import { AwsError, type ResourceType } from './service';

/** The subnets and security groups of a function. */
export interface VpcConfiguration {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

export interface Ec2Options extends Account {
  readonly iam: IamService;
  /** The security groups of the network interfaces that exist. */
  readonly securityGroupsInUse: () => readonly string[];
}

export class Ec2 {
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::EC2::SecurityGroup': this.securityGroupType() };
  private readonly securityGroups = new Set<string>();

  constructor(private readonly options: Ec2Options) {}

  /**
   * Lambda makes the network interfaces of a function with the function's role. Throws the errors that Lambda throws.
   */
  checkInterfaces(roleArn: string, { subnetIds, securityGroupIds }: VpcConfiguration): void {
    for (const [action, resources] of this.neededFor(subnetIds, securityGroupIds)) {
      if (!resources.every((resource) => this.options.iam.isAllowed({ roleArn }, `ec2:${action}`, resource))) {
        throw invalid(`The provided execution role does not have permissions to call ${action} on EC2`);
      }
    }
    if (subnetIds.length === 0 || securityGroupIds.length === 0) {
      throw invalid('SubnetIds and SecurityIds must coexist or be both empty list.');
    }
    const made = securityGroupIds.filter((id) => id.startsWith(MADE_HERE));
    const unknown = made.find((id) => !this.securityGroups.has(id));
    if (unknown !== undefined) {
      throw invalid(`Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. (${unknown})`);
    }
  }

  /** Whether an interface may be deleted is asked about a resource that none has. Subnets may be those of another account, as they are shared. */
  private neededFor(subnetIds: readonly string[], securityGroupIds: readonly string[]): [action: string, resources: string[]][] {
    const { partition, region, accountId } = this.options;
    const arn = (resource: string, account = accountId): string => `arn:${partition}:ec2:${region}:${account}:${resource}`;
    const subnets = subnetIds.map((id) => arn(`subnet/${id}`, '444455556666'));
    const groups = securityGroupIds.map((id) => arn(`security-group/${id}`));
    return [
      ['CreateNetworkInterface', [arn('network-interface/*'), ...subnets, ...groups]],
      ['DescribeNetworkInterfaces', ['*']],
      ['DescribeSubnets', ['*']],
      ['DeleteNetworkInterface', [arn('*/*')]],
    ];
  }

  private securityGroupType(): ResourceType {
    return {
      createOnly: ['GroupDescription', 'GroupName', 'VpcId'],
      create: async (properties) => {
        checkMembers(properties, {
          required: ['GroupDescription'],
          optional: ['GroupName', 'SecurityGroupEgress', 'SecurityGroupIngress', 'Tags', 'VpcId'],
        });
        requiredText(properties, 'GroupDescription');
        const id = MADE_HERE + randomBytes(6).toString('hex');
        this.securityGroups.add(id);
        return { physicalId: id, attributes: { GroupId: id, Id: id, VpcId: text(properties, 'VpcId') } };
      },
      update: async (id, properties) => ({ physicalId: id, attributes: { GroupId: id, Id: id, VpcId: text(properties, 'VpcId') } }),
      delete: async (id) => {
        if (this.options.securityGroupsInUse().includes(id)) {
          throw new AwsError('DependencyViolation', `resource ${id} has a dependent object`);
        }
        this.securityGroups.delete(id);
      },
    };
  }
}

/** The beginning of the IDs of groups that are made here. Groups with other IDs are assumed to exist. */
const MADE_HERE = 'sg-0abcd';

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
