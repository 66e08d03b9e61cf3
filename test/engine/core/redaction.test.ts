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
  ['half a pair \ud83d here', { half: 'half \ud83d' }, 'half a pair \ufffd here'],
  ['empty values are nothing', { empty: '', blank: ' ' }, 'empty values are nothing'],
])('%s', (text, parameters, redacted) => {
  expect(redact(text, parameters)).toBe(redacted);
});

describe('a value is found', () => {
  const parameters = { segment: "O'Brien-Müller", note: 'line one\nline two', city: '東京都', mixed: 'a&b <c>' };

  test.each([
    ['as json.dumps writes it, whose default is ASCII', '{"segment": "O\'Brien-M\\u00fcller"}', '{"segment": "[parameters.segment]"}'],
    ['as JSON within JSON', '{\\"segment\\": \\"O\'Brien-M\\\\u00FCller\\"}', '{\\"segment\\": \\"[parameters.segment]\\"}'],
    ['as ascii() writes it', '"O\'Brien-M\\xfcller"', '"[parameters.segment]"'],
    ['as repr() writes it', "'O\\'Brien-Müller'", "'[parameters.segment]'"],
    ['as bytes', "b\"O'Brien-M\\xc3\\xbcller\"", 'b"[parameters.segment]"'],
    ['in SQL, with its quote doubled', "near 'O''Brien-Müller'", "near '[parameters.segment]'"],
    ['in capital letters', "no rows for O'BRIEN-MÜLLER", 'no rows for [parameters.segment]'],
    ['in small letters', "no rows for o'brien-müller", 'no rows for [parameters.segment]'],
    ['with its accents apart', "no rows for O'Brien-Mu\u0308ller", 'no rows for [parameters.segment]'],
    ['in a URL', '/O%27Brien-M%C3%BCller/x', '/[parameters.segment]/x'],
    ['in a URL, with codes in small letters', '/O%27Brien-M%c3%bcller/x', '/[parameters.segment]/x'],
    ['in HTML, by names', '<b>O&apos;Brien-M&uuml;ller</b>', '<b>[parameters.segment]</b>'],
    ['in HTML, by numbers', '<b>O&#39;Brien-M&#xFC;ller</b>', '<b>[parameters.segment]</b>'],
    ['with the zero-width characters that somebody put into it', "O'Brien\u200b-Mül\u00adler", '[parameters.segment]'],
    ['with its lines joined', 'ValueError: line one line two', 'ValueError: [parameters.note]'],
    ['with its lines as a form sends them', 'note=line+one%0Aline+two', 'note=[parameters.note]'],
    ['with its lines as repr() writes them', "'line one\\nline two'", "'[parameters.note]'"],
    ['with its lines as Windows ends them', 'line one\r\nline two', '[parameters.note]'],
    ['in another script, as JSON', '"\\u6771\\u4eac\\u90fd"', '"[parameters.city]"'],
    ['in HTML, where it has what HTML escapes', '<i>a&amp;b &lt;c&gt;</i>', '<i>[parameters.mixed]</i>'],
  ])('%s', (_form, text, redacted) => {
    expect(redact(text, parameters)).toBe(redacted);
  });

  test('beyond the basic plane', () => {
    expect(redact('a \\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00 b \\U0001f600\\U0001f600\\U0001f600\\U0001f600 c', { face: '😀😀😀😀' })).toBe(
      'a [parameters.face] b [parameters.face] c',
    );
  });

  test('where it is that of a Spark property', () => {
    expect(redact('bad value s3cret-token', undefined, { 'spark.my.token': 's3cret-token' })).toBe('bad value [worker.sparkProperties.spark.my.token]');
  });

  test('where two values overlap', () => {
    expect(redact('from alpha-beta-gamma on', { one: 'alpha-beta', two: 'beta-gamma' })).toBe('from [parameters.one] on');
  });
});

describe('nothing else is taken out', () => {
  test.each([
    ['the latest one of contested tests', { mode: 'test' }, 'the latest one of contested tests'],
    ['mode test is no mode', { mode: 'test' }, 'mode [parameters.mode] is no mode'],
    ['escaped \\ntest here', { mode: 'test' }, 'escaped \\n[parameters.mode] here'],
    ['arn:aws:cleanrooms:us-east-1:111122223333:membership/x', { region: 'us-east-1', account: '111122223333' }, undefined],
    ['https://cleanrooms.us-east-1.amazonaws.com/x', { region: 'us-east-1' }, undefined],
    ['not available in the region us-east-1', { region: 'us-east-1' }, undefined],
    ['no rows for us-east-1', { region: 'us-east-1' }, 'no rows for [parameters.region]'],
    ['A job in IN', { in: 'in', a: 'a' }, 'A job [parameters.in] IN'],
    ['&valueOf; &#99999999; \\x \\u12 % & \\', { x: 'a longer value' }, undefined],
  ])('%s', (text, parameters, redacted) => {
    expect(redact(text, parameters)).toBe(redacted ?? text);
  });
});

test('a long text that nearly matches long values takes no time', () => {
  const value = '\'\\"+ '.repeat(200);
  const parameters = Object.fromEntries([...new Array(50).keys()].map((index) => [`p${index}`, `${value}${index}`]));
  const text = `${'\\\'\\\\"+ '.repeat(10_000)}x`;
  expect(redact(text, parameters)).toBe(text);
}, 5_000);

test('what is left is one line without anything that a terminal acts on', () => {
  expect(redact('\u001b[31mred\u001b[0m\u0007\r\nnext\u202eeht\u200b', undefined)).toBe('red nexteht');
});

test('a text without parameters stays as it is', () => {
  expect(redact('as it is', undefined)).toBe('as it is');
});
