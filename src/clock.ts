import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/**
 * Calls the advance function until a request is finished: advance, finished?, wait, advance. Its input names the request and
 * holds nothing secret.
 *
 * @internal
 */
export class Clock extends Construct {
  readonly stateMachine: stepfunctions.StateMachine;

  constructor(scope: Construct, id: string, advance: lambda.IFunction) {
    super(scope, id);

    const call = new tasks.LambdaInvoke(this, 'Advance', {
      lambdaFunction: advance,
      payloadResponseOnly: true,
      retryOnServiceExceptions: false, // replaced by the retries below, which also cover a crash of the function
    });
    call.addRetry({
      errors: ['States.ALL'],
      interval: Duration.seconds(2),
      backoffRate: 2,
      maxDelay: Duration.minutes(1),
      maxAttempts: 10,
    });

    const wait = new stepfunctions.Wait(this, 'Wait', {
      time: stepfunctions.WaitTime.secondsPath('$.waitSeconds'),
    });
    const done = new stepfunctions.Succeed(this, 'Done');
    const isFinished = new stepfunctions.Choice(this, 'IsFinished')
      .when(stepfunctions.Condition.booleanEquals('$.finished', true), done)
      .otherwise(wait);
    call.next(isFinished);
    wait.next(call);

    // The last line of defence: where deciding fails for good, CloudFormation still gets an answer.
    const giveUp = new tasks.LambdaInvoke(this, 'GiveUp', {
      lambdaFunction: advance,
      payload: stepfunctions.TaskInput.fromObject({
        resourceKey: stepfunctions.JsonPath.stringAt('$.resourceKey'),
        requestKey: stepfunctions.JsonPath.stringAt('$.requestKey'),
        giveUp: true,
        execution: stepfunctions.JsonPath.objectAt('$$.Execution.Input'), // tells whether it only precludes the request's clock
      }),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
    });
    giveUp.addRetry({
      errors: ['States.ALL'],
      interval: Duration.seconds(10),
      backoffRate: 2,
      maxDelay: Duration.minutes(5),
      maxAttempts: 20,
    });
    giveUp.next(isFinished); // a job that is left is still cancelled, after the answer
    call.addCatch(giveUp, { resultPath: '$.error' });

    this.stateMachine = new stepfunctions.StateMachine(this, 'Resource', {
      definitionBody: stepfunctions.DefinitionBody.fromChainable(call),
      stateMachineType: stepfunctions.StateMachineType.STANDARD,
    });
  }
}
