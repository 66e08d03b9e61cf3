import { failureAnswer, successAnswer } from '../../../src/engine/core/answer-body';
import { NO_ATTRIBUTES } from '../../../src/engine/core/attributes';
import { understand } from '../../../src/engine/core/request';
import { requestEvent } from '../fakes/events';

const request = understand(requestEvent('Create'));

test('an answer of success that fits holds the attributes', () => {
  expect(JSON.parse(successAnswer(request, NO_ATTRIBUTES) ?? '')).toMatchObject({ Status: 'SUCCESS', Data: NO_ATTRIBUTES });
});

test('there is no answer of success over 4096 bytes', () => {
  expect(successAnswer(request, { ...NO_ATTRIBUTES, ResultLocation: 'x'.repeat(4096) })).toBeUndefined();
});

test.each(['x', 'ä', '"', '\u{1f600}'])('a reason of many %s is cut to 4096 bytes', (character) => {
  const answer = failureAnswer(request, { code: 'PJ-JOB-FAILED', message: character.repeat(9000) });
  expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(4096);
  expect(Buffer.byteLength(answer)).toBeGreaterThan(3000);
  expect(JSON.parse(answer).Reason).toMatch(/^PJ-JOB-FAILED: .*…$/u);
});

test('a reason that fits is not cut', () => {
  const answer = failureAnswer(request, { code: 'PJ-TIMEOUT', message: 'as it is' });
  expect(JSON.parse(answer)).toMatchObject({ Status: 'FAILED', Reason: 'PJ-TIMEOUT: as it is' });
});
