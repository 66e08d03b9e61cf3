import { Failure } from './failure';
import { failedPhysicalResourceId, Request } from './request';
import { Attributes } from '../../contract/custom-resource';

/**
 * CloudFormation takes no longer answer.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
 */
const MAX_ANSWER_BYTES = 4096;

/** The body that tells CloudFormation of success, or undefined where it would be too long. */
export function successAnswer(request: Request, attributes: Attributes | undefined): string | undefined {
  const answer = JSON.stringify({ Status: 'SUCCESS', ...identification(request), Data: attributes });
  return byteLength(answer) <= MAX_ANSWER_BYTES ? answer : undefined;
}

/** The body that tells CloudFormation of a failure. The reason is cut to what fits. */
export function failureAnswer(request: Request, failure: Failure): string {
  const reason = `${failure.code}: ${failure.message}`;
  const identified = { ...identification(request), PhysicalResourceId: failedPhysicalResourceId(request) };
  const answer = (text: string) => JSON.stringify({ Status: 'FAILED', Reason: text, ...identified });
  for (let length = reason.length; ; length = Math.floor(length * 0.9)) {
    const fitting = length === reason.length ? reason : `${reason.slice(0, length)}…`;
    if (byteLength(answer(fitting)) <= MAX_ANSWER_BYTES || length === 0) {
      return answer(fitting);
    }
  }
}

/** Whether CloudFormation would take a saved answer for that to the request. */
export function wouldAnswer(answer: string, { event }: Request): boolean {
  const { StackId, RequestId, LogicalResourceId } = event;
  return answer.includes(JSON.stringify({ StackId, RequestId, LogicalResourceId }).slice(1, -1)); // in the order of below
}

function identification(request: Request) {
  const { StackId, RequestId, LogicalResourceId } = request.event;
  return { StackId, RequestId, LogicalResourceId, PhysicalResourceId: request.physicalResourceId };
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
