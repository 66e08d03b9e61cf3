import { Fn, type ResourceProps, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { kindOfValue } from '../contract/kind-of-value';

/**
 * A segment between the slashes of an ARN of Clean Rooms, such as `…:membership/<ID>/analysistemplate/<ID>`, also if
 * the ARN is a token. A token whose value is not such an ARN has empty segments, so that the job says what is wrong
 * with it, and not CloudFormation.
 *
 * @internal
 */
export function arnSegment(arn: string, index: number): string {
  return Token.isUnresolved(arn) ? Fn.select(index, Fn.split('/', `${arn}////`)) : (arn.split('/')[index] ?? '');
}

/**
 * The account and region of what an ARN names. While an ARN is looked up, the CDK's dummy value stands for it, which names neither.
 *
 * @internal
 */
export function environmentOf(arn: string): ResourceProps {
  return Token.isUnresolved(arn) || /^arn:([^:]*:){4}[^]/.test(arn) ? { environmentFromArn: arn } : {};
}

/**
 * The path that a reference gets.
 *
 * @throws if the scope is none, as where it was forgotten
 * @internal
 */
export function referencePath(scope: Construct, id: string): string {
  const given: unknown = scope;
  if (!Construct.isConstruct(given)) {
    throw new Error(`scope: ${kindOfValue(given)}, where a construct is expected; the arguments are scope, id and what is referred to`);
  }
  return `${scope.node.path}/${id}`;
}
