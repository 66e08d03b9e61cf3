import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { withCommas, withFigures } from './figures';
import { type Part } from './part';

const BEGIN = '<!-- figures: written by `npx projen faults --write`, do not edit -->';
const END = '<!-- end of the figures -->';
const HEAD = '| part | what was tried | command |\n| --- | --- | --- |';

const EXPLORED = '| explored | 10 states | `npx projen faults --exhaustive` |';
const HOSTILE = '| hostile | 7 kinds of input | `npx projen faults --hostile 5` |';

function part(name: string, tried: string, repeatedBy: string): Part {
  return { name, tried, repeatedBy, kept: {}, broken: new Set() };
}

function documentWith(...rows: string[]): string {
  return ['# Title\n\nBefore.\n', BEGIN, HEAD, ...rows, END, '\nAfter.\n'].join('\n');
}

test('a part gets a row, and what stands around the figures stays as it is', () => {
  const written = withFigures(`# Title\n\nBefore.\n\n${BEGIN}\n${END}\n\nAfter.\n`, [part('explored', '10 states', '--exhaustive')]);
  expect(written).toBe(documentWith(EXPLORED));
});

test('a part that is tried again gets its row anew, and the rows of other parts stay', () => {
  const written = withFigures(documentWith('| explored | 9 states | `npx projen faults --exhaustive` |', HOSTILE), [
    part('explored', '10 states', '--exhaustive'),
  ]);
  expect(written).toBe(documentWith(EXPLORED, HOSTILE));
});

test('the order in which the parts are tried makes no difference', () => {
  const parts = [part('hostile', '7 kinds of input', '--hostile 5'), part('explored', '10 states', '--exhaustive')];
  expect(withFigures(documentWith(), parts)).toBe(documentWith(EXPLORED, HOSTILE));
  expect(withFigures(documentWith(), [...parts].reverse())).toBe(documentWith(EXPLORED, HOSTILE));
});

test('writing the same figures twice changes nothing', () => {
  const once = withFigures(documentWith(), [part('explored', '10 states', '--exhaustive')]);
  expect(withFigures(once, [part('explored', '10 states', '--exhaustive')])).toBe(once);
});

test.each([
  ['no place', 'Nothing here.'],
  ['a place without its end', `${BEGIN}\n`],
  ['two places', `${BEGIN}\n${END}\n${BEGIN}\n${END}\n`],
])('a document with %s for the figures is refused', (_, document) => {
  expect(() => withFigures(document, [])).toThrow('the figures need one place in the document');
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1039501, '1,039,501'],
])('%d is written as %s', (number, text) => {
  expect(withCommas(number)).toBe(text);
});

test('the document about reliability has the figures as the command writes them', () => {
  const document = readFileSync(path.join(__dirname, '..', '..', 'docs', 'reliability.md'), 'utf8');
  expect(withFigures(document, [])).toBe(document);
});
