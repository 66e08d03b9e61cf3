/** A directory that is removed with the process that made it, however that process ends. */
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
 * Waits for the end of its input, which also comes when this process is killed, and then removes the directory. A
 * handler of `process.on('exit')` would not be enough: it does not run when the process is killed, and Jest never runs
 * those of a test.
 */
function guard(path: string): ChildProcess {
  const child = spawn('sh', ['-c', 'cat > /dev/null; rm -rf "$0"', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell, only `remove` removes the directory.
  child.on('error', () => undefined);
  child.unref();
  return child;
}
