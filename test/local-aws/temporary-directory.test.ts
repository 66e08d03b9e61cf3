import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TemporaryDirectory } from './temporary-directory';

test('it is gone when it is removed, also twice', () => {
  const directory = new TemporaryDirectory('local-aws-test');
  expect(existsSync(directory.path)).toBe(true);
  directory.remove();
  directory.remove();
  expect(existsSync(directory.path)).toBe(false);
});

test('it is gone soon after its process was killed', async () => {
  const script =
    `const { TemporaryDirectory } = require(${JSON.stringify(join(__dirname, 'temporary-directory.ts'))});` +
    "process.stdout.write(new TemporaryDirectory('local-aws-test').path); setInterval(() => 0, 1000);";
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path] = (await once(child.stdout, 'data')).map(String);
  expect(existsSync(path)).toBe(true);
  child.kill('SIGKILL');
  while (existsSync(path)) {
    await sleep(10);
  }
});
