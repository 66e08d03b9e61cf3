import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** @internal */
export function isKnownAtSynth(value: string | number): boolean {
  return !Token.isUnresolved(value);
}

/**
 * Problems are no errors yet while values of the app are still looked up: the CDK CLI synthesizes first with dummy values, learns from the
 * cloud assembly what to look up, and synthesizes again. An error would keep it from ever learning that.
 *
 * @param scope any construct of the app
 * @param problems what is wrong
 * @param constructPath the construct that it is wrong of
 * @returns whether there are none
 * @throws if there are any problems and all values are there, naming all of them and the construct
 * @internal
 */
export function assertNoProblems(scope: IConstruct, problems: readonly string[], constructPath = scope.node.path): boolean {
  if (problems.length === 0) {
    return true;
  }
  const message = `${constructPath}: ${problems.join('; ')}`;
  if (!areLookupsPending(scope)) {
    throw new Error(message);
  }
  Annotations.of(scope).addWarningV2(
    `cdk-cleanrooms-protected-job:lookup:${constructPath}`,
    `${message} (an error once all values are there; some of the app's are still to be looked up, and are dummy values now)`,
  );
  return false;
}

/**
 * Dummy values of look-ups are of the kinds of the values, so that what is of another kind is an error in any case.
 *
 * @throws if there are any problems
 * @internal
 */
export function assertKinds(constructPath: string, problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new Error(`${constructPath}: ${problems.join('; ')}`);
  }
}

/**
 * Adds a check of the complete app, for the same reason skipped while values are still looked up.
 *
 * @internal
 */
export function addSynthCheck(scope: IConstruct, findProblems: () => string[]): void {
  scope.node.addValidation({
    validate: () => {
      const problems = findProblems();
      return problems.length > 0 && areLookupsPending(scope) ? [] : problems;
    },
  });
}

/** What a stack has reported to be missing, the CDK keeps to itself until it writes the cloud assembly. */
function areLookupsPending(scope: IConstruct): boolean {
  return scope.node.root.node.findAll().some((construct) => {
    const missing: unknown = Stack.isStack(construct) ? Reflect.get(construct, '_missingContext') : undefined;
    return Array.isArray(missing) && missing.length > 0;
  });
}
