import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type Mutant } from './mutants';

const ENGINE = path.join(__dirname, '../../../src/engine');

/** Bundles the exploration of a scenario with the fault in the engine, and tells where. */
export async function buildMutant(mutant: Mutant): Promise<string> {
  const outfile = path.join(mkdtempSync(path.join(tmpdir(), 'mutant-')), 'explore-scenario.js');
  await build({
    entryPoints: [path.join(__dirname, '../exhaustive/explore-scenario.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    plugins: [faultOf(mutant)],
  });
  return outfile;
}

function faultOf(mutant: Mutant): Plugin {
  const file = path.join(ENGINE, mutant.file);
  return {
    name: 'fault',
    setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, (loaded) => (loaded.path === file ? { contents: withFault(mutant, file), loader: 'ts' } : undefined)),
  };
}

function withFault({ name, text, replacement }: Mutant, file: string): string {
  const [before, ...after] = readFileSync(file, 'utf8').split(text);
  if (after.length !== 1) {
    throw new Error(`the text that "${name}" replaces is ${after.length} times in ${path.basename(file)}: write the mutant anew`);
  }
  return [before, after[0]].join(replacement);
}
