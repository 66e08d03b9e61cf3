/** An execution environment: a child process that runs one invocation at a time and stays warm in between. */
import { spawn, type ChildProcess } from 'node:child_process';

export interface ToChild {
  readonly requestId: string;
  readonly functionArn: string;
  readonly event: unknown;
  /** The function's timeout in milliseconds, and how many of them pass in one real millisecond. */
  readonly timeout: number;
  readonly rate: number;
}

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly text: string }
  | { readonly type: 'result' | 'error'; readonly requestId: string; readonly payload: string };

export interface Outcome {
  readonly payload: string;
  readonly functionError?: 'Unhandled';
}

/** Node.js starts slowly on a busy machine; Lambda gives the start of an environment its own time too. */
const startLimit = 60_000;

export interface EnvironmentOptions {
  readonly runner: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

export class ExecutionEnvironment {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  busy = false;
  alive = true;
  /** Runs old code or an old configuration: ends after what it does now. */
  retired = false;
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;
  private reportReady?: () => void;
  private settle?: (outcome: Outcome) => void;
  private requestId = '';
  private partialLine = '';

  constructor(private readonly options: EnvironmentOptions) {
    this.child = spawn(process.execPath, [options.runner], {
      cwd: options.directory,
      env: { ...options.variables },
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

  /** `limit` is in real milliseconds; an invocation that takes longer is killed together with the environment. */
  async invoke(message: ToChild, limit: number): Promise<Outcome> {
    this.requestId = message.requestId;
    const outcome = new Promise<Outcome>((resolve) => {
      this.settle = resolve;
    });
    const start = setTimeout(() => this.timeOut('Init phase timed out'), startLimit);
    await Promise.race([this.ready, outcome]);
    clearTimeout(start);
    const timer = setTimeout(() => this.timeOut(`Task timed out after ${(message.timeout / 1000).toFixed(2)} seconds`), limit);
    if (this.child.connected) {
      this.child.send(message);
    } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
      this.onEnd(this.child.exitCode, this.child.signalCode);
    }
    return outcome.finally(() => clearTimeout(timer));
  }

  kill(): void {
    this.alive = false;
    this.child.kill('SIGKILL');
  }

  private onMessage(message: FromChild): void {
    if (message.type === 'ready') {
      return this.reportReady?.();
    }
    if (message.type === 'output') {
      return this.onOutput(message.text);
    }
    if (message.requestId === this.requestId) {
      this.finish({ payload: message.payload, ...(message.type === 'error' && { functionError: 'Unhandled' }) });
    }
  }

  private onOutput(text: string): void {
    const lines = (this.partialLine + text).split('\n');
    this.partialLine = lines.pop() ?? '';
    for (const line of lines) {
      this.options.onLine(line);
    }
  }

  private timeOut(message: string): void {
    this.options.onLine(`${this.requestId} ${message}`);
    this.finish(failure('Sandbox.Timedout', `RequestId: ${this.requestId} Error: ${message}`));
    this.kill();
  }

  private onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.alive = false;
    if (this.partialLine !== '') {
      this.options.onLine(this.partialLine);
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
