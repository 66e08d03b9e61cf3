import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { addIfAsked, addToOwnRole, type BroughtRole, withoutAdditions } from './runner-role';
import { CLOCK_RETRIES, type GiveUpInput, type Progress } from '../contract/runner';

/** @internal */
export interface RunnerClockProps {
  readonly advance: lambda.IFunction;
  readonly logGroup: logs.ILogGroup;
  readonly encryptionKey?: kms.IKey;
  /** Without it the state machine has a role of its own. */
  readonly broughtRole?: BroughtRole;
}

/**
 * Calls the advance function until a request is finished: advance, finished?, wait, advance. Its input names the request and
 * holds nothing secret.
 *
 * @internal
 */
export class RunnerClock extends Construct {
  readonly stateMachine: stepfunctions.StateMachine;
  private readonly broughtRole?: BroughtRole;
  private readonly role: iam.IRole;

  constructor(scope: Construct, id: string, { advance, logGroup, encryptionKey, broughtRole }: RunnerClockProps) {
    super(scope, id);
    this.broughtRole = broughtRole;
    this.role = broughtRole?.role ?? this.createRole();

    const call = new tasks.LambdaInvoke(this, 'Advance', {
      lambdaFunction: advance,
      payloadResponseOnly: true,
      retryOnServiceExceptions: false, // replaced by the retries below, which also cover a crash of the function
    });
    call.addRetry({
      errors: ['States.ALL'],
      ...patience(CLOCK_RETRIES.advance),
    });

    const wait = new stepfunctions.Wait(this, 'Wait', {
      time: stepfunctions.WaitTime.secondsPath(path('waitSeconds')),
    });
    const done = new stepfunctions.Succeed(this, 'Done');
    const isFinished = new stepfunctions.Choice(this, 'IsFinished')
      .when(stepfunctions.Condition.booleanEquals(path('finished'), true), done)
      .otherwise(wait);
    call.next(isFinished);
    wait.next(call);

    // The last line of defence: where deciding fails for good, CloudFormation still gets an answer.
    const giveUp = new tasks.LambdaInvoke(this, 'GiveUp', {
      lambdaFunction: advance,
      payload: stepfunctions.TaskInput.fromObject({
        resourceKey: stepfunctions.JsonPath.stringAt(path('resourceKey')),
        requestKey: stepfunctions.JsonPath.stringAt(path('requestKey')),
        giveUp: true,
        execution: stepfunctions.JsonPath.objectAt('$$.Execution.Input'),
      } satisfies Record<keyof GiveUpInput, unknown>),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
    });
    giveUp.addRetry({
      errors: ['States.ALL'],
      ...patience(CLOCK_RETRIES.giveUp),
    });
    giveUp.next(isFinished); // a job that is left is still cancelled, after the answer
    call.addCatch(giveUp, { resultPath: '$.error' });

    this.stateMachine = new stepfunctions.StateMachine(this, 'Resource', {
      definitionBody: stepfunctions.DefinitionBody.fromChainable(call),
      stateMachineType: stepfunctions.StateMachineType.STANDARD,
      role: withoutAdditions(this, 'RoleAsItIs', this.role),
      // Without the data of executions: what an error of a client says could hold a value.
      logs: { destination: logGroup, level: stepfunctions.LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    if (encryptionKey) {
      this.encrypt(encryptionKey);
    }
  }

  /** Lets the state machine do what the statements say, unless its role is the user's, who did not ask for that. */
  public allow(statements: iam.PolicyStatement[]): void {
    this.stateMachine.node.addDependency(
      this.broughtRole ? addIfAsked(this, 'Permissions', this.broughtRole, statements) : addToOwnRole(this, 'Permissions', this.role, statements),
    );
  }

  /**
   * Guarded against confused deputies, as the role that newer versions of the CDK make.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
   */
  private createRole(): iam.Role {
    const stack = Stack.of(this);
    const stateMachines = stack.formatArn({ service: 'states', resource: 'stateMachine', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    return new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          // Not by its name: the state machine refers to the role.
          ArnLike: { 'aws:SourceArn': stateMachines },
        },
      }),
    });
  }

  /**
   * Not with `encryptionConfiguration` of the CDK: where the state machine has no physical name, it lets the role use the key for a
   * state machine with an empty name only, so that no execution can be started (aws-cdk-lib 2.257.0).
   */
  private encrypt(encryptionKey: kms.IKey): void {
    const resource = this.stateMachine.node.defaultChild;
    if (!stepfunctions.CfnStateMachine.isCfnStateMachine(resource)) {
      throw new Error(`${this.stateMachine.node.path} has no resource of its own`);
    }
    resource.encryptionConfiguration = {
      type: 'CUSTOMER_MANAGED_KMS_KEY',
      kmsKeyId: encryptionKey.keyArn,
      kmsDataKeyReusePeriodSeconds: 300,
    };
  }
}

/** What the clock reads of what the advance function has returned. */
function path(field: keyof Progress): string {
  return `$.${field}`;
}

function patience({ intervalSeconds, maxDelaySeconds, maxAttempts }: (typeof CLOCK_RETRIES)[keyof typeof CLOCK_RETRIES]): stepfunctions.RetryProps {
  return { interval: Duration.seconds(intervalSeconds), backoffRate: 2, maxDelay: Duration.seconds(maxDelaySeconds), maxAttempts };
}
