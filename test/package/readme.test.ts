import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** The code blocks of a section of the README. */
function codeBlocks(section: string): string[] {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const [, text = ''] = readme.split(`\n## ${section}\n`);
  const [body] = text.split('\n## ');
  return [...body.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
}

test('the serializer in the README is the one that a project of a user is tested with', () => {
  const serializer = readFileSync(path.join(ROOT, 'test', 'consumer', 'project', 'test', 'mask-asset-hashes.ts'), 'utf8');

  expect(codeBlocks('Testing your stack')).toContain(serializer);
});
