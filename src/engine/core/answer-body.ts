import { type Failure } from './failure';
import { cut } from './plain-text';
import { failedPhysicalResourceId, type Request } from './request';
import { type Attributes } from '../../contract/custom-resource';

/**
 * CloudFormation takes no longer answer.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
 */
const MAX_ANSWER_BYTES = 4096;

/**
 * The body that tells CloudFormation of success, or undefined where it would be too long. The words of an error are cut to what fits,
 * because they are the only attribute that still tells something then.
 */
export function successAnswer(request: Request, attributes: Attributes | undefined): string | undefined {
  const answer = (Data?: Attributes) => JSON.stringify({ Status: 'SUCCESS', ...identification(request), Data });
  if (attributes === undefined || fits(answer(attributes))) {
    return answer(attributes);
  }
  return fitting(attributes.ErrorMessage, (ErrorMessage) => answer({ ...attributes, ErrorMessage }));
}

/** The body that tells CloudFormation of a failure. The reason is cut to what fits. */
export function failureAnswer(request: Request, failure: Failure): string {
  const identified = { ...identification(request), PhysicalResourceId: failedPhysicalResourceId(request) };
  const answer = (text: string) => JSON.stringify({ Status: 'FAILED', Reason: text, ...identified });
  return fitting(`${failure.code}: ${failure.message}`, answer) ?? answer('…');
}

/** The answer with as much of the text as there is room for, in bytes. */
function fitting(text: string, answer: (text: string) => string): string | undefined {
  for (let length = text.length; length > 0; length = Math.floor(length * 0.9)) {
    if (fits(answer(cut(text, length)))) {
      return answer(cut(text, length));
    }
  }
  return undefined;
}

function fits(answer: string): boolean {
  return Buffer.byteLength(answer, 'utf8') <= MAX_ANSWER_BYTES;
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
