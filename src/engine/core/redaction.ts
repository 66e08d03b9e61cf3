import { plainText } from './plain-text';
import { shown } from '../../contract/input-rules';

type Values = Readonly<Record<string, string>>;

/**
 * Takes the values of a job's parameters and Spark properties out of a text that came from outside: an error message of Clean Rooms or of a
 * script may repeat them. It finds them also as JSON, Python, SQL, HTML or a URL would write them, in other case, and with the lines joined.
 * It is a best effort: who changes a value in another way gets it past this. A short value is only taken out where it stands alone, because
 * else it would garble every text.
 */
export function redact(text: string, parameters: Values | undefined, sparkProperties?: Values): string {
  const plain = plainText(text);
  const values = [...named('parameters', parameters), ...named('worker.sparkProperties', sparkProperties)];
  const searched = new Searched(plain);
  const found = values.flatMap(({ label, value }) => searched.find(value).map((range) => ({ ...range, label })));
  const spared = [...plain.matchAll(PUBLIC)].map(({ 0: { length }, index }) => ({ start: index, end: index + length }));
  return replaceAll(plain, found.filter(({ start, end }) => !spared.some((range) => range.start <= start && end <= range.end)));
}

function named(prop: string, values: Values = {}): { label: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ label: `[${prop}.${shown(name)}]`, value: value.trim() }));
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** In one pass, so that what was put in for one value is not searched for another. What overlaps goes as one. */
function replaceAll(text: string, ranges: readonly (Range & { readonly label: string })[]): string {
  const longestFirst = [...ranges].sort((a, b) => a.start - b.start || b.end - a.end);
  const parts: string[] = [];
  let end = 0;
  for (const range of longestFirst) {
    if (range.start >= end) {
      parts.push(text.slice(end, range.start), range.label);
    }
    end = Math.max(end, range.end);
  }
  return [...parts, text.slice(end)].join('');
}

/** Where a text of AWS names a region or an account, whoever has the same value for a parameter. */
const PUBLIC = /\barn:aws[-a-z]*:[a-z0-9-]*:[a-z0-9-]*:\d*:|\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com|\bregion:? ["']?[a-z]{2}(?:-[a-z]+)+-\d/giu;

/** Up to this length a value is part of many words. */
const MAX_SHORT = 7;

/** Up to this length its case tells a value from a word. */
const MAX_CASED = 3;

/** A text in which values are looked for: as it is, and decoded. */
class Searched {
  private readonly forms = new Map<boolean, Decoded>();

  constructor(private readonly text: string) {}

  find(value: string): Range[] {
    const length = [...value].length;
    const isAlone = length <= MAX_SHORT;
    const isFolded = length > MAX_CASED;
    const exact = spellings(value).flatMap((spelling) => occurrences(this.text, spelling, isAlone));
    const { content, ranges } = this.decoded(isFolded);
    const decoded = occurrences(content, decode(value, isFolded).content.trim(), isAlone);
    return [...exact, ...decoded.map(({ start, end }) => ({ start: ranges[start].start, end: ranges[end - 1].end }))];
  }

  private decoded(isFolded: boolean): Decoded {
    const decoded = this.forms.get(isFolded) ?? decode(this.text, isFolded);
    this.forms.set(isFolded, decoded);
    return decoded;
  }
}

/** A value as it is, as one line, in a JSON text and in a URL. */
function spellings(value: string): string[] {
  const wellFormed = Buffer.from(value, 'utf8').toString('utf8'); // half a surrogate pair can not be in a URL
  return value === '' ? [] : [value, plainText(value), JSON.stringify(value).slice(1, -1), encodeURIComponent(wellFormed)];
}

function occurrences(text: string, searched: string, isAlone: boolean): Range[] {
  const found: Range[] = [];
  for (let start = text.indexOf(searched); searched !== '' && start >= 0; start = text.indexOf(searched, start + 1)) {
    const end = start + searched.length;
    if (!isAlone || !(isInWord(text, start, searched) || isInWord(text, end, searched))) {
      found.push({ start, end });
    }
  }
  return found;
}

/** Whether a word goes on over the edge of what was found there. */
function isInWord(text: string, edge: number, found: string): boolean {
  const [before, after] = [WORD.test(text.charAt(edge - 1)), WORD.test(text.charAt(edge))];
  return WORD.test(found) ? before && after : before || after;
}

const WORD = /[\p{L}\p{M}\p{N}_]/u;

// --- decoding

/** A text without its escapes, and where in the original each character of it is. */
interface Decoded {
  readonly content: string;
  readonly ranges: readonly Range[];
}

/** What is written as one: a run of bytes or of halves of surrogate pairs, an entity, or else a character. */
const PIECE = new RegExp(
  ['(?:\\\\+xHH)+', '(?:%HH)+', '(?:\\\\+uHHHH)+', '\\\\+UHHHHHHHH', '\\\\+[nrtvf]', '&#?\\w{1,8};', '[^]'].join('|').replaceAll('H', '[0-9a-fA-F]'),
  'gu',
);

/** Spaces, line ends, quotes, and what escapes them: each writes them in its own way, so that they only separate here. */
const SEPARATOR = /[\s\p{Cc}'"`\\+]/u;

function decode(text: string, isFolded: boolean): Decoded {
  const characters: string[] = [];
  const ranges: Range[] = [];
  for (const { 0: piece, index: start } of text.matchAll(PIECE)) {
    const end = start + piece.length;
    for (const character of canonical(decodePiece(piece), isFolded)) {
      if (character === ' ' && characters.at(-1) === ' ') {
        ranges[ranges.length - 1] = { start: ranges[ranges.length - 1].start, end };
      } else {
        characters.push(character);
        ranges.push({ start, end });
      }
    }
  }
  return { content: characters.join(''), ranges };
}

/** By UTF-16 units, as texts are indexed. */
function canonical(text: string, isFolded: boolean): string[] {
  const normal = text.normalize('NFKD').replace(/\p{Cf}/gu, '');
  const folded = isFolded ? normal.toUpperCase().toLowerCase() : normal; // "ß" has no capital of its own
  return folded.split('').map((character) => (SEPARATOR.test(character) ? ' ' : character));
}

function decodePiece(piece: string): string {
  const codes = (pattern: RegExp) => [...piece.matchAll(pattern)].map(([, code]) => parseInt(code, 16));
  switch (/^(?:&(?=.)|%(?=.)|\\+[xuUnrtvf])/.exec(piece)?.[0].at(-1)) {
    case '&':
      return decodeEntity(piece);
    case '%':
    case 'x':
      return decodeBytes(Buffer.from(codes(/[%x](..)/g)));
    case 'u':
      return String.fromCharCode(...codes(/u(....)/g));
    case 'U':
      return decodePoint(parseInt(piece.slice(-8), 16));
    case undefined:
      return piece;
    default:
      return ' '; // a line end or a tab
  }
}

/** What is no UTF-8 are code points, as Python's `ascii()` writes them. */
function decodeBytes(bytes: Buffer): string {
  const decoded = bytes.toString('utf8');
  return decoded.includes('\ufffd') ? bytes.toString('latin1') : decoded;
}

function decodePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function decodeEntity(entity: string): string {
  const [, hex, decimal, letter = '', name = ''] = /^&(?:#x([0-9a-f]+)|#(\d+)|([a-z]?)(\w+));$/i.exec(entity) ?? [];
  if (hex !== undefined || decimal !== undefined) {
    return decodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16));
  }
  const accent = ACCENTS.get(name);
  return accent === undefined ? (ENTITIES.get(letter + name) ?? entity) : letter + accent;
}

const ENTITIES = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: ' ', szlig: 'ß', aelig: 'æ', AElig: 'Æ', oslash: 'ø', Oslash: 'Ø', euro: '€' }),
);

const ACCENTS = new Map(
  Object.entries({ grave: '\u0300', acute: '\u0301', circ: '\u0302', tilde: '\u0303', uml: '\u0308', ring: '\u030a', cedil: '\u0327' }),
);
