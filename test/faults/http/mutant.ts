import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';

/** A change of the engine that breaks a guarantee. */
export interface Mutation {
  /** Below `src/engine`. */
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
}

/**
 * Bundles the handlers as the library does, but from a copy of the engine with a change in it.
 *
 * @returns the folders of the bundles by the names of their handlers
 */
export function bundleMutant(directory: string, { file, original, replacement }: Mutation): Record<string, string> {
  const source = path.join(directory, 'src');
  fs.cpSync(path.join(__dirname, '..', '..', '..', 'src'), source, { recursive: true });
  fs.symlinkSync(path.join(__dirname, '..', '..', '..', 'node_modules'), path.join(directory, 'node_modules'));
  const mutated = path.join(source, 'engine', file);
  const text = fs.readFileSync(mutated, 'utf8');
  if (text.split(original).length !== 2) {
    throw new Error(`src/engine/${file} does not have the text to replace exactly once: ${original}`);
  }
  fs.writeFileSync(mutated, text.replace(original, () => replacement));
  return Object.fromEntries(['on-event', 'advance'].map((handler) => [handler, bundle(directory, handler)]));
}

function bundle(directory: string, handler: string): string {
  const folder = path.join(directory, handler);
  buildSync({
    entryPoints: [path.join(directory, 'src', 'engine', `${handler}.lambda.ts`)],
    outfile: path.join(folder, 'index.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
  });
  return folder;
}
