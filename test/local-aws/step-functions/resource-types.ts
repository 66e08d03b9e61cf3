/** The CloudFormation type of Step Functions. */
import { randomUUID } from 'node:crypto';
import { fitName } from '../generated-name';
import { isText } from '../json';
import { checkMembers, flag, object, objects, PropertyError, requiredText, text } from '../resource-properties';
import { type Properties, type ResourceState, type ResourceType } from '../service';
import { type LogDestination, type StateMachine, type StepFunctionsService } from './step-functions';

export function stepFunctionsResourceTypes(service: StepFunctionsService): Readonly<Record<string, ResourceType>> {
  return { 'AWS::StepFunctions::StateMachine': stateMachineType(service) };
}

function stateMachineType(service: StepFunctionsService): ResourceType {
  const state = (arn: string): ResourceState => ({
    physicalId: arn,
    attributes: { Arn: arn, Name: arn.split(':').at(-1), StateMachineRevisionId: randomUUID() },
  });
  return {
    createOnly: ['StateMachineName', 'StateMachineType'],
    create: async (properties, context) => {
      const name = text(properties, 'StateMachineName') ?? fitName(context.generatedName, 80);
      return state(service.createStateMachine(parse(properties, name)));
    },
    update: async (arn, properties) => {
      service.updateStateMachine(arn, parse(properties, arn.split(':').at(-1) ?? ''));
      return state(arn);
    },
    delete: async (arn) => service.deleteStateMachine(arn),
  };
}

function parse(properties: Properties, name: string): Omit<StateMachine, 'arn' | 'definition'> {
  checkMembers(properties, {
    required: ['RoleArn'],
    optional: [
      'Definition',
      'DefinitionString',
      'DefinitionS3Location',
      'DefinitionSubstitutions',
      'EncryptionConfiguration',
      'LoggingConfiguration',
      'StateMachineName',
      'StateMachineType',
      'Tags',
      'TracingConfiguration',
    ],
  });
  if (text(properties, 'StateMachineType') === 'EXPRESS') {
    throw new PropertyError('The embedded Step Functions have no Express workflows.');
  }
  return {
    name,
    definitionText: definitionOf(properties),
    roleArn: requiredText(properties, 'RoleArn'),
    logging: loggingOf(properties),
    keyArn: keyOf(properties),
  };
}

function keyOf(properties: Properties): string | undefined {
  const encryption = object(properties, 'EncryptionConfiguration') ?? {};
  checkMembers(encryption, { optional: ['KmsDataKeyReusePeriodSeconds', 'KmsKeyId', 'Type'] }, '#/EncryptionConfiguration');
  return encryption.Type === 'CUSTOMER_MANAGED_KMS_KEY' ? requiredText(encryption, 'KmsKeyId') : undefined;
}

function definitionOf(properties: Properties): string {
  const definition = object(properties, 'Definition');
  const source = text(properties, 'DefinitionString') ?? (definition && JSON.stringify(definition));
  if (source === undefined) {
    throw new PropertyError('The embedded Step Functions take the definition as Definition or DefinitionString.');
  }
  const substitutions = object(properties, 'DefinitionSubstitutions') ?? {};
  // A name without a substitution stays as it is.
  return source.replace(/\$\{(\w+)\}/g, (whole, key: string) => (key in substitutions ? String(substitutions[key]) : whole));
}

function loggingOf(properties: Properties): LogDestination | undefined {
  const logging = object(properties, 'LoggingConfiguration');
  const level = logging?.Level;
  if (!logging || (level !== 'ALL' && level !== 'ERROR' && level !== 'FATAL')) {
    return undefined;
  }
  const [destination] = objects(logging, 'Destinations');
  const arn = object(destination ?? {}, 'CloudWatchLogsLogGroup')?.LogGroupArn;
  if (!isText(arn) || !arn.endsWith(':*')) {
    throw new PropertyError(`Invalid Logging Configuration: the log group ARN must end with :* (${String(arn)})`);
  }
  return { group: arn.split(':').at(-2) ?? '', level, includeExecutionData: flag(logging, 'IncludeExecutionData') ?? false };
}
