import { createHash } from 'node:crypto';

/**
 * A hash that depends on the content alone: keys in any order, and entries that are undefined or empty left out, so that a later
 * version with more entries gives the same hash where they are not used.
 */
export function canonicalHash(content: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(canonical(content))).digest('hex');
}

function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.entries(value)
    .map(([key, entry]) => [key, canonical(entry)] as const)
    .filter(([, entry]) => entry !== undefined && !isEmptyList(entry))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
