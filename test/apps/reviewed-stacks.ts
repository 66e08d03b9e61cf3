import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  Collaboration,
  ConfiguredTableAssociation,
  ProtectedJobDashboard,
  type ProtectedJobProps,
  ProtectedJobRunner,
  type ProtectedJobRunnerProps,
  RunnerLogLevel,
} from '../../src';
import { ACCOUNT, JobStack, MEMBERSHIP_ID, newApp, newResources } from '../fixtures';

/** A stack with one job, and the runner that it gets by itself. */
export function smallestStack(): JobStack {
  const stack = new JobStack(newApp(), 'Smallest');
  stack.addJob();
  return stack;
}

/** What the job of `addNumberedJob()` needs to have no wildcards. */
export function narrowed(stack: Stack): Partial<ProtectedJobProps> {
  const arn = (path: string) => `arn:aws:cleanrooms:eu-central-1:444455556666:${path}`;
  return {
    collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', arn(`collaboration/${MEMBERSHIP_ID}`)),
    configuredTableAssociations: [
      ConfiguredTableAssociation.fromConfiguredTableAssociationArn(
        stack,
        'Table',
        arn(`membership/${MEMBERSHIP_ID}/configuredtableassociation/${MEMBERSHIP_ID}`),
      ),
    ],
    intermediateTableArns: [arn(`membership/${MEMBERSHIP_ID}/intermediatetable/${MEMBERSHIP_ID}`)],
  };
}

/**
 * A stack with all settings of a runner but roles and log group, and with jobs of all kinds: narrowed or not, of a
 * reference or a resource, in slices or not waited for.
 */
export function fullestStack(): JobStack {
  const stack = new JobStack(newApp(), 'Fullest', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const vpc = importedVpc(stack);
  const runner = new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    logRemovalPolicy: RemovalPolicy.RETAIN,
    logLevel: RunnerLogLevel.DEBUG,
    encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    architecture: lambda.Architecture.X86_64,
    runtime: lambda.Runtime.NODEJS_24_X,
    ledgerRemovalPolicy: RemovalPolicy.RETAIN,
  });
  stack.addJob('Uplift', { timeout: Duration.hours(3), parameters: { campaign: 'spring' } });
  stack.addNumberedJob(1, narrowed(stack));
  stack.addJob('OfResources', newResources(stack));
  stack.addJob('NotWaitedFor', { waitForCompletion: false });
  new ProtectedJobDashboard(stack, 'Dashboard', { runner });
  return stack;
}

/** The same with roles and a log group of the user's, whose permissions the runner adds. */
export function stackWithRolesOfItsOwn(): JobStack {
  const stack = new JobStack(newApp(), 'OwnRoles');
  const role = (id: string, service: string) => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) });
  const settings: ProtectedJobRunnerProps = {
    onEventRole: role('OnEventRole', 'lambda'),
    advanceRole: role('AdvanceRole', 'lambda'),
    clockRole: role('ClockRole', 'states'),
    addPermissionsToRoles: true,
    logGroup: new logs.LogGroup(stack, 'OurLogs'),
  };
  new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, settings);
  stack.addJob();
  return stack;
}

/** One whose log group is a reference, and whose settings are the default ones otherwise. */
export function stackWithImportedLogGroup(): JobStack {
  const stack = new JobStack(newApp(), 'ImportedLogs');
  new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, { logGroup: logs.LogGroup.fromLogGroupName(stack, 'OurLogs', '/our/logs') });
  stack.addJob();
  return stack;
}

function importedVpc(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1234567890',
    availabilityZones: ['eu-central-1a'],
    privateSubnetIds: ['subnet-1234567890'],
    privateSubnetRouteTableIds: ['rtb-1234567890'],
  });
}
