import { Aws, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { Construct, IConstruct, IDependable } from 'constructs';
import { Clock } from './clock';
import { HandlerFunction } from './handler-function';
import { jobPermissions, PermissionPolicy } from './job-permissions';
import { assertOnlyCopy } from './library-copy';
import { type ProtectedJob } from './protected-job';

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

  /**
   * The jobs that it runs.
   *
   * @internal
   */
  public readonly _jobs: ProtectedJob[] = [];

  private readonly onEvent: HandlerFunction;
  private readonly advance: HandlerFunction;
  private readonly stateMachine: stepfunctions.StateMachine;
  private readonly permissions = new Set<PermissionPolicy>();

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
    this.stateMachine = stateMachine;
    this.onEvent = new HandlerFunction(this, 'OnEvent', {
      handler: 'on-event',
      description: "Takes CloudFormation's requests for protected jobs",
      logGroup,
      timeout: Duration.minutes(5), // three of trying again, and the rest for giving up
      environment: { ...environment, CLOCK_ARN: stateMachine.stateMachineArn },
      // A request that comes later may already be overtaken by the next one. Five minutes leave room for Lambda's two
      // retries after a crash, one and two minutes after the attempts before them. With the function's own time they end within the
      // ten minutes in which the engine believes when a request was sent.
      maxEventAge: Duration.minutes(5),
      retryAttempts: 2,
    });
    for (const handler of [this.onEvent, this.advance]) {
      ledger.grant(handler, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
    }
    stateMachine.grantStartExecution(this.onEvent);
    stateMachine.grantExecution(this.onEvent, 'states:DescribeExecution');

    this._serviceToken = this.onEvent.functionArn;
    this.node.addValidation({ validate: () => this.findPermissionProblems() });
  }

  /**
   * Lets the runner run jobs of the membership and the template for the stack of the scope.
   *
   * @returns what must be there before such a job, and until after its end
   * @throws if the runner can not serve that stack
   * @internal
   */
  public _serve(
    scope: ProtectedJob,
    membership: cleanrooms.IMembershipRef,
    analysisTemplate: cleanrooms.IAnalysisTemplateRef,
  ): IDependable[] {
    this.assertSameEnvironment(scope);
    this._jobs.push(scope);
    const policies = jobPermissions(scope, {
      membership,
      analysisTemplate,
      role: this.advance.handlerRole,
    });
    policies.forEach((policy) => this.permissions.add(policy));
    return [this.onEvent, ...policies]; // all else of the runner is referred to by onEvent
  }

  /**
   * What tells that the runner itself is not well.
   *
   * @internal
   */
  public _metricsOfFailures(): cloudwatch.Metric[] {
    return [this.onEvent.metricErrors(), this.onEvent.metricThrottles(), this.advance.metricErrors(), this.advance.metricThrottles(), this.stateMachine.metricFailed()];
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

  private findPermissionProblems(): string[] {
    const size = [...this.permissions].reduce((sum, policy) => sum + policy.estimateSize(), 0);
    return size <= MAX_JOB_POLICY_CHARACTERS
      ? []
      : [
        `runner: its jobs need policies of about ${size} characters, where its role has room for ${MAX_JOB_POLICY_CHARACTERS}; ` +
            'create a second ProtectedJobRunner and pass it to some of the jobs',
      ];
  }
}

const DEFAULT_RUNNER_ID = 'ProtectedJobRunner';

/**
 * The inline policies of a role hold 10,240 characters together. The runner's own take a part of them, and an update that replaces
 * all memberships or templates has the old policies and the new ones at the same time.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_JOB_POLICY_CHARACTERS = (10_240 - 1_500) / 2;
