import { type ResourceRecord, readRecord } from '../../../src/engine/core/record';
import { type RequestEvent, readRequest } from '../../../src/engine/core/request';
import { type Ledger } from '../../../src/engine/ports/ledger';

/** A ledger that keeps what a table would: text, so that nothing is shared with who wrote it. */
export class InMemoryLedger implements Ledger {
  readonly records = new Map<string, string>();
  readonly requests = new Map<string, string>();
  readonly claims = new Map<string, string>();

  /** Called before a record is saved: here somebody else can be faster, or the caller can crash. */
  beforeSave: (record: ResourceRecord) => Promise<void> = async () => {};

  async load(resourceKey: string): Promise<ResourceRecord | undefined> {
    const text = this.records.get(resourceKey);
    return text === undefined ? undefined : readRecord(resourceKey, JSON.parse(text));
  }

  async save(record: ResourceRecord): Promise<ResourceRecord | undefined> {
    await this.beforeSave(record);
    const current = await this.load(record.resourceKey);
    if ((current?.version ?? 0) !== record.version) {
      return undefined;
    }
    const saved = { ...record, version: record.version + 1 };
    this.records.set(record.resourceKey, JSON.stringify(saved));
    return saved;
  }

  async loadRequest(requestKey: string): Promise<RequestEvent | undefined> {
    const text = this.requests.get(requestKey);
    return text === undefined ? undefined : readRequest(JSON.parse(text));
  }

  async saveRequest(requestKey: string, event: RequestEvent): Promise<void> {
    this.requests.set(requestKey, JSON.stringify(event));
  }

  async discardRequest(requestKey: string): Promise<void> {
    this.requests.delete(requestKey);
  }

  async claimJob(jobId: string, owner: string): Promise<boolean> {
    const current = this.claims.get(jobId) ?? owner;
    this.claims.set(jobId, current);
    return current === owner;
  }

  async jobOwner(jobId: string): Promise<string | undefined> {
    return this.claims.get(jobId);
  }
}
