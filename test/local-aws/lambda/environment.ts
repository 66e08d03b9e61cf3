/** An execution environment: a child process that runs one invocation at a time and stays warm in between. */
import { spawn, type ChildProcess } from 'node:child_process';
import { type Client, type Clients } from '../clients';
import { type Activity, type Appointment, type Clock } from '../clock';

export type ToChild =
  | {
    readonly type: 'invoke';
    /** Counts the invocations of this environment. */
    readonly number: number;
    readonly requestId: string;
    readonly functionArn: string;
    readonly event: unknown;
    /** The embedded time, and the time at which the function times out. */
    readonly now: number;
    readonly deadline: number;
  }
  /**
   * Time has to pass before the request on the connection is answered. A function that only waits for that is asleep.
   */
  | { readonly type: 'wait'; readonly port: number }
  /**
   * To be answered with `woken`, after the timers that are due. Where a port is given, the answer that was waited for
   * follows.
   */
  | { readonly type: 'wake'; readonly now: number; readonly port?: number };

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly text: string }
  | { readonly type: 'result' | 'error'; readonly number: number; readonly payload: string }
  /** Nothing is left to be done before its next timer, or without an answer, after so many messages to it. */
  | { readonly type: 'asleep'; readonly number: number; readonly received: number; readonly nextTimer?: number }
  | { readonly type: 'woken' };

export interface Outcome {
  readonly payload: string;
  readonly functionError?: 'Unhandled';
}

export interface EnvironmentOptions {
  readonly clock: Clock;
  readonly clients: Clients;
  readonly runner: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

export interface InvocationRequest {
  /** The order of things that are due at the same time: the one that began earlier goes on first. */
  readonly order: number;
  readonly requestId: string;
  readonly functionArn: string;
  readonly event: unknown;
  /** In milliseconds. */
  readonly timeout: number;
  /** How long it takes until the handler sees the event, in milliseconds; computing takes no time here. */
  readonly startTakes: number;
}

/**
 * What it does is under way, except while it sleeps. To wait for nothing but an answer that takes embedded time is to
 * sleep, too.
 */
export class ExecutionEnvironment implements Client {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  busy = false;
  alive = true;
  /** Whether it runs old code or an old configuration. Then it ends after its current invocation. */
  retired = false;
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;
  private reportReady?: () => void;
  private settle?: (outcome: Outcome) => void;
  private number = 0;
  /** The number of messages to the child. What the child says is only current if it has received all of them. */
  private sent = 0;
  private requestId = '';
  private partialLine = '';
  private activity?: Activity;
  private isAsleep = false;
  /** Wakes it for its next timer. */
  private alarm?: Appointment;
  /** The functions to call when it is awake, in their order. */
  private readonly reportWoken: (() => void)[] = [];

  constructor(private readonly options: EnvironmentOptions) {
    const { clock, clients } = options;
    const time = { LOCAL_AWS_TIME: String(clock.now()), LOCAL_AWS_SEED: String(clock.nextOrder()) };
    this.child = spawn(process.execPath, [options.runner], {
      cwd: options.directory,
      env: { ...options.variables, ...time, ...clients.connect(this) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ready = new Promise((resolve) => {
      this.reportReady = resolve;
    });
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => {
        this.onEnd(code, signal);
        resolve();
      }),
    );
    this.child.on('message', (message: FromChild) => this.onMessage(message));
    this.child.on('error', () => this.kill());
    // What did not go through the runtime, such as Node.js's own complaints.
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data: Buffer) => this.onOutput(data.toString()));
    }
  }

  /**
   * An invocation that takes longer than its timeout, on the embedded clock, is killed together with the environment.
   */
  async invoke(request: InvocationRequest): Promise<Outcome> {
    const { clock } = this.options;
    const activity = clock.begin(request.order);
    this.activity = activity;
    this.requestId = request.requestId;
    this.number += 1;
    const outcome = new Promise<Outcome>((resolve) => {
      this.settle = resolve;
    });
    const deadline = clock.now() + request.timeout;
    const limit = clock.schedule(request.timeout, () => this.timeOut(request.timeout), activity.order);
    await Promise.race([this.prepare(request, activity), outcome]);
    this.send(request, deadline);
    const result = await outcome;
    await activity.pausedDuring(clock.turn(activity.order));
    limit.cancel();
    this.alarm?.cancel();
    activity.end();
    this.activity = undefined;
    return result;
  }

  kill(): void {
    this.alive = false;
    void this.options.clock.during(() => this.ended); // its end is under way, even if its work is not
    this.stopSleeping();
    this.child.kill('SIGKILL');
  }

  // --- As a client of the embedded AWS

  async turn(): Promise<void> {
    const { activity } = this;
    await activity?.pausedDuring(this.options.clock.turn(activity.order));
  }

  /**
   * Only the child knows whether it has something else to do in the meantime: other requests, timers, or giving up this
   * one.
   */
  async wait<Result>(work: Promise<Result>, port: number): Promise<Result> {
    this.tell({ type: 'wait', port });
    try {
      return await work;
    } finally {
      await this.wake(port); // it learns what time it is before it gets the answer
    }
  }

  // --- Sleeping and waking

  private sleep(activity: Activity, nextTimer: number | undefined): void {
    const { clock } = this.options;
    this.isAsleep = true;
    this.alarm = nextTimer === undefined ? undefined : clock.schedule(nextTimer - clock.now(), () => void this.wake(), activity.order);
    activity.pause();
  }

  private stopSleeping(): void {
    if (this.isAsleep) {
      this.isAsleep = false;
      this.activity?.resume();
    }
    this.alarm?.cancel();
  }

  /** Resolves when it knows the time, and what was due by then has happened. */
  private wake(port?: number): Promise<void> {
    const { clock } = this.options;
    this.stopSleeping();
    return clock.during(
      () =>
        new Promise((resolve) => {
          if (this.tell({ type: 'wake', now: clock.now(), port })) {
            this.reportWoken.push(resolve);
          } else {
            resolve();
          }
        }),
    );
  }

  /** @returns false if the child is gone */
  private tell(message: ToChild): boolean {
    if (!this.child.connected) {
      return false;
    }
    this.sent += 1;
    this.child.send(message);
    return true;
  }

  // --- The invocation

  private async prepare({ startTakes }: InvocationRequest, activity: Activity): Promise<void> {
    await this.ready;
    if (startTakes > 0) {
      await activity.pausedDuring(this.options.clock.sleep(startTakes));
    }
  }

  private send({ requestId, functionArn, event }: InvocationRequest, deadline: number): void {
    const { number, child } = this;
    const isSent = this.tell({ type: 'invoke', number, requestId, functionArn, event, now: this.options.clock.now(), deadline });
    if (!isSent && (child.exitCode !== null || child.signalCode !== null)) {
      this.onEnd(child.exitCode, child.signalCode);
    }
  }

  private onMessage(message: FromChild): void {
    switch (message.type) {
      case 'ready':
        return this.reportReady?.();
      case 'output':
        return this.onOutput(message.text);
      case 'woken':
        return this.reportWoken.shift()?.();
      case 'asleep':
        return this.onAsleep(message);
      default:
        return this.onResult(message);
    }
  }

  private onAsleep({ number, received, nextTimer }: Extract<FromChild, { readonly type: 'asleep' }>): void {
    const isSo = number === this.number && received === this.sent && this.alive && !this.isAsleep;
    if (isSo && this.settle !== undefined && this.activity !== undefined) {
      this.sleep(this.activity, nextTimer);
    }
  }

  private onResult({ type, number, payload }: { type: 'result' | 'error'; number: number; payload: string }): void {
    if (number === this.number) {
      this.finish({ payload, ...(type === 'error' && { functionError: 'Unhandled' }) });
    }
  }

  private onOutput(text: string): void {
    const lines = (this.partialLine + text).split('\n');
    this.partialLine = lines.pop() ?? '';
    for (const line of lines) {
      this.options.onLine(line);
    }
  }

  private timeOut(timeout: number): void {
    const message = `Task timed out after ${(timeout / 1000).toFixed(2)} seconds`;
    this.options.onLine(`${this.requestId} ${message}`);
    this.finish(failure('Sandbox.Timedout', `RequestId: ${this.requestId} Error: ${message}`));
    this.kill();
  }

  private onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.alive = false;
    this.options.clients.disconnect(this);
    if (this.partialLine !== '') {
      this.options.onLine(this.partialLine);
    }
    for (const report of this.reportWoken.splice(0)) {
      report();
    }
    const how = signal === null ? `exit status ${code}` : 'signal: killed';
    this.finish(failure('Runtime.ExitError', `RequestId: ${this.requestId} Error: Runtime exited with error: ${how}`));
  }

  private finish(outcome: Outcome): void {
    this.settle?.(outcome);
    this.settle = undefined;
  }
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { functionError: 'Unhandled', payload: JSON.stringify({ errorType, errorMessage }) };
}
