import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, type PutCommandInput } from '@aws-sdk/lib-dynamodb';
import { LEDGER_ATTRIBUTES } from '../../contract/runner';
import { type ResourceRecord, readRecord } from '../core/record';
import { type RequestEvent, readRequest } from '../core/request';
import { KEEP_CLAIM, KEEP_REQUEST, KEEP_TOMBSTONE } from '../core/timing';
import { type Ledger } from '../ports/ledger';

/** The ledger as items of one table, told apart by the beginning of their key. */
export class DynamoDbLedger implements Ledger {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly now: () => number,
  ) {}

  async load(resourceKey: string): Promise<ResourceRecord | undefined> {
    const item = await this.get(resourceItemKey(resourceKey));
    return item && readRecord(resourceKey, item);
  }

  async save(record: ResourceRecord): Promise<ResourceRecord | undefined> {
    const saved = { ...record, version: record.version + 1 };
    const pk = resourceItemKey(record.resourceKey);
    const savedBy = randomUUID();
    const isSaved = await this.put({
      Item: { ...saved, ...this.keyed(pk, record.deletedAt && KEEP_TOMBSTONE), savedBy },
      ConditionExpression: record.version === 0 ? `attribute_not_exists(${PK})` : '#version = :version',
      ...(record.version > 0 && {
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': record.version },
      }),
    });
    // The client repeats a write whose answer got lost, and the repetition then fails for the write itself.
    return isSaved || (await this.get(pk))?.savedBy === savedBy ? saved : undefined;
  }

  async loadRequest(requestKey: string): Promise<RequestEvent | undefined> {
    const item = await this.get(requestItemKey(requestKey));
    return item && readRequest(item.event);
  }

  async saveRequest(requestKey: string, event: RequestEvent): Promise<void> {
    await this.put({ Item: { ...this.keyed(requestItemKey(requestKey), KEEP_REQUEST), event } });
  }

  async discardRequest(requestKey: string): Promise<void> {
    await this.client.send(new DeleteCommand({ TableName: this.tableName, Key: { [PK]: requestItemKey(requestKey) } }));
  }

  async claimJob(jobId: string, owner: string): Promise<boolean> {
    return this.put({
      Item: { ...this.keyed(claimItemKey(jobId), KEEP_CLAIM), owner },
      ConditionExpression: `attribute_not_exists(${PK}) OR #owner = :owner`,
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': owner },
    });
  }

  async jobOwner(jobId: string): Promise<string | undefined> {
    const owner = (await this.get(claimItemKey(jobId)))?.owner;
    return typeof owner === 'string' ? owner : undefined;
  }

  private async get(pk: string): Promise<Record<string, unknown> | undefined> {
    const command = new GetCommand({ TableName: this.tableName, Key: { [PK]: pk }, ConsistentRead: true });
    return (await this.client.send(command)).Item;
  }

  /** @returns whether the condition held */
  private async put(input: Omit<PutCommandInput, 'TableName'>): Promise<boolean> {
    try {
      await this.client.send(new PutCommand({ TableName: this.tableName, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw error;
    }
  }

  /** Time to live is counted in seconds. What has none stays. */
  private keyed(pk: string, lifetime: number | undefined) {
    return { [PK]: pk, [LEDGER_ATTRIBUTES.timeToLive]: lifetime && Math.ceil((this.now() + lifetime) / 1000) };
  }
}

const PK = LEDGER_ATTRIBUTES.partitionKey;

function resourceItemKey(resourceKey: string): string {
  return `resource#${resourceKey}`;
}

function claimItemKey(jobId: string): string {
  return `job#${jobId}`;
}

function requestItemKey(requestKey: string): string {
  return `request#${requestKey}`;
}
