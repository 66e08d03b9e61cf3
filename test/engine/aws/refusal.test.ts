import { refusalOf } from '../../../src/engine/aws/refusal';

function refuse(name: string, httpStatusCode: number | undefined, fields: object = {}) {
  const error = Object.assign(new Error('as told'), { name, $metadata: { httpStatusCode }, ...fields });
  return refusalOf('cleanrooms:StartProtectedJob', error);
}

/** What Clean Rooms answers with, by its API model: https://docs.aws.amazon.com/clean-rooms/latest/apireference/API_StartProtectedJob.html */
const MODELLED: readonly [string, number, string][] = [
  ['AccessDeniedException', 403, 'denied'],
  ['ConflictException', 409, 'conflict'],
  ['InternalServerException', 500, 'unknown'],
  ['ResourceNotFoundException', 404, 'notFound'],
  ['ServiceQuotaExceededException', 402, 'quota'],
  ['ThrottlingException', 429, 'throttled'],
  ['ValidationException', 400, 'invalid'],
];

/** What every service can answer with: https://docs.aws.amazon.com/clean-rooms/latest/apireference/CommonErrors.html */
const COMMON: readonly [string, number, string][] = [
  ['AccessDeniedException', 400, 'denied'],
  ['ExpiredTokenException', 403, 'denied'],
  ['IncompleteSignature', 400, 'denied'],
  ['InternalFailure', 500, 'unknown'],
  ['InvalidAction', 400, 'invalid'],
  ['InvalidClientTokenId', 403, 'denied'],
  ['InvalidParameterCombination', 400, 'invalid'],
  ['InvalidParameterValue', 400, 'invalid'],
  ['InvalidQueryParameter', 400, 'invalid'],
  ['MalformedHttpRequestException', 400, 'invalid'],
  ['MalformedQueryString', 404, 'invalid'],
  ['MissingAction', 400, 'invalid'],
  ['MissingAuthenticationToken', 403, 'denied'],
  ['MissingParameter', 400, 'invalid'],
  ['NotAuthorized', 400, 'denied'],
  ['OptInRequired', 403, 'denied'],
  ['RequestAbortedException', 400, 'unknown'],
  ['RequestEntityTooLargeException', 413, 'invalid'],
  ['RequestExpired', 400, 'throttled'],
  ['RequestTimeoutException', 408, 'unknown'],
  ['ServiceUnavailable', 503, 'unknown'],
  ['ThrottlingException', 400, 'throttled'],
  ['UnknownOperationException', 404, 'invalid'],
  ['UnrecognizedClientException', 403, 'denied'],
  ['ValidationError', 400, 'invalid'],
];

/** What the client or a service in front also calls such errors. */
const OTHER_NAMES: readonly [string, number, string][] = [
  ['ExpiredToken', 400, 'denied'],
  ['InvalidSignatureException', 400, 'denied'],
  ['SignatureDoesNotMatch', 403, 'denied'],
  ['RequestInTheFuture', 403, 'throttled'],
  ['RequestTimeTooSkewed', 403, 'throttled'],
  ['RequestLimitExceeded', 503, 'throttled'],
  ['RequestThrottled', 400, 'throttled'],
  ['RequestThrottledException', 400, 'throttled'],
  ['RequestTimeout', 400, 'unknown'],
  ['ServiceUnavailableException', 503, 'unknown'],
  ['SlowDown', 503, 'throttled'],
  ['ThrottledException', 400, 'throttled'],
  ['Throttling', 400, 'throttled'],
  ['TooManyRequestsException', 400, 'throttled'],
];

test.each([...MODELLED, ...COMMON, ...OTHER_NAMES])('%s with HTTP %d means %s', (name, status, kind) => {
  expect(refuse(name, status)).toEqual({ kind, action: 'cleanrooms:StartProtectedJob', code: name, message: 'as told' });
});

test.each([
  [400, 'invalid'],
  [401, 'denied'],
  [403, 'denied'],
  [404, 'invalid'],
  [408, 'unknown'],
  [409, 'invalid'],
  [429, 'throttled'],
  [500, 'unknown'],
  [502, 'unknown'],
  [504, 'unknown'],
  [undefined, 'unknown'],
])('an error that is new with HTTP %s means %s', (status, kind) => {
  expect(refuse('SomethingNew', status).kind).toBe(kind);
});

test('a role that is not known everywhere yet is a denial, and other validation is not', () => {
  expect(refuse('ValidationException', 400, { reason: 'IAM_SYNCHRONIZATION_DELAY' }).kind).toBe('denied');
  expect(refuse('ValidationException', 400, { reason: 'FIELD_VALIDATION_FAILED' }).kind).toBe('invalid');
});

test('what is no error at all has an unknown outcome', () => {
  expect(refusalOf('cleanrooms:StartProtectedJob', 'thrown text')).toMatchObject({ kind: 'unknown', code: 'UnknownError', message: 'thrown text' });
});

test.each([
  [{ quotaName: 'Ongoing jobs per membership', quotaValue: 1 }, { name: 'Ongoing jobs per membership', value: 1 }],
  [{ quotaName: 'vCPUs\u202e' }, { name: 'vCPUs' }],
  [{ quotaValue: 1 }, undefined],
])('the quota that is used up is told by name and value: %p', (fields, quota) => {
  expect(refuse('ServiceQuotaExceededException', 402, fields).quota).toEqual(quota);
});
