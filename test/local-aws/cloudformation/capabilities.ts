/** A caller that deploys must acknowledge that a template makes IAM resources. */
import { AwsError } from '../service';
import { type Target } from './stack';

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html#using-iam-capabilities
 */
const names: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::User': 'UserName',
  'AWS::IAM::Group': 'GroupName',
};
const types = [...Object.keys(names), 'AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::AccessKey', 'AWS::IAM::InstanceProfile'];

export function checkCapabilities({ template, capabilities }: Target): void {
  const resources = [...template.resources.values()].filter(({ type }) => types.includes(type));
  const isNamed = resources.some(({ type, properties }) => names[type] !== undefined && names[type] in properties);
  const isAcknowledged = capabilities.includes('CAPABILITY_NAMED_IAM') || (!isNamed && capabilities.includes('CAPABILITY_IAM'));
  if (resources.length > 0 && !isAcknowledged) {
    throw new AwsError(
      'InsufficientCapabilitiesException',
      `Requires capabilities : [${isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM'}]`,
    );
  }
}
