import {
  BatchWriteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CertificateAuthority } from '../certificate';
import { Clients } from '../clients';
import { Clock } from '../clock';
import { DynamoDbService } from './dynamodb';
import { IamService } from '../iam/iam';
import { Kms } from '../kms';
import { AwsServer } from '../server';
import { type Caller, type Properties, type ResourceContext, type ResourceState } from '../service';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };
const tableArn = 'arn:aws:dynamodb:eu-central-1:111122223333:table/ledger';
const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'Ledger',
  generatedName: 'stack-Ledger-ABCDEFGHIJKL',
};
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

let clock: Clock;
let iam: IamService;
let kms: Kms;
let dynamoDb: DynamoDbService;
let server: AwsServer;
let client: DynamoDBClient;

beforeAll(async () => {
  clock = new Clock();
  iam = new IamService({ clock, ...account });
  kms = new Kms({ iam, ...account });
  dynamoDb = new DynamoDbService({ clock, iam, kms, ...account });
  const certificateAuthority = await CertificateAuthority.create();
  const callerOf = (keyId: string): Caller => iam.callerOf(keyId);
  server = await AwsServer.start({ services: [dynamoDb], certificateAuthority, callerOf, clock, clients: new Clients() });
  client = clientWith({ accessKeyId: 'admin', secretAccessKey: 'x' });
});

afterAll(async () => {
  client.destroy();
  await server.stop();
  await dynamoDb.stop();
});

beforeEach(async () => {
  await make();
});

afterEach(async () => {
  dynamoDb.faults.clear();
  for (const name of dynamoDb.tables.keys()) {
    await tableType().delete(name, {}, context);
  }
});

const clientWith = (credentials: { accessKeyId: string; secretAccessKey: string }): DynamoDBClient =>
  new DynamoDBClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${server.port}`, credentials, maxAttempts: 1 });
const tableType = (name = 'Table') => dynamoDb.resourceTypes[`AWS::DynamoDB::${name}`];
const keys = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

function make(properties: Properties = {}): Promise<ResourceState> {
  return tableType().create({ TableName: 'ledger', ...keys, ...properties }, context);
}

const key = (sk = '1') => ({ pk: { S: 'a' }, sk: { S: sk } });
const put = (sk: string, more: Record<string, { N: string } | { S: string }> = {}, table = 'ledger'): PutItemCommand =>
  new PutItemCommand({ TableName: table, Item: { ...key(sk), ...more } });

describe('items', () => {
  it('are written and read over the real protocol, by table name or ARN', async () => {
    await client.send(put('1', { version: { N: '1' } }));
    await client.send(put('2', {}, tableArn));
    expect((await client.send(new GetItemCommand({ TableName: tableArn, Key: key() }))).Item).toEqual({ ...key(), version: { N: '1' } });
    const query = new QueryCommand({
      TableName: 'ledger',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'a' } },
    });
    expect((await client.send(query)).Items?.map(({ sk }) => sk.S)).toEqual(['1', '2']);
    expect(await dynamoDb.items('ledger')).toHaveLength(2);
  });

  it('are changed only when the condition holds, and the old item is returned on request', async () => {
    await client.send(put('1', { version: { N: '1' } }));
    const update = (returned?: 'ALL_OLD'): UpdateItemCommand =>
      new UpdateItemCommand({
        TableName: 'ledger',
        Key: key(),
        UpdateExpression: 'SET version = :next',
        ConditionExpression: 'version = :old',
        ExpressionAttributeValues: { ':old': { N: '1' }, ':next': { N: '2' } },
        ReturnValuesOnConditionCheckFailure: returned,
      });
    await client.send(update());
    await expect(client.send(update())).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined });
    await expect(client.send(update('ALL_OLD'))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { version: { N: '2' } },
    });
  });

  it('expire on the embedded clock when asked', async () => {
    await tableType().update('ledger', { ...keys, TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } }, context);
    const seconds = Math.floor(clock.now() / 1000);
    await client.send(put('old', { expires: { N: String(seconds) } }));
    await client.send(put('new', { expires: { N: String(seconds + 86_400) } }));
    await client.send(put('none'));
    expect(await dynamoDb.expireItems()).toBe(1);
    expect((await dynamoDb.items('ledger')).map(({ sk }) => sk)).toEqual([{ S: 'new' }, { S: 'none' }]);
    await clock.until(clock.sleep(86_399_999));
    expect(await dynamoDb.expireItems()).toBe(0);
    await clock.until(clock.sleep(1));
    expect(await dynamoDb.expireItems()).toBe(1);
    expect((await dynamoDb.items('ledger')).map(({ sk }) => sk)).toEqual([{ S: 'none' }]);
  });
});

describe('tables', () => {
  it('have Ref, attributes and settings as CloudFormation gives them', async () => {
    const settings = {
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      Tags: [],
    };
    const made = await tableType().create({ ...keys, ...settings }, context);
    expect(made).toMatchObject({
      physicalId: 'stack-Ledger-ABCDEFGHIJKL',
      attributes: { Arn: expect.stringMatching(/:111122223333:table\/stack-Ledger-/) },
    });
    expect(dynamoDb.tables.get(made.physicalId)).toMatchObject({
      pointInTimeRecovery: true,
      properties: { SSESpecification: { SSEEnabled: true } },
    });
    expect((await client.send(new DescribeTableCommand({ TableName: 'ledger' }))).Table?.TableArn).toBe(tableArn);
  });

  it('can be the global tables of the CDK, in this region', async () => {
    const replica = { Region: 'eu-central-1', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
    const properties = { ...keys, TableName: 'global', Replicas: [replica] };
    const made = await tableType('GlobalTable').create(properties, context);
    expect(dynamoDb.tables.get(made.physicalId)?.pointInTimeRecovery).toBe(true);
    await expect(tableType('GlobalTable').create({ ...properties, Replicas: [{ Region: 'us-east-1' }] }, context)).rejects.toThrow(
      'in eu-central-1 only',
    );
  });

  it('are refused twice, with unknown properties, and while protected from deletion', async () => {
    await expect(make()).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await expect(make({ TableName: 'other', Oops: 1 })).rejects.toThrow('extraneous key [Oops]');
    await expect(make({ TableName: 'other', AttributeDefinitions: [] })).rejects.toThrow(/attribute/i);
    await tableType().update('ledger', { ...keys, DeletionProtectionEnabled: true }, context);
    await expect(tableType().delete('ledger', {}, context)).rejects.toThrow('protected against deletion');
    await tableType().update('ledger', keys, context);
  });
});

describe('what DynamoDB refuses', () => {
  it('refuses an unknown table and an unknown operation', async () => {
    await expect(client.send(put('1', {}, 'nothing'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'ledger', Item: key() } }] })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  it('refuses a caller that may not use the key of the table', async () => {
    const { attributes } = await kms.resourceTypes['AWS::KMS::Key'].create({}, context);
    const SSESpecification = { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: attributes.Arn };
    await make({ TableName: 'encrypted', SSESpecification });
    const PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: '*' }] };
    const role = { RoleName: 'reader', AssumeRolePolicyDocument: trust, Policies: [{ PolicyName: 'p', PolicyDocument }] };
    const { attributes: { Arn: roleArn } } = await iam.resourceTypes['AWS::IAM::Role'].create(role, context);
    const limited = clientWith(iam.issueCredentials(String(roleArn)));
    const get = () => limited.send(new GetItemCommand({ TableName: 'encrypted', Key: key() }));
    await expect(get()).rejects.toThrow('not authorized to perform: kms:Decrypt');
    iam.putRolePolicy('reader', 'key', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: attributes.Arn }] });
    await get();
    limited.destroy();
  });

  it('refuses what the role does not allow, on tables, indexes and batches', async () => {
    const actions = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:BatchWriteItem'];
    const role = await iam.resourceTypes['AWS::IAM::Role'].create(
      {
        AssumeRolePolicyDocument: trust,
        Policies: [
          {
            PolicyName: 'p',
            PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: tableArn }] },
          },
        ],
      },
      context,
    );
    const limited = clientWith(iam.issueCredentials(String(role.attributes.Arn)));
    await limited.send(new GetItemCommand({ TableName: 'ledger', Key: key() }));
    await expect(limited.send(put('1'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`not authorized to perform: dynamodb:PutItem on resource: ${tableArn}`),
    });
    const values = { ':pk': { S: 'a' } };
    const query = new QueryCommand({
      TableName: 'ledger',
      IndexName: 'i',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: values,
    });
    await expect(limited.send(query)).rejects.toThrow(`${tableArn}/index/i`);
    const items = [{ PutRequest: { Item: key() } }];
    const batch = new BatchWriteItemCommand({ RequestItems: { ledger: items, other: items } });
    await expect(limited.send(batch)).rejects.toThrow('table/other');
    limited.destroy();
  });
});

describe('faults', () => {
  it('throttle, and lose answers of writes that happened', async () => {
    dynamoDb.faults.next('PutItem', 'throttled');
    await expect(client.send(put('1'))).rejects.toMatchObject({ name: 'ThrottlingException' });
    dynamoDb.faults.next('PutItem', 'internalErrorAfterEffect');
    await expect(client.send(put('1'))).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(await dynamoDb.items('ledger')).toHaveLength(1);
  });
});
