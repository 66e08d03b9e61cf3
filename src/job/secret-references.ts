import { type Stack, Token } from 'aws-cdk-lib';
import { findProblems, secretServiceIn } from '../contract/input-rules';
import { type JobInputs } from '../contract/job-inputs';

/**
 * Inputs that are tokens of references to secrets, as `SecretValue` makes them. It resolves tokens, so it is for when the app is complete.
 *
 * @internal
 */
export function findSecretReferences(stack: Stack, inputs: JobInputs): string[] {
  const textOf = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, textOf(content)]));
    }
    return typeof value === 'string' && Token.isUnresolved(value) ? JSON.stringify(stack.resolve(value)) : value;
  };
  const texts: JobInputs = { ...inputs, ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, textOf(value)])) };
  return findProblems(texts, (value) => typeof value === 'string' && secretServiceIn(value) !== undefined);
}
