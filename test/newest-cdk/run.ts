/**
 * Tests with another version of aws-cdk-lib than the oldest that is supported, which all other tests run with: in a
 * temporary copy of the repository, so that its lock file stays as it is.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

const ROOT = path.join(__dirname, '..', '..');

/** What knows nothing of aws-cdk-lib, or takes minutes. */
const OTHER_TESTS = ['test/consumer/', 'test/engine/', 'test/faults/', 'test/journeys/', 'test/local-aws/', 'test/newest-cdk/', 'test/package/'];

function main(version: string, copy: string): void {
  say(`A copy of the repository gets aws-cdk-lib ${version}`);
  copyRepository(copy);
  npm(copy, 'install', `aws-cdk-lib@${version}`, '--save-dev', '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  expectVersion(copy, version);

  say('The sources, tests and examples pass the compiler');
  run(copy, 'tsc', ['--noEmit', '-p', 'tsconfig.dev.json']);
  say('The tests of the constructs, and the snapshot that was made with the oldest version');
  jest(copy, { CDK_VALIDATION: 'false' }, ...ignoring(OTHER_TESTS));
  say('A journey with the CDK CLI');
  jest(copy, { CDK_VALIDATION: 'false' }, 'test/journeys/deployment.test.ts', '-t', 'create, no change, an update that is rolled back, one that is not, and destroy');
  say('The strict validation of templates');
  jest(copy, {}, 'test/newest-cdk/strict-template-validation.test.ts', ...ignoring(['/node_modules/']));
}

/** What git knows or would add, and the bundles. */
function copyRepository(copy: string): void {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
  const present = [...files.split('\0').filter((file) => file !== ''), 'assets'];
  present.forEach((file) => cpSync(path.join(ROOT, file), path.join(copy, file), { recursive: true }));
}

function expectVersion(copy: string, version: string): void {
  const installed: { version: string } = JSON.parse(readFileSync(path.join(copy, 'node_modules', 'aws-cdk-lib', 'package.json'), 'utf8'));
  if (installed.version !== version) {
    throw new Error(`aws-cdk-lib: expected ${version}, got ${installed.version}`);
  }
}

function ignoring(patterns: readonly string[]): string[] {
  return ['--testPathIgnorePatterns', ...patterns];
}

function jest(copy: string, environment: Readonly<Record<string, string>>, ...args: string[]): void {
  run(copy, 'jest', ['--ci', '--reporters=default', '--coverage=false', ...args], environment);
}

function npm(copy: string, ...args: string[]): void {
  execFileSync('npm', args, { cwd: copy, stdio: 'inherit' });
}

function run(copy: string, command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  const { CDK_VALIDATION: _, ...inherited } = process.env;
  execFileSync(path.join(copy, 'node_modules', '.bin', command), args, { cwd: copy, stdio: 'inherit', env: { ...inherited, ...environment } });
}

function say(text: string): void {
  process.stdout.write(`\n▶ ${text}\n`);
}

const [, , version] = process.argv;
if (version === undefined) {
  throw new Error('usage: run.ts VERSION, where VERSION is one of aws-cdk-lib');
}
const directory = new TemporaryDirectory('protected-job-newest-cdk');
try {
  main(version, directory.path);
} finally {
  directory.remove();
}
