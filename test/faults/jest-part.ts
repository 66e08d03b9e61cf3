import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Part } from './part';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

export interface JestPart {
  readonly name: string;
  /** A pattern for the paths of the test files. */
  readonly files: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Says what this number of tests has tried. */
  readonly tried: (tests: number) => string;
  readonly repeatedBy: string;
}

/**
 * Test files that take too long for `npm test`, or run there with fewer cases. Their guarantee is that nothing throws.
 */
export async function jestPart({ name, files, environment, tried, repeatedBy }: JestPart): Promise<Part> {
  const directory = new TemporaryDirectory('faults-jest');
  const report = path.join(directory.path, 'report.json');
  const args = ['--ci', '--coverage=false', '--reporters=default', '--json', `--outputFile=${report}`, '--testPathIgnorePatterns', '/node_modules/'];
  try {
    const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args, '--', files], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(jest, 'close');
    const { numPassedTests: passed, numFailedTests: failed }: JestResult = JSON.parse(readFileSync(report, 'utf8'));
    return { name, tried: tried(passed), repeatedBy, kept: { [ABOUT]: passed }, broken: new Set(failed > 0 || passed === 0 ? [ABOUT] : []) };
  } finally {
    directory.remove();
  }
}

const ABOUT = 'nothing throws or runs for ever';
