import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ProtectedJobRunner, type ProtectedJobRunnerProps } from '../../src';
import { newApp } from '../fixtures';

/** Props as JavaScript has them, which no compiler has seen. */
type LooseProps = { readonly [Prop in keyof ProtectedJobRunnerProps]?: unknown };

function runner(props: (stack: Stack) => LooseProps): unknown {
  const stack = new Stack(newApp(), 'Stack');
  return Reflect.construct(ProtectedJobRunner, [stack, 'Runner', props(stack)]);
}

const ROLE = 'where a role, such as iam.Role.fromRoleArn() returns, is expected';

describe('a setting of another kind names the prop, what it is, and what is expected:', () => {
  test.each<[string, LooseProps, string]>([
    ['a VPC by ID', { vpc: 'vpc-1' }, 'vpc: a text, where a VPC, such as ec2.Vpc.fromLookup() returns, is expected'],
    [
      'a list of subnets',
      { vpcSubnets: ['subnet-1'] },
      'vpcSubnets: a list, where an object that selects subnets, such as { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, is expected',
    ],
    [
      'security groups by ID',
      { securityGroups: ['sg-1'] },
      'securityGroups[0]: a text, where a security group, such as ec2.SecurityGroup.fromSecurityGroupId() returns, is expected',
    ],
    ['a role by ARN', { onEventRole: 'arn' }, `onEventRole: a text, ${ROLE}`],
    ['another role by ARN', { advanceRole: 'arn' }, `advanceRole: a text, ${ROLE}`],
    ['a clock role by ARN', { clockRole: 'arn' }, `clockRole: a text, ${ROLE}`],
    ['a boolean in words', { addPermissionsToRoles: 'false' }, 'addPermissionsToRoles: a text, where true or false is expected'],
    ['a log group by name', { logGroup: 'jobs' }, 'logGroup: a text, where a log group, such as logs.LogGroup.fromLogGroupName() returns, is expected'],
    ['a removal policy of no kind', { logRemovalPolicy: 'keep' }, 'logRemovalPolicy: a text, where a RemovalPolicy is expected'],
    ['another removal policy of no kind', { ledgerRemovalPolicy: true }, 'ledgerRemovalPolicy: a boolean, where a RemovalPolicy is expected'],
    ['a log level of no kind', { logLevel: 'verbose' }, 'logLevel: a text, where a RunnerLogLevel is expected'],
    ['a key by ARN', { encryptionKey: 'arn' }, 'encryptionKey: a text, where a KMS key, such as kms.Key.fromKeyArn() returns, is expected'],
    ['an architecture by name', { architecture: 'arm64' }, 'architecture: a text, where a lambda.Architecture is expected'],
    ['a runtime by name', { runtime: 'nodejs24.x' }, 'runtime: a text, where a lambda.Runtime is expected'],
  ])('%s', (_, props, problem) => {
    expect(() => runner(() => props)).toThrow(new Error(`Stack/Runner: ${problem}`));
  });
});

describe('a VPC in which no subnet can be chosen is what the error is about:', () => {
  test('one with public subnets only', () => {
    const subnetConfiguration = [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }];

    expect(() => runner((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc', { subnetConfiguration, natGateways: 0 }) }))).toThrow(
      new Error('Stack/Runner: vpc: it has public subnets only, where a function has no way out; pass a VPC with private or isolated subnets'),
    );
  });

  test('one of whose subnets nothing is known', () => {
    const vpcOf = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-central-1a'] });

    expect(() => runner((stack) => ({ vpc: vpcOf(stack) }))).toThrow(
      new Error('Stack/Runner: vpc: no subnets of it are known; a function needs private or isolated ones'),
    );
  });

  test('one without subnets of the kind that is selected', () => {
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

    expect(() => runner((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc'), vpcSubnets }))).toThrow(/^Stack\/Runner: vpcSubnets: There are no 'Isolated' subnet/);
  });
});
