import { redact } from '../../../src/engine/core/redaction';

test.each([
  ['value s3cret-token is bad', { token: 's3cret-token' }, 'value [parameters.token] is bad'],
  ['xs3cret-tokenx s3cret-token', { token: 's3cret-token' }, 'x[parameters.token]x [parameters.token]'],
  ['after 10 of 100 rows', { days: '10' }, 'after [parameters.days] of 100 rows'],
  ['longer-value wins', { short: 'longer', long: 'longer-value' }, '[parameters.long] wins'],
  ['a.c is no pattern: abc', { pattern: 'a.c.*' }, 'a.c is no pattern: abc'],
  ['dollars $& stay', { name: '$& stay' }, 'dollars [parameters.name]'],
  ['in JSON {\"a\":\"say \\\"yes\\\"\"}', { quote: 'say "yes"' }, 'in JSON {\"a\":\"[parameters.quote]\"}'],
  ['in a URL /a%20b%2Fc', { path: 'a b/c' }, 'in a URL /[parameters.path]'],
  ['trimmed abcd here', { padded: ' abcd ' }, 'trimmed [parameters.padded] here'],
  ['abcd and x', { long: 'abcd', x: 'long', y: 'x' }, '[parameters.long] and [parameters.y]'],
  ['half a pair \ud83d here', { half: 'half \ud83d' }, 'half a pair \ud83d here'],
  ['empty values are nothing', { empty: '', blank: ' ' }, 'empty values are nothing'],
])('%s', (text, parameters, redacted) => {
  expect(redact(text, parameters)).toBe(redacted);
});

test('a text without parameters stays as it is', () => {
  expect(redact('as it is', undefined)).toBe('as it is');
});
