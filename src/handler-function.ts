import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** @internal */
export interface HandlerFunctionProps extends lambda.EventInvokeConfigOptions {
  /** The name of the handler in `src/engine`, without `.lambda.ts`. */
  readonly handler: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: Record<string, string>;
  readonly logGroup: logs.ILogGroup;
}

/**
 * One of the engine's handlers as a function, from the bundle that was made when the library was built.
 *
 * @internal
 */
export class HandlerFunction extends lambda.Function {
  /** The function's role, made here so that it holds what the function needs and no managed policy. */
  public readonly handlerRole: iam.Role;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const { handler, logGroup, ...functionProps } = props;
    const role = new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    super(scope, id, {
      ...functionProps,
      role,
      logGroup,
      code: lambda.Code.fromAsset(path.join(__dirname, '..', 'assets', 'engine', `${handler}.lambda`)),
      handler: 'index.handler',
      // Pinned: a runtime that moves with aws-cdk-lib would change every user's template.
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
    });
    this.handlerRole = role;
    logGroup.grantWrite(role);
  }
}
