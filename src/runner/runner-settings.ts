import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { keyBehind } from './key-behind-alias';
import { type ProtectedJobRunnerProps } from './protected-job-runner-props';

/**
 * What is wrong with the settings of a runner: each problem names the prop and the rule. A setting that would have no effect is
 * wrong too.
 *
 * @internal
 */
export function findSettingProblems(scope: Construct, props: ProtectedJobRunnerProps): string[] {
  return [
    ...findNetworkProblems(props),
    ...findRoleProblems(scope, props),
    ...findLogProblems(props),
    ...findKeyProblems(props),
    ...findRuntimeProblems(props),
  ];
}

function findNetworkProblems({ vpc, vpcSubnets, securityGroups }: ProtectedJobRunnerProps): string[] {
  const problems: string[] = [];
  if (vpc === undefined) {
    for (const [name, value] of Object.entries({ vpcSubnets, securityGroups })) {
      if (value !== undefined) {
        problems.push(`${name}: it needs a vpc`);
      }
    }
    return problems;
  }
  if (securityGroups?.length === 0) {
    problems.push('securityGroups: the list is empty; leave it out to get a security group of the runner');
  }
  return [...problems, ...findSubnetProblems(vpc, vpcSubnets)];
}

function findSubnetProblems(vpc: ec2.IVpc, vpcSubnets?: ec2.SubnetSelection): string[] {
  const selected = selectSubnets(vpc, vpcSubnets);
  if (typeof selected === 'string') {
    return vpcSubnets === undefined
      ? ['vpc: no subnets of it are known; a function needs private or isolated ones']
      : [`vpcSubnets: ${selected}`];
  }
  if (selected.hasPublic) {
    return [
      vpcSubnets === undefined
        ? 'vpc: it has public subnets only, where a function has no way out; pass a VPC with private or isolated subnets'
        : 'vpcSubnets: a public subnet is among them, where a function has no way out; choose private or isolated ones',
    ];
  }
  return [];
}

/** What is selected, or what the CDK says is wrong, which names no prop. */
function selectSubnets(vpc: ec2.IVpc, vpcSubnets?: ec2.SubnetSelection): ec2.SelectedSubnets | string {
  try {
    return vpc.selectSubnets(vpcSubnets);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function findRoleProblems(scope: Construct, { onEventRole, advanceRole, clockRole, addPermissionsToRoles }: ProtectedJobRunnerProps): string[] {
  const roles = Object.entries({ onEventRole, advanceRole, clockRole });
  const brought = roles.flatMap(([name, role]) => (role === undefined ? [] : [{ name, role }]));
  const problems = brought.filter(({ role }) => isOfAnotherAccount(scope, role)).map(
    ({ name, role }) => `${name}: the role is of account ${role.env.account}, and Lambda and Step Functions take roles of account ${Stack.of(scope).account} only`,
  );
  if (addPermissionsToRoles !== undefined && brought.length === 0) {
    problems.push('addPermissionsToRoles: there is no role to add to; pass onEventRole, advanceRole or clockRole');
  }
  return problems;
}

function isOfAnotherAccount(scope: Construct, role: iam.IRole): boolean {
  const accounts = [role.env.account, Stack.of(scope).account];
  return accounts.every((account) => !Token.isUnresolved(account)) && accounts[0] !== accounts[1];
}

function findLogProblems({ logGroup, logRemovalPolicy }: ProtectedJobRunnerProps): string[] {
  return logGroup !== undefined && logRemovalPolicy !== undefined
    ? ['logRemovalPolicy: it is for the log group of the runner, and logGroup takes its place; set one of them']
    : [];
}

function findKeyProblems({ encryptionKey }: ProtectedJobRunnerProps): string[] {
  return encryptionKey !== undefined && keyBehind(encryptionKey) === undefined
    ? [
      'encryptionKey: it is an alias of which only the name is known, and permissions need the ARN of the key; pass the key, as Key.fromLookup() or ' +
          'Key.fromKeyArn() returns it',
    ]
    : [];
}

/** The bundles are built for this version of Node.js. */
const OLDEST_NODE = 20;

function findRuntimeProblems({ runtime }: ProtectedJobRunnerProps): string[] {
  if (runtime === undefined || Token.isUnresolved(runtime.name)) {
    return [];
  }
  const version = Number(/^nodejs(\d+)\.x$/.exec(runtime.name)?.[1]);
  return version >= OLDEST_NODE ? [] : [`runtime: ${runtime.name} does not run the functions; they need Node.js ${OLDEST_NODE} or newer`];
}
