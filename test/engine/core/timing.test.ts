import {
  CANCEL_ALLOWANCE_SECONDS,
  MAX_POLL_INTERVAL_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  MIN_TIMEOUT_SECONDS,
} from '../../../src/contract/custom-resource';
import { CLOCK_RETRIES, EVENT_DELIVERY, FUNCTION_TIMEOUT_SECONDS } from '../../../src/contract/runner';
import * as timing from '../../../src/engine/core/timing';

/** The spans of time that the guarantees depend on, in relation to each other: in milliseconds. */

const ON_EVENT = FUNCTION_TIMEOUT_SECONDS.onEvent * 1000;
const ADVANCE = FUNCTION_TIMEOUT_SECONDS.advance * 1000;
const EVENT_AGE = EVENT_DELIVERY.maxAgeSeconds * 1000;
const CANCEL_ALLOWANCE = CANCEL_ALLOWANCE_SECONDS * 1000;
const SHORTEST_SERVICE_TIMEOUT = MIN_TIMEOUT_SECONDS * 1000 + CANCEL_ALLOWANCE;
const LAMBDAS_RETRIES = [60_000, 120_000];

/** A client of AWS makes three attempts. */
const ATTEMPTS = 3;

function expectInOrder(...times: number[]): void {
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
}

test('a start is aborted within its lease, however long its claim took at most', () => {
  expectInOrder(timing.START_ABORT, timing.LEASE);
});

test('a function that starts a job has the time for the start and its claim', () => {
  expectInOrder(timing.START_ABORT + timing.CALL_TIMEOUT, timing.TIME_FOR_AN_EFFECT, ADVANCE);
});

test('a start of which nobody knows is over, and its job listed, within the time that is left for cancelling', () => {
  expectInOrder(timing.LEASE + timing.JOB_LIST_LAG, CANCEL_ALLOWANCE - timing.ANSWER_MARGIN);
});

test('a cancellation without effect is repeated within the time that is left for it', () => {
  expectInOrder(timing.REPEAT_CANCEL, CANCEL_ALLOWANCE - timing.ANSWER_MARGIN);
});

test('a job that does not show right after its start shows within the time in which a job is looked for', () => {
  expectInOrder(timing.JOB_VISIBILITY_LAG, CANCEL_ALLOWANCE - timing.ANSWER_MARGIN);
});

test('onEvent ends its tries with time for giving up, and that with time for its last try', () => {
  expectInOrder(timing.RETRY_PERIOD, timing.GIVE_UP_PERIOD, timing.GIVE_UP_PERIOD + timing.DELIVERY_ABORT, ON_EVENT);
  expectInOrder(timing.RETRY_PERIOD + 2 * ATTEMPTS * timing.CALL_TIMEOUT, timing.GIVE_UP_PERIOD);
});

test('onEvent takes a request in within the time that CloudFormation waits for the shortest job, and answers it', () => {
  expectInOrder(timing.RETRY_PERIOD, SHORTEST_SERVICE_TIMEOUT - timing.ANSWER_MARGIN);
  expectInOrder(timing.GIVE_UP_PERIOD + timing.DELIVERY_ABORT, SHORTEST_SERVICE_TIMEOUT);
  expectInOrder(SHORTEST_SERVICE_TIMEOUT, MAX_SERVICE_TIMEOUT_SECONDS * 1000);
});

test('an event is not too old for Lambda\'s retries after crashes', () => {
  expect(EVENT_DELIVERY.retryAttempts).toBe(LAMBDAS_RETRIES.length);
  expectInOrder(LAMBDAS_RETRIES[0] + LAMBDAS_RETRIES[1], EVENT_AGE);
});

test('a delivery that is late is told from a first one, and from Lambda\'s first retry', () => {
  expectInOrder(timing.HOST_SKEW, timing.LATE_DELIVERY, LAMBDAS_RETRIES[0]);
});

test('the time when a request was sent is believed as long as it can be delivered', () => {
  expect(EVENT_AGE + ON_EVENT).toBeLessThanOrEqual(timing.LATEST_DELIVERY);
});

test('a request is remembered longer than it can be delivered and its answer be sent', () => {
  expectInOrder(timing.LATEST_DELIVERY, timing.DELIVERY_PERIOD, timing.REMEMBER_REQUESTS, timing.KEEP_TOMBSTONE);
  expectInOrder(MAX_SERVICE_TIMEOUT_SECONDS * 1000 + timing.AFTERCARE, timing.KEEP_REQUEST, timing.KEEP_CLAIM);
});

test('permissions may arrive as late as they can before a denial counts, and in time for the answer', () => {
  expectInOrder(timing.PERMISSION_PROPAGATION, SHORTEST_SERVICE_TIMEOUT - timing.ANSWER_MARGIN);
});

test('no wait of the clock is longer than the time in which it must see that a request was superseded', () => {
  const longest = [timing.adaptivePollInterval(Infinity), timing.shortWait(Infinity), timing.RETRY_QUEUED_START, timing.AFTERCARE_WAIT];
  expect(Math.max(...longest)).toBeLessThanOrEqual(MAX_POLL_INTERVAL_SECONDS * 1000);
});

test('the clock goes on calling a function that fails for as long as Lambda may be out of order for a while', () => {
  const { intervalSeconds, maxDelaySeconds, maxAttempts } = CLOCK_RETRIES.giveUp;
  const waits = Array.from({ length: maxAttempts }, (_, retry) => Math.min(intervalSeconds * 2 ** retry, maxDelaySeconds));
  expectInOrder(MAX_SERVICE_TIMEOUT_SECONDS, waits.reduce((sum, wait) => sum + wait, 0));
});
