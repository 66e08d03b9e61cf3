import { redact } from '../../src/engine/redaction';

test.each([
  ['value s3cret-token is bad', { token: 's3cret-token' }, 'value [parameters.token] is bad'],
  ['xs3cret-tokenx s3cret-token', { token: 's3cret-token' }, 'x[parameters.token]x [parameters.token]'],
  ['after 10 of 100 rows', { days: '10' }, 'after [parameters.days] of 100 rows'],
  ['longer-value wins', { short: 'longer', long: 'longer-value' }, '[parameters.long] wins'],
  ['a.c is no pattern: abc', { pattern: 'a.c.*' }, 'a.c is no pattern: abc'],
  ['dollars $& stay', { name: '$& stay' }, 'dollars [parameters.name]'],
  ['empty values are nothing', { empty: '', blank: ' ' }, 'empty values are nothing'],
])('%s', (text, parameters, redacted) => {
  expect(redact(text, parameters)).toBe(redacted);
});

test('a text without parameters stays as it is', () => {
  expect(redact('as it is', undefined)).toBe('as it is');
});
