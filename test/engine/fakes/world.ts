import { FakeCleanRooms } from './fake-clean-rooms';
import { InMemoryLedger } from './in-memory-ledger';
import { advance, type AdvancePorts, advancePrecluded, advanceToFailure } from '../../../src/engine/advance';
import { type Measurements } from '../../../src/engine/core/measurements';
import { type Delivery } from '../../../src/engine/core/observation';
import { type ResourceRecord } from '../../../src/engine/core/record';
import { type RequestEvent, understand } from '../../../src/engine/core/request';
import { onEvent, type OnEventPorts } from '../../../src/engine/on-event';
import { type Tick, type Clock } from '../../../src/engine/ports/clock';

interface RunningClock {
  readonly tick: Tick;
  dueAt: number;
}

/** The real engine around ports in memory, in a time of its own. */
export class World {
  now = Date.UTC(2026, 0, 1);
  stackStatus = 'CREATE_IN_PROGRESS';
  delivery: Delivery = 'accepted';
  readonly ledger = new InMemoryLedger();
  readonly cleanRooms = new FakeCleanRooms(() => this.now);
  /** Every answer that was sent, in order. */
  readonly answers: { readonly url: string; readonly body: string }[] = [];
  readonly logged: string[] = [];
  readonly measured: { readonly constructPath: string; readonly measurements: Measurements }[] = [];
  readonly clocks: RunningClock[] = [];
  /** What has had the name of a request's clock: the clock, or what precludes it. */
  readonly executions = new Map<string, 'clock' | 'precluded'>();

  readonly ports: AdvancePorts = {
    ledger: this.ledger,
    cleanRooms: this.cleanRooms,
    stacks: { status: async () => ({ value: this.stackStatus }) },
    answers: {
      deliver: async (url, body) => {
        this.answers.push({ url, body });
        return this.delivery;
      },
    },
    log: (message, fields) => this.logged.push(JSON.stringify({ message, ...fields })),
    measure: (constructPath, measurements) => this.measured.push({ constructPath, measurements }),
    now: () => this.now,
    hasTime: () => true,
  };

  readonly clock: Clock = {
    start: async (tick) => {
      if (this.executions.get(tick.requestKey) === 'precluded') {
        return false;
      }
      this.executions.set(tick.requestKey, 'clock');
      this.startClock(tick);
      return true;
    },
    preclude: async ({ requestKey }) => {
      this.executions.set(requestKey, this.executions.get(requestKey) ?? 'precluded');
      return this.executions.get(requestKey) === 'precluded';
    },
  };

  readonly eventPorts: OnEventPorts = {
    ...this.ports,
    clock: this.clock,
    sleep: async (milliseconds) => void (this.now += milliseconds),
  };

  /** CloudFormation's request arrives. */
  async send(event: unknown): Promise<void> {
    await onEvent(this.eventPorts, event);
  }

  /** Every clock that is due ticks, and time goes on to the next one that is. */
  async tick(): Promise<void> {
    const next = Math.min(...this.clocks.map(({ dueAt }) => dueAt));
    this.now = Math.max(this.now, next);
    for (const clock of this.clocks.filter(({ dueAt }) => dueAt <= this.now)) {
      const { finished, waitSeconds } = await advance(this.ports, clock.tick);
      clock.dueAt = this.now + waitSeconds * 1000;
      if (finished) {
        this.clocks.splice(this.clocks.indexOf(clock), 1);
      }
    }
  }

  /** Ticks until the condition holds, or no clock runs any more. */
  async tickUntil(condition: () => boolean): Promise<void> {
    for (let ticks = 0; this.clocks.length > 0 && !condition(); ticks++) {
      if (ticks > 2000) {
        throw new Error('the clocks run for ever');
      }
      await this.tick();
    }
  }

  settle(): Promise<void> {
    return this.tickUntil(() => false);
  }

  /** The clock's last state, after which the clock goes on as it is told. */
  async giveUp(event: RequestEvent): Promise<void> {
    const { finished, waitSeconds } = await advanceToFailure(this.ports, tickOf(event));
    if (!finished) {
      this.clocks.push({ tick: tickOf(event), dueAt: this.now + waitSeconds * 1000 });
    }
  }

  /** What the execution does that precludes the request's clock. */
  async settlePrecluded(event: RequestEvent): Promise<void> {
    const { finished, waitSeconds } = await advancePrecluded(this.ports, tickOf(event));
    if (!finished) {
      this.clocks.push({ tick: tickOf(event), dueAt: this.now + waitSeconds * 1000 });
    }
  }

  /** What the ledger remembers of the event's resource. */
  async record(event: RequestEvent): Promise<ResourceRecord> {
    const record = await this.ledger.load(understand(event).resourceKey);
    if (record === undefined) {
      throw new Error('the ledger has no record of the resource');
    }
    return record;
  }

  /** The answers to the event, understood. */
  answersTo(event: Pick<RequestEvent, 'ResponseURL'>): Answer[] {
    return this.answers.filter(({ url }) => url === event.ResponseURL).map(({ body }) => JSON.parse(body));
  }

  private startClock(tick: Tick): void {
    if (!this.clocks.some((clock) => clock.tick.requestKey === tick.requestKey)) {
      this.clocks.push({ tick, dueAt: this.now });
    }
  }
}

export interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

export function tickOf(event: RequestEvent): Tick {
  const { key: requestKey, resourceKey } = understand(event);
  return { resourceKey, requestKey };
}
