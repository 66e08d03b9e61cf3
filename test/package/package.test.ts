/** The package as it would be published. The test task compiles it first; alone, run `npx projen compile` before. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');
const PEERS = ['aws-cdk-lib', 'constructs'];

const manifest: { dependencies?: object; bundledDependencies?: string[]; peerDependencies: object } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
);
const [packed]: { files: { path: string }[]; size: number }[] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
);
const files = packed.files.map((file) => file.path);

test('it depends on nothing but its peers', () => {
  expect(manifest.dependencies ?? {}).toEqual({});
  expect(manifest.bundledDependencies ?? []).toEqual([]);
  expect(Object.keys(manifest.peerDependencies)).toEqual(PEERS);
});

test('it is tested with the oldest version of each peer that it takes', () => {
  const installed = PEERS.map((peer) => {
    const { version }: { version: string } = JSON.parse(readFileSync(path.join(ROOT, 'node_modules', peer, 'package.json'), 'utf8'));
    return [peer, `^${version}`];
  });

  expect(manifest.peerDependencies).toEqual(Object.fromEntries(installed));
});

test('it requires nothing but its peers, Node and itself', () => {
  const scripts = files.filter((file) => file.startsWith('lib/') && file.endsWith('.js'));
  expect(scripts).toContain('lib/index.js');
  const required = scripts.flatMap((file) =>
    [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name),
  );
  const others = required.filter((name) => !name.startsWith('node:') && !name.startsWith('.') && !PEERS.includes(packageOf(name)));
  expect(others).toEqual([]);
});

test('it holds the handlers as bundles, and nothing of the engine in lib', () => {
  expect(files).toEqual(expect.arrayContaining(['assets/engine/advance.lambda/index.js', 'assets/engine/on-event.lambda/index.js']));
  expect(files.filter((file) => file.startsWith('lib/engine'))).toEqual([]);
});

test('it holds what jsii needs, and nothing that only its developers need', () => {
  expect(files).toEqual(expect.arrayContaining(['.jsii', 'API.md', 'LICENSE', 'README.md', 'package.json', 'lib/index.d.ts']));
  const folders = new Set(files.map((file) => (file.includes('/') ? file.split('/')[0] : '')));
  expect([...folders].sort()).toEqual(['', 'assets', 'lib']);
});

/** The SDK asks for it only to sign for several regions at once, which no call here does. */
const NEVER_LOADED = ['@aws-sdk/signature-v4-crt'];

test('a bundle needs nothing but Node', () => {
  for (const handler of ['advance', 'on-event']) {
    const bundle = readFileSync(path.join(ROOT, 'assets', 'engine', `${handler}.lambda`, 'index.js'), 'utf8');
    const required = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
    const others = required.filter((name) => !isOfNode(name) && !NEVER_LOADED.includes(name));
    expect(others).toEqual([]);
  }
});

function isOfNode(name: string): boolean {
  return isBuiltin(name);
}

function packageOf(name: string): string {
  return name.split('/')[0];
}
