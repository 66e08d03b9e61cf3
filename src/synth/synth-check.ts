import { Token } from 'aws-cdk-lib';

/** @internal */
export function isKnownAtSynth(value: string | number): boolean {
  return !Token.isUnresolved(value);
}

/**
 * @throws if there are any problems. The error names the construct and all problems.
 * @internal
 */
export function assertNoProblems(constructPath: string, problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new Error(`${constructPath}: ${problems.join('; ')}`);
  }
}
