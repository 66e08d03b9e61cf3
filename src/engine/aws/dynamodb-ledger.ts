import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, PutCommandInput } from '@aws-sdk/lib-dynamodb';
import { ResourceRecord, readRecord } from '../core/record';
import { RequestEvent, readRequest } from '../core/request';
import { Ledger } from '../ports/ledger';

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
      Item: { ...saved, pk, savedBy, expiresAt: record.deletedAt && this.expiry(KEEP_TOMBSTONE) },
      ConditionExpression: record.version === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
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
    await this.put({ Item: { pk: requestItemKey(requestKey), event, expiresAt: this.expiry(KEEP_REQUEST) } });
  }

  async discardRequest(requestKey: string): Promise<void> {
    await this.client.send(new DeleteCommand({ TableName: this.tableName, Key: { pk: requestItemKey(requestKey) } }));
  }

  async claimJob(jobId: string, owner: string): Promise<boolean> {
    return this.put({
      Item: { pk: claimItemKey(jobId), owner, expiresAt: this.expiry(KEEP_CLAIM) },
      ConditionExpression: 'attribute_not_exists(pk) OR #owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': owner },
    });
  }

  async jobOwner(jobId: string): Promise<string | undefined> {
    const owner = (await this.get(claimItemKey(jobId)))?.owner;
    return typeof owner === 'string' ? owner : undefined;
  }

  private async get(pk: string): Promise<Record<string, unknown> | undefined> {
    const command = new GetCommand({ TableName: this.tableName, Key: { pk }, ConsistentRead: true });
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

  /** Time to live is counted in seconds. */
  private expiry(milliseconds: number): number {
    return Math.ceil((this.now() + milliseconds) / 1000);
  }
}

const DAY = 24 * 3_600_000;

/** Longer than any request can be delivered late. */
const KEEP_TOMBSTONE = DAY;

/** Longer than any request is worked on. It is discarded once it is answered; this is for when that fails. */
const KEEP_REQUEST = DAY;

/** Longer than any start is looked for. */
const KEEP_CLAIM = 2 * DAY;

function resourceItemKey(resourceKey: string): string {
  return `resource#${resourceKey}`;
}

function claimItemKey(jobId: string): string {
  return `job#${jobId}`;
}

function requestItemKey(requestKey: string): string {
  return `request#${requestKey}`;
}
