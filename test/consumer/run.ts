/**
 * Tests the library as a user has it: packs it, installs the tarball into a project in a folder outside of the
 * repository, and runs the compiler and the project's own tests there. Then the same again in another folder, and with
 * the next patch release.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

const ROOT = path.join(__dirname, '..', '..');
const SOURCES = path.join(__dirname, 'project');
const LIBRARY = 'cdk-cleanrooms-protected-job';
const NPM_QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** Where the project's own snapshot goes: `npx projen consumer --update` writes it. */
const isUpdate = process.argv.includes('--update');

function main(directory: string): void {
  const release = pack(ROOT, path.join(directory, 'release'));
  const nextRelease = packNextRelease(release, path.join(directory, 'next'));

  say('A project that installs the packed library');
  const first = newProject(path.join(directory, 'first'));
  install(first, release);
  expectOldestPeers(first);
  expectNothingElse(first);
  say('passes the compiler');
  run(first, 'tsc', '--strict', '--noEmit');
  say('and its own tests and snapshots');
  run(first, 'jest', isUpdate ? '--ci=false' : '--ci', ...(isUpdate ? ['--updateSnapshot'] : []));
  if (isUpdate) {
    cpSync(snapshots(first), snapshots(SOURCES), { recursive: true });
  }
  const template = synthesize(first);

  say('also when they run again, in another folder');
  const second = path.join(directory, 'another place', 'second');
  mkdirSync(path.dirname(second));
  renameSync(first, second);
  run(second, 'jest', '--ci');
  expectEqual('the template in another folder', synthesize(second), template);

  say('and with the next patch release, whose handlers differ');
  install(second, nextRelease);
  run(second, 'jest', '--ci');
  const nextTemplate = synthesize(second);
  expectEqual('the template of the next release without hashes', withoutHashes(nextTemplate), withoutHashes(template));
  if (nextTemplate === template) {
    throw new Error('the handlers of the next release are the same, so that it shows nothing');
  }
}

/** Packs the package in the folder, and returns the tarball. */
function pack(folder: string, destination: string): string {
  mkdirSync(destination, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', destination], { cwd: folder, stdio: 'pipe' });
  const [tarball] = readdirSync(destination).filter((name) => name.endsWith('.tgz'));
  return path.join(destination, tarball);
}

/** What a release with a mended handler would be: another version, and other bytes in each bundle. */
function packNextRelease(release: string, destination: string): string {
  mkdirSync(destination);
  execFileSync('tar', ['-xzf', release, '-C', destination]);
  const folder = path.join(destination, 'package');
  for (const file of ['package.json', '.jsii']) {
    const content: { version: string } = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    writeFileSync(path.join(folder, file), JSON.stringify({ ...content, version: '0.0.1' }, undefined, 2));
  }
  for (const handler of ['on-event', 'advance']) {
    appendFileSync(path.join(folder, 'assets', 'engine', `${handler}.lambda`, 'index.js'), '\n// mended\n');
  }
  return pack(folder, path.join(destination, 'packed'));
}

/** The project, with the lock file of this repository, so that a newer jest or TypeScript changes nothing by itself. */
function newProject(folder: string): string {
  cpSync(SOURCES, folder, { recursive: true });
  cpSync(path.join(ROOT, 'package-lock.json'), path.join(folder, 'package-lock.json'));
  cpSync(path.join(ROOT, '.npmrc'), path.join(folder, '.npmrc'));
  return folder;
}

function install(project: string, tarball: string): void {
  execFileSync('npm', ['install', tarball, ...NPM_QUIETLY], { cwd: project, stdio: 'inherit' });
}

/** What the library promises to work with is what it is tested with. */
function expectOldestPeers(project: string): void {
  const { peerDependencies } = manifest(path.join(project, 'node_modules', LIBRARY));
  for (const [peer, range] of Object.entries(peerDependencies)) {
    expectEqual(`the version of ${peer}`, `^${manifest(path.join(project, 'node_modules', peer)).version}`, range);
  }
}

/** npm hoists dependencies, so a folder of its own would be one of a version that nobody else has. */
function expectNothingElse(project: string): void {
  const { dependencies = {} } = manifest(path.join(project, 'node_modules', LIBRARY));
  expectEqual('the dependencies of the library', Object.keys(dependencies).join(), '');
}

function manifest(folder: string): { version: string; peerDependencies: Record<string, string>; dependencies?: object } {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/** What the user would deploy. */
function synthesize(project: string): string {
  const outdir = path.join(project, 'cdk.out');
  run(project, 'ts-node', '--transpile-only', 'app.ts');
  return readFileSync(path.join(outdir, 'Analysis.template.json'), 'utf8');
}

function run(project: string, command: string, ...args: string[]): void {
  execFileSync(path.join(project, 'node_modules', '.bin', command), args, {
    cwd: project,
    stdio: 'inherit',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CDK_OUTDIR: 'cdk.out', JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
  });
}

function snapshots(project: string): string {
  return path.join(project, 'test', '__snapshots__');
}

function withoutHashes(template: string): string {
  return template.replaceAll(/\b[0-9a-f]{64}\b/g, '<asset hash>');
}

function expectEqual(what: string, actual: string, expected: string): void {
  if (actual !== expected) {
    throw new Error(`${what}: expected ${expected}, got ${actual}`);
  }
}

function say(text: string): void {
  process.stdout.write(`\n▶ ${text}\n`);
}

const directory = new TemporaryDirectory('protected-job-consumer');
try {
  main(directory.path);
} finally {
  directory.remove();
}
