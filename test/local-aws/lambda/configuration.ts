/** The configuration of a function, checked as CreateFunction and UpdateFunctionConfiguration check it. */
import { type VpcConfiguration } from '../ec2';
import { isText, type JsonObject } from '../json';
import { checkMembers, object, requiredText, text, texts, wholeNumber } from '../resource-properties';
import { AwsError, type Properties } from '../service';

export interface FunctionConfiguration {
  readonly functionName: string;
  readonly runtime: string;
  readonly handler: string;
  readonly roleArn: string;
  /** In seconds. */
  readonly timeout: number;
  readonly memorySize: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly reservedConcurrency?: number;
  /** The ARN of the key that encrypts the variables, if it is not Lambda's own. */
  readonly keyArn?: string;
  readonly vpc?: VpcConfiguration;
}

const optionalProperties = [
  'Architectures',
  'DeadLetterConfig',
  'Description',
  'Environment',
  'EphemeralStorage',
  'FunctionName',
  'Handler',
  'KmsKeyArn',
  'Layers',
  'LoggingConfig',
  'MemorySize',
  'PackageType',
  'RecursiveLoop',
  'ReservedConcurrentExecutions',
  'Runtime',
  'RuntimeManagementConfig',
  'Tags',
  'Timeout',
  'TracingConfig',
  'VpcConfig',
];

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const reservedVariables = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
];

export function parseConfiguration(properties: Properties, functionName: string): FunctionConfiguration {
  checkMembers(properties, { required: ['Code', 'Role'], optional: optionalProperties });
  if (!/^[a-zA-Z0-9-_]{1,64}$/.test(functionName)) {
    throw invalid(`1 validation error detected: Value '${functionName}' at 'functionName' failed to satisfy constraint`);
  }
  if (text(properties, 'PackageType') === 'Image') {
    throw invalid('The embedded AWS runs no container images.');
  }
  if (properties.Layers !== undefined) {
    throw invalid('The embedded AWS has no layers.');
  }
  const runtime = requiredText(properties, 'Runtime');
  if (!/^nodejs\d+\.x$/.test(runtime)) {
    throw invalid(`The embedded AWS runs Node.js functions only, not ${runtime}.`);
  }
  return {
    functionName,
    runtime,
    handler: requiredText(properties, 'Handler'),
    roleArn: requiredText(properties, 'Role'),
    timeout: wholeNumber(properties, 'Timeout', { least: 1, most: 900 }) ?? 3,
    memorySize: wholeNumber(properties, 'MemorySize', { least: 128, most: 10_240 }) ?? 128,
    variables: parseVariables(object(properties, 'Environment')),
    logGroup: text(object(properties, 'LoggingConfig') ?? {}, 'LogGroup') ?? `/aws/lambda/${functionName}`,
    reservedConcurrency: wholeNumber(properties, 'ReservedConcurrentExecutions', { least: 0, most: 1000 }),
    keyArn: text(properties, 'KmsKeyArn'),
    vpc: parseVpc(object(properties, 'VpcConfig')),
  };
}

function parseVpc(vpcConfig: JsonObject | undefined): VpcConfiguration | undefined {
  if (!vpcConfig) {
    return undefined;
  }
  checkMembers(vpcConfig, { optional: ['Ipv6AllowedForDualStack', 'SecurityGroupIds', 'SubnetIds'] }, '#/VpcConfig');
  return { subnetIds: texts(vpcConfig, 'SubnetIds'), securityGroupIds: texts(vpcConfig, 'SecurityGroupIds') };
}

const unable = 'Lambda was unable to configure your environment variables because the environment variables you have provided';

function parseVariables(environment: JsonObject | undefined): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(object(environment ?? {}, 'Variables') ?? {})) {
    if (!/^[a-zA-Z]\w+$/.test(name)) {
      throw invalid(
        "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: " +
          `Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+] (${name})`,
      );
    }
    if (reservedVariables.includes(name)) {
      throw invalid(
        `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${name}`,
      );
    }
    variables[name] = isText(value) ? value : String(value);
  }
  const size = Object.entries(variables).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
  if (size > 4096) {
    throw invalid(`${unable} exceeded the 4KB limit.`);
  }
  return variables;
}

/** The answer of GetFunction. GetFunctionConfiguration answers with more members, some under other names. */
export function describeConfiguration(configuration: FunctionConfiguration, functionArn: string): JsonObject {
  return {
    FunctionName: configuration.functionName,
    FunctionArn: functionArn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    Timeout: configuration.timeout,
    MemorySize: configuration.memorySize,
    Environment: { Variables: configuration.variables },
    LoggingConfig: { LogFormat: 'Text', LogGroup: configuration.logGroup },
    PackageType: 'Zip',
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
