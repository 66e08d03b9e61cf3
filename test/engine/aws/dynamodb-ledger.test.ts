import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import { DynamoDbLedger } from '../../../src/engine/aws/dynamodb-ledger';
import { receive } from '../../../src/engine/core/receive';
import { type ResourceRecord } from '../../../src/engine/core/record';
import { type RequestEvent, understand } from '../../../src/engine/core/request';
import { requestEvent } from '../fakes/events';

const TABLE = 'ledger';
const NOW = Date.UTC(2026, 0, 1);

let server: Server;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;
let ledger: DynamoDbLedger;
let resources = 0;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server it is no string
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  ledger = new DynamoDbLedger(documents, TABLE, () => NOW);
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});

afterAll(() => {
  client.destroy();
  return new Promise((resolve) => server.close(resolve));
});

/** A resource that no other test has used. */
function newResource(): { event: RequestEvent; record: ResourceRecord } {
  resources += 1;
  const event = requestEvent('Create', {}, { LogicalResourceId: `Resource${resources}` });
  const reception = receive(undefined, understand(event), NOW);
  if (reception.kind !== 'taken') {
    throw new Error('a first request is in force');
  }
  return { event, record: reception.record };
}

async function item(pk: string): Promise<Record<string, unknown> | undefined> {
  return (await documents.send(new GetCommand({ TableName: TABLE, Key: { pk } }))).Item;
}

test('a record comes back as it was saved, with its version', async () => {
  const { record } = newResource();
  await expect(ledger.save(record)).resolves.toEqual({ ...record, version: 1 });
  await expect(ledger.load(record.resourceKey)).resolves.toMatchObject({
    version: 1,
    request: { key: record.request.key },
    successes: [],
  });
});

test('what was saved last is what is read', async () => {
  const { event, record } = newResource();
  const read = jest.spyOn(documents, 'send');
  await ledger.load(record.resourceKey);
  await ledger.loadRequest(understand(event).key);
  const inputs = read.mock.calls.map(([command]) => command.input);
  read.mockRestore();
  expect(inputs).toEqual([expect.objectContaining({ ConsistentRead: true }), expect.objectContaining({ ConsistentRead: true })]);
});

test('a resource that was never saved is not there', async () => {
  await expect(ledger.load('nobody')).resolves.toBeUndefined();
});

test('who saves second loses, on the first version and on later ones', async () => {
  const { record } = newResource();
  const first = await ledger.save(record);
  await expect(ledger.save(record)).resolves.toBeUndefined();
  expect(first).toBeDefined();
  const second = first && (await ledger.save(first));
  expect(second?.version).toBe(2);
  await expect(first && ledger.save(first)).resolves.toBeUndefined();
});

test('a write that the client repeated because its answer got lost is no lost save', async () => {
  const { record } = newResource();
  let puts = 0;
  documents.middlewareStack.add(
    (next, context) => async (args) => {
      const output = await next(args);
      puts += context.commandName === 'PutItemCommand' || context.commandName === 'PutCommand' ? 1 : 0;
      return puts === 1 ? next(args) : output; // as the client's retry does
    },
    { step: 'finalizeRequest', name: 'repeatFirstWrite' },
  );
  const saved = await ledger.save(record);
  documents.middlewareStack.remove('repeatFirstWrite');
  expect(saved?.version).toBe(1);
});

test('what this version does not know is kept when it saves', async () => {
  const { record } = newResource();
  await ledger.save({ ...record, ofANewerVersion: { nested: ['kept'] } });
  const loaded = await ledger.load(record.resourceKey);
  await ledger.save(loaded ?? record);
  await expect(ledger.load(record.resourceKey)).resolves.toMatchObject({ ofANewerVersion: { nested: ['kept'] } });
});

test('what is no record can not be read, and its content is not in the error', async () => {
  await documents.send(new PutCommand({ TableName: TABLE, Item: { pk: 'resource#broken', version: 'secret' } }));
  await expect(ledger.load('broken')).rejects.toThrow(
    "the ledger's record of resource broken can not be read: resourceKey; version; request; successes; formerRequests",
  );
});

test('the record of a live resource stays, that of a deleted one expires after a day', async () => {
  const { record } = newResource();
  const saved = (await ledger.save(record)) ?? record;
  expect((await item(`resource#${record.resourceKey}`))?.expiresAt).toBeUndefined();
  await ledger.save({ ...saved, deletedAt: NOW });
  expect((await item(`resource#${record.resourceKey}`))?.expiresAt).toBe(NOW / 1000 + 86_400);
});

test('a request is there until it is discarded, and expires after a day in any case', async () => {
  const { event } = newResource();
  await ledger.saveRequest('key', event);
  await expect(ledger.loadRequest('key')).resolves.toMatchObject({ RequestId: event.RequestId });
  expect((await item('request#key'))?.expiresAt).toBe(NOW / 1000 + 86_400);
  await ledger.discardRequest('key');
  await expect(ledger.loadRequest('key')).resolves.toBeUndefined();
});

test('a job is claimed by one run only, and by that one again, for two days', async () => {
  await expect(ledger.jobOwner('job')).resolves.toBeUndefined();
  await expect(ledger.claimJob('job', 'run')).resolves.toBe(true);
  await expect(ledger.jobOwner('job')).resolves.toBe('run');
  await expect(ledger.claimJob('job', 'other run')).resolves.toBe(false);
  await expect(ledger.claimJob('job', 'run')).resolves.toBe(true);
  expect((await item('job#job'))?.expiresAt).toBe(NOW / 1000 + 2 * 86_400);
});

test('a table that is not there is an error, not an empty ledger', async () => {
  const missing = new DynamoDbLedger(documents, 'missing', () => NOW);
  await expect(missing.load('resource')).rejects.toThrow('resource not found');
  await expect(missing.claimJob('job', 'run')).rejects.toThrow();
});

test('the largest request that the rules allow fits into an item', async () => {
  const wide = (count: number, length: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, '€'.repeat(length)]));
  const properties = { Parameters: wide(50, 1000), Triggers: wide(50, 1000), WorkerType: 'CR.1X', WorkerNumber: '16', SparkProperties: wide(32, 500) };
  const event = requestEvent('Create', properties, { ResponseURL: `https://bucket.s3.amazonaws.com/?${'x'.repeat(8000)}` });
  const { job } = understand(event);
  expect(job.valid).toBe(true);
  await ledger.saveRequest('largest', event);
  expect(await ledger.loadRequest('largest')).toEqual(event);
});
