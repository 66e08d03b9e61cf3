import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TemporaryDirectory } from './temporary-directory';

test('it is gone when it is removed, also twice', () => {
  const directory = new TemporaryDirectory('local-aws-test');
  expect(existsSync(directory.path)).toBe(true);
  directory.remove();
  directory.remove();
  expect(existsSync(directory.path)).toBe(false);
});

/** Watches every change beside the path, from the call on. */
async function gone(path: string): Promise<void> {
  for await (const _change of watch(dirname(path))) {
    if (!existsSync(path)) {
      return;
    }
  }
}

test('it is gone soon after its process was killed', async () => {
  const script =
    `const { TemporaryDirectory } = require(${JSON.stringify(join(__dirname, 'temporary-directory.ts'))});` +
    "process.stdout.write(new TemporaryDirectory('local-aws-test').path); setInterval(() => 0, 1000);";
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path] = (await once(child.stdout, 'data')).map(String);
  expect(existsSync(path)).toBe(true);
  const end = gone(path);
  child.kill('SIGKILL');
  await end;
});
