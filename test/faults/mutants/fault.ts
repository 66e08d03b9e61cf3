import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Plugin } from 'esbuild';
import { type Mutant } from './mutants';

const ENGINE = path.join(__dirname, '../../../src/engine');

/** Puts the fault into the engine while it is bundled. */
export function faultOf(mutant: Mutant): Plugin {
  const file = path.join(ENGINE, mutant.file);
  return {
    name: 'fault',
    setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, (loaded) => (loaded.path === file ? { contents: withFault(mutant), loader: 'ts' } : undefined)),
  };
}

/** The source of the mutant's file. */
export function withFault({ name, file, text, replacement }: Mutant): string {
  const [before, ...after] = readFileSync(path.join(ENGINE, file), 'utf8').split(text);
  if (after.length !== 1) {
    throw new Error(`the text that "${name}" replaces is ${after.length} times in ${file}: write the mutant anew`);
  }
  return [before, after[0]].join(replacement);
}
