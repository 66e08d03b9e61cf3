/**
 * Which of a task's errors are tried again, and which are caught:
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
import { isObject, type JsonObject } from '../json';
import { type StatesError } from './paths';

/** In seconds; undefined when no retrier (any longer) handles the error. */
export function retryDelay(state: JsonObject, error: StatesError, attempts: Map<JsonObject, number>): number | undefined {
  const retrier = (Array.isArray(state.Retry) ? state.Retry.filter(isObject) : []).find((candidate) => handles(candidate, error));
  if (!retrier) {
    return undefined;
  }
  const attempt = attempts.get(retrier) ?? 0;
  if (attempt >= numberOr(retrier.MaxAttempts, 3)) {
    return undefined;
  }
  attempts.set(retrier, attempt + 1);
  const delay = numberOr(retrier.IntervalSeconds, 1) * numberOr(retrier.BackoffRate, 2) ** attempt;
  return Math.min(delay, numberOr(retrier.MaxDelaySeconds, Infinity));
}

/** The catcher that handles the error, if any. */
export function catcherOf(state: JsonObject, error: StatesError): JsonObject | undefined {
  return (Array.isArray(state.Catch) ? state.Catch.filter(isObject) : []).find((candidate) => handles(candidate, error));
}

function handles(handler: JsonObject, { error }: StatesError): boolean {
  const names = Array.isArray(handler.ErrorEquals) ? handler.ErrorEquals : [];
  if (names.includes(error)) {
    return true;
  }
  if (names.includes('States.ALL')) {
    return error !== 'States.Runtime' && error !== 'States.DataLimitExceeded';
  }
  return (
    names.includes('States.TaskFailed') && error !== 'States.Timeout' && error !== 'States.Runtime' && error !== 'States.DataLimitExceeded'
  );
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
