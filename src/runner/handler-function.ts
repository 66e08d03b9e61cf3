import * as path from 'node:path';
import { type Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { addIfAsked, addToOwnRole, type BroughtRole, withoutAdditions } from './runner-role';
import { denyNetworkToCode } from './runner-statements';

/**
 * What can be set of the functions of a runner.
 *
 * @internal
 */
export interface FunctionSettings {
  readonly logGroup: logs.ILogGroup;
  readonly runtime: lambda.Runtime;
  readonly architecture: lambda.Architecture;
  readonly environment: Record<string, string>;
  readonly environmentEncryption?: kms.IKey;
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** Without it the function has a role of its own. */
  readonly broughtRole?: BroughtRole;
}

/** @internal */
export interface HandlerFunctionProps extends FunctionSettings, lambda.EventInvokeConfigOptions {
  /** The name of the handler in `src/engine`, without `.lambda.ts`. */
  readonly handler: string;
  readonly description: string;
  readonly timeout: Duration;
}

/**
 * One of the engine's handlers as a function, from the bundle that was made when the library was built.
 *
 * @internal
 */
export class HandlerFunction extends lambda.Function {
  /** The role that the function has at last: its own, made here so that it holds what the function needs and no managed policy, or the user's. */
  public readonly handlerRole: iam.IRole;
  private readonly broughtRole?: BroughtRole;
  private readonly isInVpc: boolean;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const { handler, broughtRole, ...functionProps } = props;
    const role = broughtRole
      ? withoutAdditions(scope, `${id}Role`, broughtRole.role)
      : new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    super(scope, id, {
      ...functionProps,
      role,
      code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', 'engine', `${handler}.lambda`)),
      handler: 'index.handler',
      memorySize: 256,
    });
    this.handlerRole = broughtRole?.role ?? role;
    this.broughtRole = broughtRole;
    this.isInVpc = props.vpc !== undefined;
    if (props.vpc) {
      // Its endpoints too: they are there before the first request, and until the last one is answered.
      this.node.addDependency(props.vpc);
    }
  }

  /** Lets the function do what the statements say, unless its role is the user's, who did not ask for that. */
  public allow(statements: iam.PolicyStatement[]): void {
    this.node.addDependency(
      this.broughtRole
        ? addIfAsked(this, 'Permissions', this.broughtRole, statements)
        : addToOwnRole(this, 'Permissions', this.handlerRole, [...statements, ...(this.isInVpc ? [denyNetworkToCode(this)] : [])]),
    );
  }
}
