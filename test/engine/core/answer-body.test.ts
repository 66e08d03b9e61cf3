import { failureAnswer, successAnswer } from '../../../src/engine/core/answer-body';
import { attributesOf, NO_ATTRIBUTES, withError } from '../../../src/engine/core/attributes';
import { understand } from '../../../src/engine/core/request';
import { requestEvent } from '../fakes/events';

const request = understand(requestEvent('Create'));

const JOB = { id: 'job', membershipId: 'membership', membershipArn: 'arn', createTime: new Date(0), status: 'FAILED', resultReceivers: [] };

test('an answer of success that fits holds the attributes', () => {
  expect(JSON.parse(successAnswer(request, NO_ATTRIBUTES) ?? '')).toMatchObject({ Status: 'SUCCESS', Data: NO_ATTRIBUTES });
});

test('there is no answer of success over 4096 bytes', () => {
  expect(successAnswer(request, { ...NO_ATTRIBUTES, ResultLocation: 'x'.repeat(4096) })).toBeUndefined();
});

test.each(['x', 'ä', '"', '東', '\u{1f600}'])('the error of a job in many %s is cut to what fits an answer of success', (character) => {
  const attributes = withError({ ...NO_ATTRIBUTES, ResultKeyPrefix: 'x'.repeat(800) }, { code: 'UNKNOWN_ERROR', message: character.repeat(9000) });
  const answer = successAnswer(request, attributes) ?? '';
  expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(4096);
  const { Data } = JSON.parse(answer);
  expect(Data).toEqual({ ...attributes, ErrorMessage: expect.stringMatching(/^.{200,}…$/u) });
  expect(Data.ErrorMessage.isWellFormed?.() ?? true).toBe(true);
});

test('a code and a status that are no words are cut, too', () => {
  const long = 'ä'.repeat(5000);
  const { Status, ErrorCode } = withError(attributesOf({ ...JOB, status: long }), { code: long, message: long });
  expect([Status.length, ErrorCode.length]).toEqual([101, 101]);
});

test('no attribute has what a terminal acts on or nobody sees', () => {
  const hidden = 'a\u001b[31mb\u202ec\u200bd\u0000e';
  const job = { ...JOB, status: hidden, resultLocation: hidden, resultReceivers: [hidden] };
  const attributes = withError(attributesOf(job), { code: hidden, message: hidden });
  const { Status, ResultLocation, ResultReceivers, ErrorCode, ErrorMessage } = attributes;
  expect([Status, ResultLocation, ResultReceivers, ErrorCode, ErrorMessage]).toEqual(new Array(5).fill('abcd e'));
});

test('words that nobody sees are none', () => {
  expect(withError(NO_ATTRIBUTES, { code: '\u200b', message: ' \u0000 ' })).toMatchObject({ ErrorCode: 'none', ErrorMessage: 'none' });
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
