import { type Part } from './part';

/**
 * Where the figures stand in the document. Everything between the two lines is written by `npx projen faults --write`.
 */
const BEGIN = '<!-- figures: written by `npx projen faults --write`, do not edit -->';
const END = '<!-- end of the figures -->';

const HEAD = ['| part | what was tried | command |', '| --- | --- | --- |'];

/**
 * The document with the figures of these parts. A part that has a row already gets it anew, and the rows of other parts
 * stay. The rows are in the order of their names, so that it makes no difference in which order the parts are tried.
 *
 * @throws if the document has no place for figures
 */
export function withFigures(document: string, parts: readonly Part[]): string {
  const [before, block, after] = split(document);
  const rows = [...rowsIn(block), ...parts.map(rowOf)];
  const byName = new Map(rows.map((row) => [nameIn(row), row]));
  const sorted = [...byName].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  return [before + BEGIN, ...HEAD, ...sorted, END + after].join('\n');
}

/** A count as the document shows it: the same on every machine, whatever its language. */
export function withCommas(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

function split(document: string): [before: string, block: string, after: string] {
  const [before, rest, ...more] = document.split(BEGIN);
  const [block, after, ...others] = (rest ?? '').split(END);
  if (after === undefined || more.length + others.length > 0) {
    throw new Error(`the figures need one place in the document, between the lines "${BEGIN}" and "${END}"`);
  }
  return [before, block, after];
}

function rowsIn(block: string): string[] {
  return block.split('\n').filter((line) => line.startsWith('|') && !HEAD.includes(line));
}

function nameIn(row: string): string {
  return row.split('|')[1].trim();
}

function rowOf({ name, tried, repeatedBy }: Part): string {
  return `| ${name} | ${tried} | \`npx projen faults ${repeatedBy}\` |`;
}
