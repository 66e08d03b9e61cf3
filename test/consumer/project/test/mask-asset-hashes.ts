const HASH = /\b[0-9a-f]{64}\b/g;

export const test = (value: unknown): boolean => typeof value === 'string' && value.search(HASH) >= 0;

export const serialize = (value: string): string => JSON.stringify(value.replace(HASH, '<asset hash>'));
