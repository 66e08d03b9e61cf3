import { HostileWorld } from './hostile-world';
import { advance, advanceToFailure, type Progress } from '../../../src/engine/advance';
import { type RequestEvent, understand } from '../../../src/engine/core/request';
import { requestEvent } from '../../engine/fakes/events';
import { created, running } from '../../engine/fakes/scenarios';
import { tickOf, World } from '../../engine/fakes/world';

export interface Situation {
  readonly event: RequestEvent;
  readonly now: number;
  readonly record: string;
}

async function situation(build: (world: World) => Promise<RequestEvent>): Promise<Situation> {
  const world = new World();
  const event = await build(world);
  return { event, now: world.now, record: world.ledger.records.get(understand(event).resourceKey) ?? '' };
}

/** Requests that are not answered, in every state of their job. */
export const situations: Promise<Situation>[] = [
  situation(async (world) => {
    const create = requestEvent('Create');
    await world.send(create);
    return create;
  }),
  situation((world) => running(world)),
  situation((world) => {
    world.cleanRooms.fail('start', 'lostAnswer');
    return running(world);
  }),
  situation((world) => {
    world.cleanRooms.fail('start', 'quota');
    return running(world);
  }),
  situation(async (world) => {
    await created(world);
    return running(world, 'Update', { Triggers: { at: 'now' } });
  }),
  situation(async (world) => {
    await running(world);
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.tick();
    return remove;
  }),
];

/** A limit for the clock and for what it waits for, because neither goes on for ever. */
const MAX_TICKS = 5;

/** A world with a request in its ledger, where something about this request is damaged. */
export class DamagedWorld extends HostileWorld {
  constructor(readonly event: RequestEvent, now: number) {
    super();
    this.now = now;
    this.ledger.requests.set(tickOf(event).requestKey, JSON.stringify(event));
  }

  /** The clock's states, without their waits. A retry has the same result. */
  async runClock(): Promise<void> {
    await this.eachTick(() => advance(this.ports, tickOf(this.event)));
  }

  private async eachTick(first: () => Promise<Progress>): Promise<void> {
    let progress = await orUndefined(first);
    for (let ticks = 0; ticks < MAX_TICKS && progress?.finished !== true; ticks++) {
      const next = progress === undefined ? advanceToFailure : advance;
      progress = await orUndefined(() => next(this.ports, tickOf(this.event)));
      if (progress === undefined && next === advanceToFailure) {
        return; // the clock has failed
      }
      this.passTime(progress);
    }
  }

  private passTime({ waitSeconds }: Pick<Progress, 'waitSeconds'> = { waitSeconds: 0 }): void {
    expect(Number.isInteger(waitSeconds) && waitSeconds >= 0 && waitSeconds <= 60).toBe(true); // otherwise the clock's wait fails
    this.now += waitSeconds * 1000;
    this.cleanRooms.running().forEach(({ id }) => this.cleanRooms.end(id));
  }
}

/** What a function that failed tells the clock: nothing. */
export async function orUndefined<T>(take: () => Promise<T>): Promise<T | undefined> {
  try {
    return await take();
  } catch (error) {
    expect(String(error)).not.toContain('this runs for ever');
    return undefined;
  }
}
