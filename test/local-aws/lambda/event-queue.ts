/**
 * Asynchronous invocations: queued, delivered at least once, and tried again after errors.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { type Appointment, type Clock } from '../clock';
import { type Outcome } from './environment';
import { AwsError } from '../service';

export interface EventInvokeConfig {
  /** Retries after an error of the function: 0 to 2. */
  readonly maximumRetryAttempts: number;
  /** In seconds. An older event is discarded. */
  readonly maximumEventAge: number;
}

export const defaultEventInvokeConfig: EventInvokeConfig = { maximumRetryAttempts: 2, maximumEventAge: 6 * 3600 };

export interface QueuedEvent {
  readonly functionName: string;
  readonly event: unknown;
  readonly requestId: string;
  readonly queuedAt: number;
}

/** One try to deliver an event, for tests to look at. */
export interface Delivery extends QueuedEvent {
  readonly attempt: number;
  readonly deliveredAt: number;
  readonly outcome: 'success' | 'error' | 'throttled' | 'expired';
}

export class EventQueue {
  readonly deliveries: Delivery[] = [];
  private readonly timers = new Set<Appointment>();
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly run: (event: QueuedEvent) => Promise<Outcome>,
    private readonly configOf: (functionName: string) => EventInvokeConfig,
  ) {}

  /** The delivery begins after this many milliseconds. */
  add(event: QueuedEvent, delay = 0): void {
    this.schedule(delay, () => this.deliver(event, 1, 0));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) {
      timer.cancel();
    }
    this.timers.clear();
  }

  private async deliver(event: QueuedEvent, attempt: number, throttles: number): Promise<void> {
    if (this.clock.now() - event.queuedAt >= this.configOf(event.functionName).maximumEventAge * 1000) {
      return this.record(event, attempt, 'expired');
    }
    const outcome = await this.attempt(event);
    this.record(event, attempt, outcome);
    if (outcome === 'throttled') {
      // Throttling uses up no retry: Lambda backs off from 1 second to 5 minutes until the event is too old.
      this.schedule(Math.min(1000 * 2 ** throttles, 300_000), () => this.deliver(event, attempt, throttles + 1));
    }
    if (outcome === 'error' && attempt <= this.configOf(event.functionName).maximumRetryAttempts) {
      this.schedule(attempt * 60_000, () => this.deliver(event, attempt + 1, 0));
    }
  }

  private async attempt(event: QueuedEvent): Promise<'success' | 'error' | 'throttled'> {
    try {
      const { functionError } = await this.run(event);
      return functionError === undefined ? 'success' : 'error';
    } catch (error) {
      return error instanceof AwsError && error.status === 429 ? 'throttled' : 'error';
    }
  }

  private record(event: QueuedEvent, attempt: number, outcome: Delivery['outcome']): void {
    this.deliveries.push({ ...event, attempt, deliveredAt: this.clock.now(), outcome });
  }

  private schedule(milliseconds: number, task: () => Promise<void>): void {
    if (this.stopped) {
      return;
    }
    const timer = this.clock.schedule(milliseconds, () => {
      this.timers.delete(timer);
      void task();
    });
    this.timers.add(timer);
  }
}
