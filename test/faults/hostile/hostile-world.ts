import { SECRET } from '../../engine/fakes/events';
import { World } from '../../engine/fakes/world';

/** The size of the largest item that DynamoDB accepts. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** More loads than any request here needs. */
const MAX_LOADS = 1000;

function refuseTooLarge(item: unknown): void {
  if (Buffer.byteLength(JSON.stringify(item)) > MAX_ITEM_BYTES) {
    throw Object.assign(new Error('Item size has exceeded the maximum allowed size'), { name: 'ValidationException' });
  }
}

/**
 * A world whose ledger refuses what a table would refuse, and fails after a number of loads, so that nothing runs for
 * ever.
 */
export class HostileWorld extends World {
  private loads = 0;

  constructor() {
    super();
    this.cleanRooms.templateDefaults = {}; // what a job shows is compared with what it was given
    const { load, saveRequest } = this.ledger;
    this.ledger.beforeSave = async (record) => refuseTooLarge(record);
    this.ledger.saveRequest = async (key, event) => {
      refuseTooLarge(event);
      return saveRequest.call(this.ledger, key, event);
    };
    this.ledger.load = async (key) => {
      this.loads += 1;
      if (this.loads > MAX_LOADS) {
        throw new Error('this runs for ever');
      }
      return load.call(this.ledger, key);
    };
  }

  expectNothingWrongTold(): void {
    const bodies = this.answers.map(({ body }) => body);
    const told = [...this.logged, ...this.ledger.records.values(), ...bodies].join('\n');
    expect(told.includes(SECRET)).toBe(false);
    expect(Math.max(0, ...bodies.map((body) => Buffer.byteLength(body)))).toBeLessThanOrEqual(4096);
    const pairs = new Set(this.answers.map(({ url, body }) => JSON.stringify([url, body])));
    expect(pairs.size).toBe(new Set(this.answers.map(({ url }) => url)).size); // no URL got two answers
  }
}
