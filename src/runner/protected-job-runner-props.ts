import { type RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { type RunnerLogLevel } from './runner-log-level';

/**
 * Settings of a runner. Each can be changed while the runner is deployed: that replaces neither the ledger nor what CloudFormation
 * sends its requests to, and it starts no job. Change roles while no job runs: a clock that runs keeps the role that it had.
 */
export interface ProtectedJobRunnerProps {
  /**
   * The VPC that the functions run in. There they need a way to DynamoDB, Step Functions, CloudFormation, Clean Rooms and S3: a NAT
   * gateway, or the endpoints that `docs/security.md` lists.
   *
   * @default - the functions run in no VPC of yours
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of `vpc` that the functions run in. Public ones are an error: a function has no way out of them.
   *
   * @default - the private subnets with a way out, or else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of both functions, in `vpc`. They must let HTTPS out.
   *
   * @default - one of the runner's own that lets HTTPS out and nothing in; see `connections`
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The role of the function that takes CloudFormation's requests. Lambda must be able to assume it. Nothing is added to it unless
   * `addPermissionsToRoles` says so; `onEventStatements` has what it needs.
   *
   * @default - a role of the runner's own, without managed policies
   */
  readonly onEventRole?: iam.IRole;

  /**
   * The role of the function that starts, watches and cancels the jobs. Lambda must be able to assume it. Nothing is added to it unless
   * `addPermissionsToRoles` says so; `advanceStatements` and, for each job, `jobStatements()` have what it needs.
   *
   * @default - a role of the runner's own, without managed policies
   */
  readonly advanceRole?: iam.IRole;

  /**
   * The role of the state machine that calls that function until a request is finished. Step Functions must be able to assume it.
   * Nothing is added to it unless `addPermissionsToRoles` says so; `clockStatements` has what it needs.
   *
   * @default - a role of the runner's own
   */
  readonly clockRole?: iam.IRole;

  /**
   * Whether the runner adds what it needs to the roles that you pass, as inline policies, and so what its jobs need to `advanceRole`. Where
   * a role is a reference, also one to which the CDK adds nothing, they are added to the role of that name.
   *
   * @default false
   */
  readonly addPermissionsToRoles?: boolean;

  /**
   * The log group of the functions and of the state machine. Its retention, encryption and removal are yours to decide.
   *
   * @default - a log group of the runner's own that keeps its events for one month
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * What becomes of the runner's own log group when the runner is removed, or `logGroup` takes its place.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * How much the functions log. The state machine's log always has every step, and never its data.
   *
   * @default RunnerLogLevel.INFO
   */
  readonly logLevel?: RunnerLogLevel;

  /**
   * The symmetric KMS key that encrypts the ledger, the runner's own log group, the environment of the functions, and the definition and
   * the executions of the state machine. What CloudWatch Logs needs is added to the key's policy where the key is of this app; for a
   * reference to a key see `docs/security.md`. An alias stands for its key, which must be known: `Key.fromLookup()` finds it by a name.
   * Changed, the key is used for what is written from then on, and the former key is still needed for what was written before.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The architecture of the functions, for regions or policies that do not know the default.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * The runtime of the functions: Node.js 20 or newer. The default is fixed for each release of this library, so that a newer
   * `aws-cdk-lib` does not change it.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * What becomes of the ledger when the runner is removed. Its jobs are gone before it, and another runner does not take up a ledger that
   * was retained: that is for auditors only.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly ledgerRemovalPolicy?: RemovalPolicy;

  /**
   * Whether DynamoDB refuses to delete the ledger, also by hand. Without the ledger, no job of the runner can be updated or deleted. Before
   * you remove the runner or its stack, deploy it once more with `false`.
   *
   * @default false
   */
  readonly ledgerDeletionProtection?: boolean;
}
