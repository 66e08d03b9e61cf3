/** A directory that goes away with the process that made it, however that ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TemporaryDirectory {
  readonly path: string;
  private readonly guard: ChildProcess;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `${name}-`));
    this.guard = guard(this.path);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    this.guard.stdin?.destroy();
  }
}

/**
 * Waits for the end of its input, which comes also when this process is killed, and removes the directory then. A handler of
 * `process.on('exit')` would not do: a kill runs none, and Jest never runs those of a test.
 */
function guard(path: string): ChildProcess {
  const child = spawn('sh', ['-c', 'cat > /dev/null; rm -rf "$0"', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell the directory is removed by `remove` only.
  child.on('error', () => undefined);
  child.unref();
  return child;
}
