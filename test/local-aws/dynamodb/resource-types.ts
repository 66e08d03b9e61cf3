/** AWS::DynamoDB::Table, and AWS::DynamoDB::GlobalTable (the CDK's TableV2) with a replica in this region only. */
import { randomUUID } from 'node:crypto';
import { type DynamoDbService } from './dynamodb';
import { fitName } from '../generated-name';
import { isObject, type JsonObject } from '../json';
import { checkMembers, flag, object, objects, PropertyError, requiredText, text } from '../resource-properties';
import { AwsError, type Properties, type ResourceContext, type ResourceState, type ResourceType } from '../service';

export interface TableSettings {
  readonly tableId: string;
  readonly keyAttributes: readonly string[];
  readonly timeToLiveAttribute?: string;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  /** The customer's key, if there is one. */
  readonly keyArn?: string;
  /** Properties as the template has them: server-side encryption, tags, and others that change nothing here. */
  readonly properties: Properties;
}

const shared = [
  'AttributeDefinitions',
  'BillingMode',
  'GlobalSecondaryIndexes',
  'KeySchema',
  'LocalSecondaryIndexes',
  'SSESpecification',
  'StreamSpecification',
  'TableName',
  'TimeToLiveSpecification',
  'WarmThroughput',
];
const tableProperties = [
  ...shared,
  'ContributorInsightsSpecification',
  'DeletionProtectionEnabled',
  'ImportSourceSpecification',
  'KinesisStreamSpecification',
  'OnDemandThroughput',
  'PointInTimeRecoverySpecification',
  'ProvisionedThroughput',
  'ResourcePolicy',
  'TableClass',
  'Tags',
];
const globalTableProperties = [
  ...shared,
  'GlobalTableSourceArn',
  'GlobalTableWitnesses',
  'MultiRegionConsistency',
  'ReadOnDemandThroughputSettings',
  'ReadProvisionedThroughputSettings',
  'Replicas',
  'WriteOnDemandThroughputSettings',
  'WriteProvisionedThroughputSettings',
];

export function dynamoDbResourceTypes(dynamoDb: DynamoDbService): Readonly<Record<string, ResourceType>> {
  return {
    'AWS::DynamoDB::Table': tableType(dynamoDb, (properties) => {
      checkMembers(properties, { required: ['KeySchema'], optional: tableProperties });
      return properties;
    }),
    'AWS::DynamoDB::GlobalTable': tableType(dynamoDb, (properties) => withReplica(properties, dynamoDb.region)),
  };
}

/** In a global table, the replica has the settings that AWS::DynamoDB::Table has directly. */
function withReplica(properties: Properties, region: string): Properties {
  checkMembers(properties, { required: ['AttributeDefinitions', 'KeySchema', 'Replicas'], optional: globalTableProperties });
  const [replica, ...others] = objects(properties, 'Replicas');
  if (others.length > 0 || replica?.Region !== region) {
    throw new PropertyError(`The embedded DynamoDB has replicas in ${region} only.`);
  }
  return { ...properties, ...replica };
}

function tableType(dynamoDb: DynamoDbService, normalize: (properties: Properties) => Properties): ResourceType {
  return {
    createOnly: ['TableName', 'KeySchema', 'LocalSecondaryIndexes', 'ImportSourceSpecification'],
    create: async (given, context) => {
      const properties = normalize(given);
      const name = text(properties, 'TableName') ?? fitName(context.generatedName, 255);
      await dynamoDb.perform('CreateTable', createInput(name, properties));
      await untilActive(dynamoDb, name);
      return put(dynamoDb, name, properties, randomUUID());
    },
    update: async (name, given) => {
      const properties = normalize(given);
      const before = settingsOf(dynamoDb, name);
      if (JSON.stringify(before.properties.GlobalSecondaryIndexes) !== JSON.stringify(properties.GlobalSecondaryIndexes)) {
        throw new PropertyError('The embedded DynamoDB can not change global secondary indexes of a table.');
      }
      return put(dynamoDb, name, properties, before.tableId);
    },
    delete: async (name, _properties, context) => {
      if (settingsOf(dynamoDb, name).deletionProtection) {
        throw protectedFromDeletion(name, context);
      }
      await dynamoDb.perform('DeleteTable', { TableName: name });
      await untilGone(dynamoDb, name);
      dynamoDb.tables.delete(name);
    },
  };
}

function createInput(name: string, properties: Properties): JsonObject {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes, ProvisionedThroughput } = properties;
  const onDemand = text(properties, 'BillingMode') === 'PAY_PER_REQUEST';
  return {
    TableName: name,
    KeySchema,
    AttributeDefinitions,
    LocalSecondaryIndexes,
    GlobalSecondaryIndexes: Array.isArray(GlobalSecondaryIndexes)
      ? GlobalSecondaryIndexes.map((index) => indexInput(index, onDemand))
      : undefined,
    BillingMode: onDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    ProvisionedThroughput: onDemand ? undefined : numbersOf(ProvisionedThroughput),
  };
}

/** dynalite knows fewer members of an index than CloudFormation. */
function indexInput(index: unknown, onDemand: boolean): unknown {
  if (!isObject(index)) {
    return index;
  }
  const { IndexName, KeySchema, Projection, ProvisionedThroughput } = index;
  return { IndexName, KeySchema, Projection, ProvisionedThroughput: onDemand ? undefined : numbersOf(ProvisionedThroughput) };
}

/** Numbers may be text in a template. */
function numbersOf(throughput: unknown): unknown {
  if (!isObject(throughput)) {
    return throughput;
  }
  return Object.fromEntries(Object.entries(throughput).map(([name, value]) => [name, Number(value)]));
}

function put(dynamoDb: DynamoDbService, name: string, properties: Properties, tableId: string): ResourceState {
  const timeToLive = object(properties, 'TimeToLiveSpecification');
  dynamoDb.tables.set(name, {
    tableId,
    keyAttributes: objects(properties, 'KeySchema').map((key) => requiredText(key, 'AttributeName')),
    ...(timeToLive && flag(timeToLive, 'Enabled') && { timeToLiveAttribute: requiredText(timeToLive, 'AttributeName') }),
    deletionProtection: flag(properties, 'DeletionProtectionEnabled') ?? false,
    pointInTimeRecovery: flag(object(properties, 'PointInTimeRecoverySpecification') ?? {}, 'PointInTimeRecoveryEnabled') ?? false,
    keyArn: text(object(properties, 'SSESpecification') ?? {}, 'KMSMasterKeyId'),
    properties,
  });
  const stream = properties.StreamSpecification === undefined ? {} : { StreamArn: `${dynamoDb.arnOf(name)}/stream/1` };
  return { physicalId: name, attributes: { Arn: dynamoDb.arnOf(name), TableId: tableId, ...stream } };
}

function settingsOf(dynamoDb: DynamoDbService, name: string): TableSettings {
  const settings = dynamoDb.tables.get(name);
  if (!settings) {
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
  }
  return settings;
}

async function untilActive(dynamoDb: DynamoDbService, name: string): Promise<void> {
  for (;;) {
    const { Table: table } = await dynamoDb.perform('DescribeTable', { TableName: name });
    if (isObject(table) && table.TableStatus === 'ACTIVE') {
      return;
    }
  }
}

async function untilGone(dynamoDb: DynamoDbService, name: string): Promise<void> {
  for (;;) {
    const found = await dynamoDb.perform('DescribeTable', { TableName: name }).catch(() => undefined);
    if (!found) {
      return;
    }
  }
}

function protectedFromDeletion(name: string, { logicalId }: ResourceContext): AwsError {
  return new AwsError(
    'ValidationException',
    `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (${logicalId}: ${name})`,
  );
}
