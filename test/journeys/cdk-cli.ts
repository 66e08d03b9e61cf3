import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type LocalAws } from '../local-aws/local-aws';

/** What a command of the CLI printed, and how it ended. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface CliOptions {
  /** The folder of the app. */
  readonly directory: string;
  /** Environment variables for the app, besides those of the embedded AWS. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes what the CLI prints, as it prints it. */
  readonly onLine?: (line: string) => void;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

/** The real CDK CLI, in a process of its own and in real time. It uses the embedded AWS as AWS. */
export class CdkCli {
  constructor(private readonly aws: LocalAws) {}

  /** Embedded time stands still while the CLI runs, except when it waits for an operation to end. */
  run(args: readonly string[], options: CliOptions): Promise<CliResult> {
    return this.aws.asClient((connection) => run(args, connection, options));
  }
}

async function run(
  args: readonly string[],
  connection: Readonly<Record<string, string>>,
  { directory, environment, onLine, signal }: CliOptions,
): Promise<CliResult> {
  const child = spawn(process.execPath, [require.resolve('aws-cdk/bin/cdk'), ...args, ...ALWAYS], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...connection, ...QUIET, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that the app which the CLI starts ends with it
  });
  const end = (): void => endGroup(child.pid);
  signal?.addEventListener('abort', end, { once: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const [exitCode] = await once(child, 'close');
  signal?.removeEventListener('abort', end);
  return { exitCode, output: lines.join('\n') };
}

const ALWAYS = ['--no-color', '--no-notices', '--ci'];

const QUIET = {
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
  NODE_NO_WARNINGS: '1',
};

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGTERM');
    }
  } catch {
    // it has ended by itself
  }
}
