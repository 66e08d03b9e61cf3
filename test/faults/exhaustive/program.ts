import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Bundles `explore-scenario.ts`, with the engine as it is or changed by a plugin, for as long as it is used. */
export async function withProgram<T>(plugins: Plugin[], use: (program: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), 'exploration-'));
  const program = path.join(directory, 'explore-scenario.js');
  try {
    await build({
      entryPoints: [path.join(__dirname, 'explore-scenario.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      outfile: program,
      plugins,
    });
    return await use(program);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
