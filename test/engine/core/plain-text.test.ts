import { cut, plainText } from '../../../src/engine/core/plain-text';

test.each([
  ['line ends and tabs are spaces', 'one\r\ntwo\tthree\u2028four\u2029five\u0085six', 'one two three four five six'],
  ['control characters are spaces', 'a\u0000b\u0007c\u001bd\u007fe\u009cf', 'a b c d e f'],
  ['colours of a terminal go', '\u001b[1;31merror\u001b[0m and \u009b2Kmore', 'error and more'],
  ['what turns the direction of writing goes', 'a\u202eb\u2066c\u2069d\u200fe\u061cf', 'abcdef'],
  ['what has no width goes', 'a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u034fh\u3164i\u{e0041}j\ufe0fk', 'abcdefghijk'],
  ['what is not assigned goes', 'b\ue000c\uffffd', 'bcd'],
  ['half of a surrogate pair is replaced', 'a\ud83db', 'a\ufffdb'],
  ['all scripts and pictures stay', 'Müller 東京 Ω العربية 😀 “quoted” …', 'Müller 東京 Ω العربية 😀 “quoted” …'],
  ['spaces around go', '  a  b  ', 'a b'],
])('%s', (_rule, text, plain) => {
  expect(plainText(text)).toBe(plain);
});

test('a text is cut between two characters', () => {
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abcd', 3)).toBe('abc…');
  expect(cut('ab😀d', 3)).toBe('ab…');
});
