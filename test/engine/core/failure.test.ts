import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { FAILURE_CODES } from '../../../src/engine/core/failure';

test('every error code is explained in the README, and no other', () => {
  const readme = readFileSync(path.join(__dirname, '..', '..', '..', 'README.md'), 'utf8');
  const explained = [...readme.matchAll(/^\| `(PJ-[A-Z-]+)` \|/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual([...FAILURE_CODES].sort());
});
