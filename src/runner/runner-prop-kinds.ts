import { RemovalPolicy } from 'aws-cdk-lib';
import { type ProtectedJobRunnerProps } from './protected-job-runner-props';
import { RunnerLogLevel } from './runner-log-level';
import { BOOLEAN, findKindProblems, listOf, objectWith, oneOf, type PropKinds } from '../synth/prop-kinds';

const ROLE = objectWith('roleArn', 'a role, such as iam.Role.fromRoleArn() returns,');
const REMOVAL_POLICY = oneOf(Object.values(RemovalPolicy), 'a RemovalPolicy');

const RUNNER_KINDS: PropKinds<ProtectedJobRunnerProps> = {
  vpc: objectWith('selectSubnets', 'a VPC, such as ec2.Vpc.fromLookup() returns,'),
  vpcSubnets: {
    expected: 'an object that selects subnets, such as { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },',
    fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  securityGroups: listOf(objectWith('securityGroupId', 'a security group, such as ec2.SecurityGroup.fromSecurityGroupId() returns,')),
  onEventRole: ROLE,
  advanceRole: ROLE,
  clockRole: ROLE,
  addPermissionsToRoles: BOOLEAN,
  logGroup: objectWith('logGroupArn', 'a log group, such as logs.LogGroup.fromLogGroupName() returns,'),
  logRemovalPolicy: REMOVAL_POLICY,
  logLevel: oneOf(Object.values(RunnerLogLevel), 'a RunnerLogLevel'),
  encryptionKey: objectWith('addToResourcePolicy', 'a KMS key, such as kms.Key.fromKeyArn() returns,'),
  architecture: objectWith('name', 'a lambda.Architecture'),
  runtime: objectWith('name', 'a lambda.Runtime'),
  ledgerRemovalPolicy: REMOVAL_POLICY,
  ledgerDeletionProtection: BOOLEAN,
};

/**
 * Settings of a kind that they can not be of. Nothing else can be asked of them then.
 *
 * @internal
 */
export function findRunnerKindProblems(props: unknown): string[] {
  return findKindProblems<ProtectedJobRunnerProps>(RUNNER_KINDS, props);
}
