import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { zipSync } from 'fflate';

/** The files of a folder as an archive, as it is uploaded for an asset. */
export function zipOf(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map((file): [string, Uint8Array] => {
    const full = join(file.parentPath, file.name);
    return [relative(directory, full), readFileSync(full)];
  });
  return Buffer.from(zipSync(Object.fromEntries(contents), { level: 0 }));
}
