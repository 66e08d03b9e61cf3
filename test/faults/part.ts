import { type Guarantee, GUARANTEES } from './guarantees';

/** What one way of trying has found about each guarantee. */
export interface Part {
  /** Names the way of trying. */
  readonly name: string;
  /** What was tried, and how often, for docs/reliability.md. Nothing in it depends on the machine. */
  readonly tried: string;
  /** The arguments of the command that tries the same again. */
  readonly repeatedBy: string;
  /** How often each guarantee was seen to hold. */
  readonly kept: Readonly<Partial<Record<Guarantee, number>>>;
  readonly broken: ReadonlySet<Guarantee>;
  /** What should have occurred and did not, so that nothing is proved about it. */
  readonly untried?: readonly string[];
}

/** One line per guarantee over all the ways of trying. */
export function linesOn(parts: readonly Part[]): string[] {
  return GUARANTEES.map((guarantee) => {
    const isBroken = parts.some(({ broken }) => broken.has(guarantee));
    const found = parts.map(({ name, kept, broken }) => `${name} ${broken.has(guarantee) ? 'VIOLATED' : `${kept[guarantee] ?? 0} times`}`);
    return `${isBroken ? 'FAIL' : 'ok  '} ${guarantee}: ${found.join(', ')}`;
  });
}

export function isKept(parts: readonly Part[]): boolean {
  return parts.every(({ broken, untried = [] }) => broken.size === 0 && untried.length === 0);
}
