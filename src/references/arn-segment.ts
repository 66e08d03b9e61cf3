import { Fn, Token } from 'aws-cdk-lib';

/**
 * A segment between the slashes of an ARN of Clean Rooms, such as `…:membership/<ID>/analysistemplate/<ID>`, also where the ARN is a token. A
 * text that is no such ARN has empty segments too, so that not CloudFormation but the job says what is wrong with it.
 *
 * @internal
 */
export function arnSegment(arn: string, index: number): string {
  return Token.isUnresolved(arn) ? Fn.select(index, Fn.split('/', `${arn}////`)) : arn.split('/')[index];
}
