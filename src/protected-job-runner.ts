import { Aws, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct, IDependable } from 'constructs';
import { Clock } from './clock';
import { HandlerFunction } from './handler-function';
import { JobAccess, JobPermissions } from './job-permissions';
import { assertOnlyCopy } from './library-copy';

/**
 * Settings of a runner.
 */
export interface ProtectedJobRunnerProps {
  /**
   * The log group of the runner's functions.
   *
   * @default - a log group of the runner's own that keeps its events for one month and is deleted with the runner
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * The machinery behind protected jobs: it takes CloudFormation's requests, starts, watches and cancels the jobs, and remembers
 * which of them were started. It costs next to nothing while no job runs.
 *
 * A stack gets one by itself with its first `ProtectedJob`. Create one to configure it, or to share it between stacks of the
 * same account and region, and pass it to the jobs as `runner`. A deployed job can not move to another runner: CloudFormation
 * does not let a custom resource change its service token.
 */
export class ProtectedJobRunner extends Construct {
  /**
   * The runner that the jobs of the scope's stack share, made when it is first asked for.
   *
   * @internal
   */
  public static _ofStack(scope: IConstruct): ProtectedJobRunner {
    const stack = Stack.of(scope);
    const existing = stack.node.tryFindChild(DEFAULT_RUNNER_ID);
    if (existing === undefined) {
      return new ProtectedJobRunner(stack, DEFAULT_RUNNER_ID);
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

  private readonly onEvent: HandlerFunction;
  private readonly advance: HandlerFunction;
  private readonly permissions = new Set<JobPermissions>();

  /**
   * @param scope the scope that the runner belongs to
   * @param id the runner's ID in that scope
   * @param props the runner's settings
   * @throws if another copy of this library is in use in the app
   */
  constructor(scope: Construct, id: string, props: ProtectedJobRunnerProps = {}) {
    super(scope, id);
    assertOnlyCopy(this);

    const logGroup = props.logGroup ?? this.createLogGroup();
    const ledger = this.createLedger();
    const environment = { LEDGER_TABLE_NAME: ledger.tableName, URL_SUFFIX: Aws.URL_SUFFIX };

    this.advance = new HandlerFunction(this, 'Advance', {
      handler: 'advance',
      description: 'Takes protected jobs a step further: starts, watches and cancels them, and answers CloudFormation',
      logGroup,
      timeout: Duration.minutes(2),
      environment,
    });
    const { stateMachine } = new Clock(this, 'Clock', this.advance);
    this.onEvent = new HandlerFunction(this, 'OnEvent', {
      handler: 'on-event',
      description: "Takes CloudFormation's requests for protected jobs",
      logGroup,
      timeout: Duration.minutes(1),
      environment: { ...environment, CLOCK_ARN: stateMachine.stateMachineArn },
      // A request that comes later may already be overtaken by the next one. Five minutes leave room for Lambda's two
      // retries, one and two minutes after the attempts before them.
      maxEventAge: Duration.minutes(5),
      retryAttempts: 2,
    });
    for (const handler of [this.onEvent, this.advance]) {
      ledger.grant(handler, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
    }
    stateMachine.grantStartExecution(this.onEvent);

    this._serviceToken = this.onEvent.functionArn;
    this.node.addValidation({ validate: () => this.findPermissionProblems() });
  }

  /**
   * Who starts, watches and cancels the jobs.
   *
   * @internal
   */
  public get _grantPrincipal(): iam.IPrincipal {
    return this.advance.grantPrincipal;
  }

  /**
   * Lets the runner run a job for the stack of the scope.
   *
   * @returns what must be there before such a job, and until after its end
   * @throws if the runner can not serve that stack, or the job's permissions do not fit a policy
   * @internal
   */
  public _serve(scope: Construct, access: JobAccess): IDependable[] {
    this.assertSameEnvironment(scope);
    return [this.onEvent, ...this.permit(scope, access)]; // all else of the runner is referred to by onEvent
  }

  /** Adds to the role of the advance function what it needs for the job. */
  private permit(scope: Construct, access: JobAccess): IDependable[] {
    const permissions = JobPermissions.of(Stack.of(scope), this.advance.handlerRole);
    this.permissions.add(permissions);
    return [permissions.permit(access)];
  }

  private createLogGroup(): logs.LogGroup {
    return new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private createLedger(): dynamodb.Table {
    return new dynamodb.Table(this, 'Ledger', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // It remembers the jobs of stacks that use the runner, and these are gone before it.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** A custom resource can only call a function of its own region, and the job runs with the runner's account. */
  private assertSameEnvironment(scope: Construct): void {
    const here = Stack.of(this);
    const there = Stack.of(scope);
    for (const part of ['account', 'region'] as const) {
      const known = !Token.isUnresolved(here[part]) && !Token.isUnresolved(there[part]);
      if (known && here[part] !== there[part]) {
        throw new Error(
          `${scope.node.path}: runner: ${this.node.path} is in ${part} ${here[part]}, the job's stack in ${there[part]}; ` +
            `pass a runner of the same ${part}`,
        );
      }
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

/** Those of the role itself, as an aspect may have added some. */
function managedPolicyCountOf(role: iam.Role): number {
  const resource = role.node.defaultChild;
  const arns: unknown = resource instanceof iam.CfnRole ? Stack.of(role).resolve(resource.managedPolicyArns) : undefined;
  return Array.isArray(arns) ? arns.length : 0;
}

const DEFAULT_RUNNER_ID = 'ProtectedJobRunner';

/**
 * The default of the quota: how many managed policies a role can have.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_MANAGED_POLICIES = 10;
