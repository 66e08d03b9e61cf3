import { plainText } from '../core/plain-text';
import { type Refusal } from '../core/result';

/** What is read of an error that an AWS client threw. */
interface ClientError {
  readonly name: string;
  readonly message: string;
  readonly httpStatus?: number;
  readonly reason?: string;
  readonly quota?: Refusal['quota'];
}

/**
 * What an error of an AWS client means for the call. An error that does not surely come from the service's refusal is `unknown`:
 * the call may have been carried out.
 */
export function refusalOf(action: string, error: unknown): Refusal {
  const clientError = readError(error);
  return { kind: kindOf(clientError), action, code: plainText(clientError.name), message: plainText(clientError.message), quota: clientError.quota };
}

function kindOf({ name, httpStatus, reason }: ClientError): Refusal['kind'] {
  const known = KINDS[name];
  if (name === 'ValidationException' && reason === 'IAM_SYNCHRONIZATION_DELAY') {
    return 'denied'; // a role that has just been created is not known everywhere yet
  }
  return known ?? (httpStatus === undefined ? 'unknown' : kindOfStatus(httpStatus));
}

/**
 * The errors of the Clean Rooms API model, and those that every AWS service can answer with. The HTTP status of the latter misleads.
 *
 * @see https://docs.aws.amazon.com/clean-rooms/latest/apireference/CommonErrors.html
 */
const KINDS: Readonly<Record<string, Refusal['kind'] | undefined>> = {
  AccessDeniedException: 'denied',
  ConflictException: 'conflict',
  InternalServerException: 'unknown',
  ResourceNotFoundException: 'notFound',
  ServiceQuotaExceededException: 'quota',
  ThrottlingException: 'throttled',
  ValidationException: 'invalid',

  // The credentials or the signature are not taken: they may be renewed by the next try, and else this is for who set them up.
  ExpiredToken: 'denied',
  ExpiredTokenException: 'denied',
  IncompleteSignature: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSignatureException: 'denied',
  MissingAuthenticationToken: 'denied',
  NotAuthorized: 'denied',
  OptInRequired: 'denied',
  SignatureDoesNotMatch: 'denied',
  UnrecognizedClientException: 'denied',

  // Nobody can say whether the call was carried out.
  InternalFailure: 'unknown',
  RequestAbortedException: 'unknown',
  RequestTimeout: 'unknown',
  RequestTimeoutException: 'unknown',
  ServiceUnavailable: 'unknown',
  ServiceUnavailableException: 'unknown',

  // Not carried out, and the next try has another time and another signature.
  RequestExpired: 'throttled',
  RequestTimeTooSkewed: 'throttled',
  RequestInTheFuture: 'throttled',

  RequestLimitExceeded: 'throttled',
  RequestThrottled: 'throttled',
  RequestThrottledException: 'throttled',
  SlowDown: 'throttled',
  ThrottledException: 'throttled',
  Throttling: 'throttled',
  TooManyRequestsException: 'throttled',
};

/** For errors that are new, or come from what lies between. */
function kindOfStatus(httpStatus: number): Refusal['kind'] {
  if (httpStatus === 429) {
    return 'throttled';
  }
  if (httpStatus === 408) {
    return 'unknown';
  }
  if (httpStatus === 403 || httpStatus === 401) {
    return 'denied';
  }
  return httpStatus >= 400 && httpStatus < 500 ? 'invalid' : 'unknown';
}

function readError(error: unknown): ClientError {
  if (!(error instanceof Error)) {
    return { name: 'UnknownError', message: String(error) };
  }
  return {
    name: error.name,
    message: error.message,
    httpStatus: readHttpStatus(error),
    reason: 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined,
    quota: readQuota(error),
  };
}

function readQuota(error: Error): Refusal['quota'] {
  if (!('quotaName' in error) || typeof error.quotaName !== 'string') {
    return undefined;
  }
  const value = 'quotaValue' in error && typeof error.quotaValue === 'number' ? error.quotaValue : undefined;
  return { name: plainText(error.quotaName), value };
}

function readHttpStatus(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const isObject = typeof metadata === 'object' && metadata !== null;
  return isObject && 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}
