import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { type Construct } from 'constructs';

/**
 * What the statements of a runner's roles are about.
 *
 * @internal
 */
export interface RunnerResources {
  readonly ledgerArn: string;
  readonly logGroupArn: string;
  readonly encryptionKeyArn?: string;
  readonly isInVpc: boolean;
}

/**
 * What the function that starts, watches and cancels the jobs needs.
 *
 * @internal
 */
export function advanceStatements(scope: Construct, resources: RunnerResources): iam.PolicyStatement[] {
  return functionStatements(scope, resources, ['dynamodb', 'lambda']);
}

/**
 * What the function that takes the requests needs. It also sees what has the name of an execution, which is encrypted with the key.
 *
 * @internal
 */
export function onEventStatements(scope: Construct, resources: RunnerResources, stateMachine: stepfunctions.StateMachine): iam.PolicyStatement[] {
  return [...functionStatements(scope, resources, ['dynamodb', 'lambda', 'states']), ...startClockStatements(scope, stateMachine)];
}

function functionStatements(
  scope: Construct,
  { ledgerArn, logGroupArn, encryptionKeyArn, isInVpc }: RunnerResources,
  servicesWithKey: readonly string[],
): iam.PolicyStatement[] {
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroupArn),
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], ledgerArn),
    ...(encryptionKeyArn === undefined ? [] : [useKeyBy(scope, encryptionKeyArn, servicesWithKey)]),
    ...(isInVpc ? networkStatements(Stack.of(scope)) : []),
  ];
}

/** Not by itself: only what the services do with the key on behalf of the role. */
function useKeyBy(scope: Construct, keyArn: string, services: readonly string[]): iam.PolicyStatement {
  const { region } = Stack.of(scope);
  return new iam.PolicyStatement({
    actions: USE_ENCRYPTED,
    resources: [keyArn],
    // In China the names of services end in `.cn`, and it is not documented for each of them.
    conditions: { StringLike: { 'kms:ViaService': services.map((service) => `${service}.${region}.amazonaws.com*`) } },
  });
}

/**
 * Lambda makes the network interfaces of a function with its role. It asks whether the role may delete them, on a resource that no
 * interface has, so that the documented resource is any of the account. Subnets and security groups can be shared by another account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
function networkStatements(stack: Stack): iam.PolicyStatement[] {
  const arn = (account: string, resource: string) => stack.formatArn({ service: 'ec2', account, resource, resourceName: '*' });
  return [
    allow(SEE_NETWORK, '*'), // AWS has no narrower resource for them
    allow(CHANGE_INTERFACES, arn(stack.account, '*')),
    new iam.PolicyStatement({ actions: ['ec2:CreateNetworkInterface'], resources: [arn('*', 'subnet'), arn('*', 'security-group')] }),
  ];
}

/**
 * What AWS advises for a role of a function in a VPC: the network interfaces are for Lambda to handle, not for the code of the function. Of
 * the runner's own roles only, because the code of other functions with a user's role may need that. It is about any function, as the
 * role is only used by one, and is there before it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 * @internal
 */
export function denyNetworkToCode(scope: Construct): iam.PolicyStatement {
  const anyFunction = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    actions: [...SEE_NETWORK, ...CHANGE_INTERFACES, 'ec2:DetachNetworkInterface'],
    resources: ['*'],
    conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
  });
}

/** What onEvent needs of the clock: to start it, and to see what has the name of an execution. */
function startClockStatements(scope: Construct, { stateMachineArn, stateMachineName }: stepfunctions.StateMachine): iam.PolicyStatement[] {
  const executionArn = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [allow(['states:StartExecution'], stateMachineArn), allow(['states:DescribeExecution'], executionArn)];
}

/**
 * What the state machine needs: the function, its log and its trace. Neither log delivery nor tracing takes a narrower resource.
 *
 * @internal
 */
export function clockStatements(scope: Construct, advanceArn: string, { encryptionKeyArn }: RunnerResources): iam.PolicyStatement[] {
  return [
    allow(['lambda:InvokeFunction'], advanceArn),
    allow(DELIVER_LOGS, '*'),
    allow(TRACE, '*'),
    ...(encryptionKeyArn === undefined ? [] : clockKeyStatements(scope, encryptionKeyArn)),
  ];
}

/**
 * What the state machine needs to be encrypted, and to hand its log over. The name of the state machine is not known before it has its
 * role, so that the condition is about those of the account.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
 */
function clockKeyStatements(scope: Construct, encryptionKeyArn: string): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const anyStateMachine = stack.formatArn({ service: 'states', resource: 'stateMachine', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [encryptionKeyArn],
      conditions: { StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': anyStateMachine } },
    }),
    new iam.PolicyStatement({
      actions: ['kms:GenerateDataKey'],
      resources: [encryptionKeyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': anyLogArn(stack) } },
    }),
  ];
}

/**
 * What the policy of the key must allow services: CloudWatch Logs to encrypt log groups of the account, and the delivery of the state
 * machine's log to read what it delivers. The name of a log group is not known before it has its key.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 * @internal
 */
export function keyPolicyStatements(scope: Construct): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const anyLogGroup = stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: USE_ENCRYPTED,
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': anyLogGroup } },
    }),
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['kms:Decrypt'],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': anyLogArn(stack) } },
    }),
  ];
}

/** With this very text, and not as a pattern, Step Functions encrypts what it hands over to the delivery of logs. */
function anyLogArn(stack: Stack): string {
  return stack.formatArn({ service: 'logs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
}

/**
 * To use what is encrypted with the key: the ledger's items, a function's environment, a log group.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
const USE_ENCRYPTED = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const SEE_NETWORK = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

const CHANGE_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
const DELIVER_LOGS = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
const TRACE = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'];

function allow(actions: string[], resource: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources: [resource] });
}
