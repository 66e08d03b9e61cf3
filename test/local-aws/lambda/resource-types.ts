/** The CloudFormation types of Lambda. */
import { isObject } from '../json';
import { parseConfiguration } from './configuration';
import { defaultEventInvokeConfig } from './event-queue';
import { type FunctionCode, type LambdaService } from './lambda';
import { fitName } from '../generated-name';
import { checkMembers, object, PropertyError, requiredText, text, wholeNumber } from '../resource-properties';
import { type Properties, type ResourceState, type ResourceType } from '../service';

export function lambdaResourceTypes(lambda: LambdaService): Readonly<Record<string, ResourceType>> {
  return {
    'AWS::Lambda::Function': functionType(lambda),
    'AWS::Lambda::Permission': permissionType(lambda),
    'AWS::Lambda::EventInvokeConfig': eventInvokeConfigType(lambda),
    'AWS::Lambda::Version': versionType(lambda),
  };
}

function functionType(lambda: LambdaService): ResourceType {
  const state = (functionName: string, arn: string): ResourceState => ({ physicalId: functionName, attributes: { Arn: arn } });
  return {
    createOnly: ['FunctionName', 'PackageType'],
    create: async (properties, context) => {
      const name = text(properties, 'FunctionName') ?? fitName(context.generatedName, 64);
      return state(name, await lambda.createFunction(parseConfiguration(properties, name), codeOf(properties)));
    },
    update: async (name, properties) => state(name, await lambda.updateFunction(parseConfiguration(properties, name), codeOf(properties))),
    delete: async (name) => lambda.deleteFunction(name),
  };
}

function codeOf(properties: Properties): FunctionCode {
  const code = properties.Code;
  if (!isObject(code)) {
    throw new PropertyError('Properties validation failed: #/Code: expected type: JSONObject');
  }
  checkMembers(code, { optional: ['ImageUri', 'S3Bucket', 'S3Key', 'S3ObjectVersion', 'SourceKMSKeyArn', 'ZipFile'] }, '#/Code');
  const inline = text(code, 'ZipFile');
  if (inline !== undefined) {
    return { inline };
  }
  return { bucket: requiredText(code, 'S3Bucket'), key: requiredText(code, 'S3Key') };
}

function permissionType(lambda: LambdaService): ResourceType {
  const put = (physicalId: string, properties: Properties): ResourceState => {
    checkMembers(properties, {
      required: ['Action', 'FunctionName', 'Principal'],
      optional: ['EventSourceToken', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl', 'PrincipalOrgID', 'SourceAccount', 'SourceArn'],
    });
    const { name } = lambda.find(requiredText(properties, 'FunctionName'));
    lambda.permissions.set(physicalId, {
      functionName: name,
      action: requiredText(properties, 'Action'),
      principal: requiredText(properties, 'Principal'),
    });
    return { physicalId, attributes: { Id: physicalId } };
  };
  return {
    createOnly: [
      'Action',
      'EventSourceToken',
      'FunctionName',
      'FunctionUrlAuthType',
      'Principal',
      'PrincipalOrgID',
      'SourceAccount',
      'SourceArn',
    ],
    create: async (properties, context) => put(fitName(context.generatedName, 100), properties),
    update: async (physicalId, properties) => put(physicalId, properties),
    delete: async (physicalId) => {
      lambda.permissions.delete(physicalId);
    },
  };
}

function eventInvokeConfigType(lambda: LambdaService): ResourceType {
  const put = (properties: Properties): string => {
    checkMembers(properties, {
      required: ['FunctionName', 'Qualifier'],
      optional: ['DestinationConfig', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts'],
    });
    if (Object.keys(object(properties, 'DestinationConfig') ?? {}).length > 0) {
      throw new PropertyError('The embedded Lambda has no destinations.');
    }
    const { name } = lambda.find(requiredText(properties, 'FunctionName'));
    lambda.eventInvokeConfigs.set(name, {
      maximumRetryAttempts:
        wholeNumber(properties, 'MaximumRetryAttempts', { least: 0, most: 2 }) ?? defaultEventInvokeConfig.maximumRetryAttempts,
      maximumEventAge:
        wholeNumber(properties, 'MaximumEventAgeInSeconds', { least: 60, most: 21_600 }) ?? defaultEventInvokeConfig.maximumEventAge,
    });
    return name;
  };
  return {
    createOnly: ['FunctionName', 'Qualifier'],
    create: async (properties) => ({ physicalId: `${put(properties)}|${requiredText(properties, 'Qualifier')}`, attributes: {} }),
    update: async (physicalId, properties) => {
      put(properties);
      return { physicalId, attributes: {} };
    },
    delete: async (physicalId) => {
      lambda.eventInvokeConfigs.delete(physicalId.split('|')[0]);
    },
  };
}

/** A version is only a name here. The newest code always runs. */
function versionType(lambda: LambdaService): ResourceType {
  const versions = new Map<string, number>();
  return {
    createOnly: ['CodeSha256', 'Description', 'FunctionName', 'FunctionScalingConfig', 'ProvisionedConcurrencyConfig', 'RuntimePolicy'],
    create: async (properties) => {
      const { arn } = lambda.find(requiredText(properties, 'FunctionName'));
      const version = (versions.get(arn) ?? 0) + 1;
      versions.set(arn, version);
      return { physicalId: `${arn}:${version}`, attributes: { FunctionArn: `${arn}:${version}`, Version: String(version) } };
    },
    update: async (physicalId) => ({ physicalId, attributes: { FunctionArn: physicalId, Version: physicalId.split(':').at(-1) } }),
    delete: async () => undefined,
  };
}
