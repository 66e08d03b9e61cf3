import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { FAILURE_CODES, jobFailed } from '../../../src/engine/core/failure';

test('every error code is explained in the README, and no other', () => {
  const readme = readFileSync(path.join(__dirname, '..', '..', '..', 'README.md'), 'utf8');
  const explained = [...readme.matchAll(/^\| `(PJ-[A-Z-]+)` \|/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual([...FAILURE_CODES].sort());
});

/** https://docs.aws.amazon.com/clean-rooms/latest/apireference/API_ProtectedJobError.html */
const CODES: readonly [string, RegExp][] = [
  ['MALFORMED_SCRIPT', /will fail again, and each run is billed: mend it, publish it as a new analysis template/],
  ['RESOURCE_NOT_FOUND', /artifacts of the template, its tables and the bucket of the results/],
  ['INVALID_RESOURCE', /Correct the resource that is named/],
  ['RESOURCE_ACCESS_DENIED', /Let the roles of the tables and of the job result settings reach the data/],
  ['INSUFFICIENT_COMPUTE', /Memory, disk or the time .* workers/],
  ['TRANSIENT_ERROR', /Deploy again to run it once more$/],
  ['INTERNAL_ERROR', /Deploy again .* AWS Support/],
  ['UNKNOWN_ERROR', /See the job in the Clean Rooms console before it is run again/],
];

test.each(CODES)('a job that failed with %s says what to do', (code, remedy) => {
  const { message } = jobFailed('job-1', { code, message: 'as told.' });
  expect(message).toMatch(new RegExp(`^job job-1 failed: ${code}: as told\\. [A-Z]`));
  expect(message).toMatch(remedy);
});

test.each([undefined, { code: 'SOMETHING_NEW', message: 'as told' }])('a job that failed for a reason that is new, or for none, says where to look: %p', (error) => {
  expect(jobFailed('job-1', error).message).toMatch(/See the job in the Clean Rooms console; deploy again to run it once more$/);
});

test.each([
  [true, 'TRANSIENT_ERROR: as told (Clean Rooms: the same job may succeed). Deploy again'],
  [false, 'TRANSIENT_ERROR: as told (Clean Rooms: the same job will fail again). Deploy again'],
])('a job that failed says whether the same may succeed, where Clean Rooms does: %s', (retryable, expected) => {
  expect(jobFailed('job-1', { code: 'TRANSIENT_ERROR', message: 'as told', retryable }).message).toContain(expected);
});

test('the README explains the same codes', () => {
  const readme = readFileSync(path.join(__dirname, '..', '..', '..', 'README.md'), 'utf8');
  const explained = [...readme.matchAll(/^\| `([A-Z]+_[A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual(CODES.map(([code]) => code).sort());
});
