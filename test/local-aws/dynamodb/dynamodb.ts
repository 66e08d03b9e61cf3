/**
 * DynamoDB: dynalite, an implementation of the real wire protocol, behind IAM. Not here, because dynalite does not have
 * them: transactions, PartiQL, streams, UpdateTimeToLive (the time to live comes from CloudFormation).
 */
import { request as httpRequest, type Server } from 'node:http';
import dynalite from 'dynalite';
import { type Account } from '../account';
import { type Clock } from '../clock';
import { dynamoDbResourceTypes, type TableSettings } from './resource-types';
import { type IamService } from '../iam/iam';
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { type Kms } from '../kms';
import { OperationFaults } from '../operation-faults';
import { jsonBody, jsonOperation } from '../protocols';
import { AwsError, type AwsRequest, type AwsResponse, type ResourceType, type Service } from '../service';

export interface DynamoDbOptions extends Account {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly kms: Kms;
}

/** dynalite has an account and a region of its own. */
const dynaliteTableArn = /arn:aws:dynamodb:[^:"]+:000000000000:table\//g;

export class DynamoDbService implements Service {
  readonly signingName = 'dynamodb';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  readonly faults = new OperationFaults({
    throttled: new AwsError('ThrottlingException', 'Rate of requests exceeds the allowed throughput.'),
    internalError: new AwsError('InternalServerError', 'The request processing has failed because of an unknown error.', 500),
  });
  /** By table name: what CloudFormation set and dynalite does not know. */
  readonly tables = new Map<string, TableSettings>();
  private server?: Promise<Server>;
  private stopped = false;

  constructor(private readonly options: DynamoDbOptions) {
    this.resourceTypes = dynamoDbResourceTypes(this);
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const operation = jsonOperation(request);
    const input = withTableNames(jsonBody(request));
    this.authorize(request, operation, input);
    return this.faults.around(operation, input, async () => {
      const answer = await this.send(operation, input);
      return isConditionFailure(answer) ? this.withOldItem(operation, input, answer) : answer;
    });
  }

  /** Performs an operation with all permissions, for CloudFormation and for tests; throws what DynamoDB answers. */
  async perform(operation: string, input: JsonObject): Promise<JsonObject> {
    const { status, body } = await this.send(operation, input);
    const output = parseJson(String(body));
    if (!isObject(output)) {
      throw new AwsError('InternalServerError', 'dynalite did not answer an object', 500);
    }
    if (status === 200) {
      return output;
    }
    throw new AwsError(String(output.__type).split('#').at(-1) ?? '', String(output.message ?? output.Message), status);
  }

  /** All items of a table, in DynamoDB's JSON. */
  async items(tableName: string): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = [];
    let from: unknown;
    do {
      const page = await this.perform('Scan', { TableName: tableName, ...(isObject(from) && { ExclusiveStartKey: from }) });
      if (Array.isArray(page.Items)) {
        items.push(...page.Items.filter(isObject));
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return items;
  }

  /**
   * Deletes the items whose time to live is over on the embedded clock. DynamoDB does this by itself at some time
   * within days, so here it only happens when a test asks for it.
   */
  async expireItems(): Promise<number> {
    let expired = 0;
    for (const [tableName, { timeToLiveAttribute, keyAttributes }] of this.tables) {
      if (timeToLiveAttribute === undefined) {
        continue;
      }
      for (const item of await this.items(tableName)) {
        if (!isExpired(item[timeToLiveAttribute], this.options.clock.now())) {
          continue;
        }
        const key = Object.fromEntries(keyAttributes.map((name) => [name, item[name]]));
        await this.perform('DeleteItem', { TableName: tableName, Key: key });
        expired += 1;
      }
    }
    return expired;
  }

  arnOf(tableName: string): string {
    const { partition, region, accountId } = this.options;
    return `arn:${partition}:dynamodb:${region}:${accountId}:table/${tableName}`;
  }

  get region(): string {
    return this.options.region;
  }

  /** Stops it finally. A stack that is still being deployed makes no more tables. */
  async stop(): Promise<void> {
    this.stopped = true;
    // If dynalite did not start, there is nothing to stop.
    const server = await this.server?.catch(() => undefined);
    this.server = undefined;
    if (!server) {
      return;
    }
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  private authorize({ caller }: AwsRequest, operation: string, input: JsonObject): void {
    const names = tableNamesOf(input);
    const index = isText(input.IndexName) ? `/index/${input.IndexName}` : '';
    const resources = names.length > 0 ? names.map((name) => this.arnOf(name) + index) : ['*'];
    this.options.iam.authorize(caller, `dynamodb:${operation}`, resources);
    // With a key of the customer, the caller needs permission for the key too.
    for (const key of names.flatMap((name) => this.tables.get(name)?.keyArn ?? [])) {
      this.options.kms.authorize(caller, 'kms:Decrypt', key, { via: 'dynamodb' });
    }
  }

  private async send(operation: string, input: JsonObject): Promise<AwsResponse> {
    const server = await this.started();
    const address = server.address();
    if (address === null || isText(address)) {
      throw new AwsError('InternalServerError', 'dynalite does not listen', 500);
    }
    const { status, body } = await post(address.port, this.options.region, operation, JSON.stringify(input));
    return {
      status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: body.replace(dynaliteTableArn, this.arnOf('')),
    };
  }

  private started(): Promise<Server> {
    if (this.stopped) {
      throw new AwsError('InternalServerError', 'The embedded DynamoDB has ended.', 500);
    }
    this.server ??= new Promise((resolve, reject) => {
      const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server.unref()));
    });
    return this.server;
  }

  /**
   * dynalite does not know ReturnValuesOnConditionCheckFailure. The item is read a moment after the failed condition.
   */
  private async withOldItem(operation: string, input: JsonObject, answer: AwsResponse): Promise<AwsResponse> {
    const keyAttributes = this.tables.get(String(input.TableName))?.keyAttributes ?? [];
    const source = operation === 'PutItem' ? input.Item : input.Key;
    if (input.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD' || !isObject(source)) {
      return answer;
    }
    const key = Object.fromEntries(keyAttributes.map((name) => [name, source[name]]));
    const { Item: item } = await this.perform('GetItem', { TableName: input.TableName, Key: key, ConsistentRead: true });
    const error = parseJson(String(answer.body));
    return { ...answer, body: JSON.stringify({ ...(isObject(error) && error), Item: item }) };
  }
}

function post(port: number, region: string, operation: string, body: string): Promise<{ status: number; body: string }> {
  // dynalite only checks the form of the signature.
  const scope = `local/20260101/${region}/dynamodb/aws4_request`;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'content-length': Buffer.byteLength(body),
          'x-amz-target': `DynamoDB_20120810.${operation}`,
          'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
          'authorization': `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=local`,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks).toString() }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** DynamoDB accepts a table's ARN wherever it accepts its name, but dynalite does not. */
function withTableNames(input: JsonObject): JsonObject {
  const named = { ...input };
  if (isText(input.TableName)) {
    named.TableName = nameOf(input.TableName);
  }
  if (isObject(input.RequestItems)) {
    named.RequestItems = Object.fromEntries(Object.entries(input.RequestItems).map(([name, items]) => [nameOf(name), items]));
  }
  return named;
}

function nameOf(tableNameOrArn: string): string {
  return /^arn:.*:table\/([^/]+)$/.exec(tableNameOrArn)?.[1] ?? tableNameOrArn;
}

function tableNamesOf(input: JsonObject): readonly string[] {
  if (isText(input.TableName)) {
    return [input.TableName];
  }
  if (isObject(input.RequestItems)) {
    return Object.keys(input.RequestItems);
  }
  if (Array.isArray(input.TransactItems)) {
    const actions = input.TransactItems.filter(isObject)
      .flatMap((item) => Object.values(item))
      .filter(isObject);
    return actions
      .map(({ TableName: name }) => name)
      .filter(isText)
      .map(nameOf);
  }
  return [];
}

function isConditionFailure({ status, body }: AwsResponse): boolean {
  return status === 400 && String(body).includes('ConditionalCheckFailedException');
}

/** An item whose time to live is not a number never expires. */
function isExpired(attribute: unknown, now: number): boolean {
  return isObject(attribute) && isText(attribute.N) && Number(attribute.N) * 1000 <= now;
}
