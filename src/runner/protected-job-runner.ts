import { Aspects, Aws, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct, type IDependable } from 'constructs';
import { type FunctionSettings, HandlerFunction } from './handler-function';
import { JobPermissions, jobStatements } from './job-permissions';
import { keyBehind } from './key-behind-alias';
import { type ProtectedJobAccess } from './protected-job-access';
import { type ProtectedJobRunnerProps } from './protected-job-runner-props';
import { RunnerClock } from './runner-clock';
import { findRunnerKindProblems } from './runner-prop-kinds';
import { type BroughtRole, isPrecreated } from './runner-role';
import { findSettingProblems } from './runner-settings';
import { advanceStatements, clockStatements, keyPolicyStatements, onEventStatements, type RunnerResources } from './runner-statements';
import { ENVIRONMENT, EVENT_DELIVERY, FUNCTION_TIMEOUT_SECONDS, LEDGER_ATTRIBUTES } from '../contract/runner';
import { copyOf } from '../synth/copy';
import { assertOnlyCopy } from '../synth/library-copy';
import { addSynthCheck, assertKinds, assertNoProblems } from '../synth/synth-check';

/**
 * The machinery behind protected jobs: it takes CloudFormation's requests, starts, watches and cancels the jobs, and remembers
 * which of them were started. It costs next to nothing while no job runs.
 *
 * A stack gets one by itself with its first `ProtectedJob`. Create one to configure it, or to share it between stacks of the
 * same account and region, and pass it to the jobs as `runner`. To configure the one that a stack gets by itself, also after it was
 * deployed, create it before the first job, directly in the stack and with the ID `ProtectedJobRunner.DEFAULT_ID`.
 *
 * A deployed job can not move to another runner: CloudFormation does not let a custom resource change its service token.
 */
export class ProtectedJobRunner extends Construct implements ec2.IConnectable {
  /**
   * The construct ID of the runner that a stack gets by itself: `ProtectedJobRunner`.
   */
  public static readonly DEFAULT_ID = 'ProtectedJobRunner';

  /**
   * The runner that the jobs of the scope's stack share, made when it is first asked for.
   *
   * @internal
   */
  public static _ofStack(scope: IConstruct): ProtectedJobRunner {
    const stack = Stack.of(scope);
    const existing = stack.node.tryFindChild(ProtectedJobRunner.DEFAULT_ID);
    if (existing === undefined) {
      return new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID);
    }
    if (!(existing instanceof ProtectedJobRunner)) {
      throw new Error(
        `${existing.node.path}: the jobs of this stack need this construct ID for their runner; ` +
          'rename your construct, or pass a runner to the jobs',
      );
    }
    return existing;
  }

  /**
   * What the jobs' custom resources send their requests to.
   *
   * @internal
   */
  public readonly _serviceToken: string;

  /**
   * The jobs that it runs.
   *
   * @internal
   */
  public readonly _jobs: Construct[] = [];

  private readonly onEvent: HandlerFunction;
  private readonly advance: HandlerFunction;
  private readonly clock: RunnerClock;
  private readonly resources: RunnerResources;
  private readonly securityGroups?: ec2.ISecurityGroup[];
  private readonly addsJobPermissions: boolean;
  private readonly permissions = new Set<JobPermissions>();

  /**
   * @param scope the scope that the runner belongs to
   * @param id the runner's ID in that scope
   * @param props the runner's settings
   * @throws if a setting breaks a rule or would have no effect, the stack has its runner already, or another copy of this library
   *   is in use in the app
   */
  constructor(scope: Construct, id: string, props: ProtectedJobRunnerProps = {}) {
    super(assertFree(scope, id), id);
    assertOnlyCopy(this);
    assertKinds(this.node.path, findRunnerKindProblems(props));
    assertNoProblems(this, findSettingProblems(this, props));

    const { vpc } = props;
    const encryptionKey = props.encryptionKey && keyBehind(props.encryptionKey);
    if (encryptionKey) {
      keyPolicyStatements(this).forEach((statement) => encryptionKey.addToResourcePolicy(statement));
    }
    const logGroup = props.logGroup ?? this.createLogGroup({ ...props, encryptionKey });
    const ledger = this.createLedger({ ...props, encryptionKey });
    this.securityGroups = vpc && (copyOf(props.securityGroups) ?? [this.createSecurityGroup(vpc)]);
    this.resources = {
      ledgerArn: ledger.tableArn,
      logGroupArn: logGroup.logGroupArn,
      encryptionKeyArn: encryptionKey?.keyArn,
      isInVpc: vpc !== undefined,
    };

    const brought = (role?: iam.IRole): BroughtRole | undefined => role && { role, addPermissions: props.addPermissionsToRoles ?? false };
    const settings = this.functionSettings({ ...props, encryptionKey }, logGroup, ledger);
    this.advance = this.createAdvance({ ...settings, broughtRole: brought(props.advanceRole) });
    this.clock = new RunnerClock(this, 'Clock', { advance: this.advance, logGroup, encryptionKey, broughtRole: brought(props.clockRole) });
    this.onEvent = this.createOnEvent({ ...settings, broughtRole: brought(props.onEventRole) }, this.clock);
    this.advance.allow(this.advanceStatements);
    this.clock.allow(this.clockStatements);
    this.onEvent.allow(this.onEventStatements);
    this.addsJobPermissions = props.advanceRole === undefined || props.addPermissionsToRoles === true;

    this._serviceToken = this.onEvent.functionArn;
    Aspects.of(this).add({ visit: (node) => void (node === this && this.keepExports()) });
    addSynthCheck(this, () => this.findPermissionProblems());
  }

  /**
   * The network connections of the functions: to let them reach the endpoints of a VPC, for example.
   *
   * @throws if the runner has no `vpc`
   */
  public get connections(): ec2.Connections {
    if (!this.securityGroups) {
      throw new Error(`${this.node.path}: connections: only a runner in a VPC has any; set vpc`);
    }
    return new ec2.Connections({ securityGroups: this.securityGroups });
  }

  /**
   * What the role of the function that takes CloudFormation's requests must be allowed, for an `onEventRole` to which you add it yourself.
   */
  public get onEventStatements(): iam.PolicyStatement[] {
    return onEventStatements(this, this.resources, this.clock.stateMachine);
  }

  /**
   * What the role of the function that starts, watches and cancels the jobs must be allowed besides `jobStatements()`, for an `advanceRole` to
   * which you add it yourself.
   */
  public get advanceStatements(): iam.PolicyStatement[] {
    return advanceStatements(this, this.resources);
  }

  /**
   * What the role of the state machine must be allowed, for a `clockRole` to which you add it yourself.
   */
  public get clockStatements(): iam.PolicyStatement[] {
    return clockStatements(this, this.advance.functionArn, this.resources);
  }

  /**
   * What the role of the function that starts, watches and cancels the jobs must be allowed for a job, for an `advanceRole` to which you
   * add it yourself. It must be allowed until the job is deleted, or nobody can cancel it: let the job depend on the policy.
   *
   * @param scope the job, its stack, or any other construct of that stack
   * @param access what the job runs with and reads: the same as the props of the job
   */
  public jobStatements(scope: Construct, access: ProtectedJobAccess): iam.PolicyStatement[] {
    return jobStatements(Stack.of(scope), access);
  }

  /**
   * Who starts, watches and cancels the jobs.
   *
   * @internal
   */
  public get _grantPrincipal(): iam.IPrincipal {
    return this.advance.handlerRole.grantPrincipal;
  }

  /**
   * Lets the runner run a job for the stack of the scope.
   *
   * @returns what must be there before such a job, and until after its end
   * @throws if the runner can not serve that stack, or the job's permissions do not fit a policy
   * @internal
   */
  public _serve(scope: Construct, access: ProtectedJobAccess): IDependable[] {
    this.assertSameEnvironment(scope);
    this._jobs.push(scope);
    const policies = this.addsJobPermissions ? [this.permit(scope, access)] : [];
    return [this.onEvent, ...policies]; // all else of the runner is referred to by onEvent
  }

  /**
   * What tells that the runner itself is not well.
   *
   * @internal
   */
  public _metricsOfFailures(): cloudwatch.Metric[] {
    return [
      ...[this.onEvent, this.advance].flatMap((handler) => [handler.metricErrors(), handler.metricThrottles()]),
      this.clock.stateMachine.metricFailed(),
    ];
  }

  private permit(scope: Construct, access: ProtectedJobAccess): IDependable {
    const role = this.advance.handlerRole;
    if (isPrecreated(role)) {
      this.jobStatements(scope, access).forEach((statement) => role.addToPrincipalPolicy(statement)); // for the report
      return role;
    }
    const permissions = JobPermissions.of(Stack.of(scope), role);
    this.permissions.add(permissions);
    return permissions.permit(access);
  }

  private createLogGroup({ encryptionKey, logRemovalPolicy }: ProtectedJobRunnerProps): logs.LogGroup {
    return new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: logRemovalPolicy ?? RemovalPolicy.DESTROY,
      encryptionKey,
    });
  }

  private createLedger({ encryptionKey, ledgerRemovalPolicy, ledgerDeletionProtection }: ProtectedJobRunnerProps): dynamodb.Table {
    return new dynamodb.Table(this, 'Ledger', {
      partitionKey: { name: LEDGER_ATTRIBUTES.partitionKey, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: LEDGER_ATTRIBUTES.timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: encryptionKey && dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      // It remembers the jobs of stacks that use the runner, and these are gone before it.
      removalPolicy: ledgerRemovalPolicy ?? RemovalPolicy.DESTROY,
      deletionProtection: ledgerDeletionProtection,
    });
  }

  private functionSettings(props: ProtectedJobRunnerProps, logGroup: logs.ILogGroup, ledger: dynamodb.ITable): FunctionSettings {
    return {
      logGroup,
      // Pinned: a runtime that moves with aws-cdk-lib would change every user's template.
      runtime: props.runtime ?? lambda.Runtime.NODEJS_24_X,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      environment: {
        [ENVIRONMENT.ledgerTableName]: ledger.tableName,
        [ENVIRONMENT.urlSuffix]: Aws.URL_SUFFIX,
        ...(props.logLevel !== undefined && { [ENVIRONMENT.logLevel]: props.logLevel }),
      },
      environmentEncryption: props.encryptionKey,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: this.securityGroups,
    };
  }

  private createAdvance(settings: FunctionSettings): HandlerFunction {
    return new HandlerFunction(this, 'Advance', {
      ...settings,
      handler: 'advance',
      description: 'Takes protected jobs a step further: starts, watches and cancels them, and answers CloudFormation',
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS.advance),
    });
  }

  private createOnEvent(settings: FunctionSettings, { stateMachine }: RunnerClock): HandlerFunction {
    return new HandlerFunction(this, 'OnEvent', {
      ...settings,
      handler: 'on-event',
      description: "Takes CloudFormation's requests for protected jobs",
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS.onEvent),
      environment: { ...settings.environment, [ENVIRONMENT.clockArn]: stateMachine.stateMachineArn },
      maxEventAge: Duration.seconds(EVENT_DELIVERY.maxAgeSeconds),
      retryAttempts: EVENT_DELIVERY.retryAttempts,
    });
  }

  private createSecurityGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'The functions that run protected jobs',
      allowAllOutbound: false,
    });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'To services of AWS');
    return group;
  }

  /** A custom resource can only call a function of its own region, and the job runs with the runner's account. */
  private assertSameEnvironment(scope: Construct): void {
    const here = Stack.of(this);
    const there = Stack.of(scope);
    for (const part of ['account', 'region'] as const) {
      const known = !Token.isUnresolved(here[part]) && !Token.isUnresolved(there[part]);
      if (known && here[part] !== there[part]) {
        const problem = `runner: ${this.node.path} is in ${part} ${here[part]}, the job's stack in ${there[part]}; pass a runner of the same ${part}`;
        assertNoProblems(scope, [problem]);
      }
    }
  }

  /**
   * Exports for the jobs of other stacks what these refer to, where the stack of the runner has no jobs itself: it is made to be shared. The
   * CDK exports it only as long as there are such jobs. When the last one is removed, it would remove the exports as well, and CloudFormation
   * refuses that before the stack of that job is deployed.
   */
  private keepExports(): void {
    const stack = Stack.of(this);
    if (stack.nested || this._jobs.some((job) => Stack.of(job) === stack)) {
      return;
    }
    stack.exportValue(this._serviceToken);
    const role = this.advance.handlerRole;
    if (role.stack === stack && role.node.scope === this && !isPrecreated(role)) {
      stack.exportValue(role.roleName);
    }
  }

  /** Stacks are deployed one after the other, and one that replaces its policies has the old ones and the new ones for a while. */
  private findPermissionProblems(): string[] {
    const counts = [...this.permissions].map(({ count }) => count);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const replaced = Math.max(0, ...counts);
    const room = MAX_MANAGED_POLICIES - managedPolicyCountOf(this.advance.handlerRole);
    return total + replaced <= room
      ? []
      : [
        `runner: its jobs need ${total} managed policies on its role, and ${replaced} more while a deployment replaces those of a stack, ` +
            `where there is room for ${room}; create a second ProtectedJobRunner and pass it to some of the jobs`,
      ];
  }
}

/** Those of the role itself, as an aspect may have added some. What a role has that is not in the app is not known. */
function managedPolicyCountOf(role: iam.IRole): number {
  const resource = role.node.defaultChild;
  const arns: unknown = resource instanceof iam.CfnRole ? Stack.of(role).resolve(resource.managedPolicyArns) : undefined;
  return Array.isArray(arns) ? arns.length : 0;
}

/** The CDK would only say that there is a construct with this name. */
function assertFree(scope: Construct, id: string): Construct {
  if (scope.node.tryFindChild(id) instanceof ProtectedJobRunner) {
    throw new Error(
      `${scope.node.path}/${id}: this runner is there already, with the settings that it was made with; ` +
        'create it before the first job that is to use it',
    );
  }
  return scope;
}

/**
 * The default of the quota: how many managed policies a role can have.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_MANAGED_POLICIES = 10;
