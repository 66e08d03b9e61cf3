import { Token } from 'aws-cdk-lib';

/** @internal */
export function isKnownAtSynth(value: string | number): boolean {
  return !Token.isUnresolved(value);
}

/**
 * @throws if there are any problems, naming all of them and the construct
 * @internal
 */
export function assertNoProblems(constructPath: string, problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new Error(`${constructPath}: ${problems.join('; ')}`);
  }
}
