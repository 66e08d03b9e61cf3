import { absorb } from '../../../src/engine/core/absorb';
import { NO_ATTRIBUTES } from '../../../src/engine/core/attributes';
import { NOW, OBSERVATIONS, situation, STATES, withRequest, withRun } from '../fakes/situations';

test('a job that was found for an earlier start is not taken', () => {
  const { record, request } = situation('Create');
  const later = withRun(STATES['unknown start'](record, request), { attempt: 2 });
  expect(absorb(later, NOW, OBSERVATIONS['lookup: job'])).toBe(later);
});

test('a membership that was gone for an earlier start does not fail a later one', () => {
  const { record, request } = situation('Create');
  const later = withRun(STATES['unknown start'](record, request), { attempt: 2 });
  expect(absorb(later, NOW, OBSERVATIONS['lookup: gone'])).toBe(later);
});

test.each(['get: SUCCESS', 'get: FAILED', 'get: not found', 'cancel: conflict', 'cancel: not found'])(
  'what was seen of an earlier job (%s) is not taken for what the job of now does',
  (observation) => {
    const { record, request } = situation('Create');
    const other = withRun(STATES['job started'](record, request), { jobId: 'a later job' });
    expect(absorb(other, NOW, OBSERVATIONS[observation])).toBe(other);
  },
);

test.each(['get: not found', 'cancel: not found'])('a job that was asked for right after its start is not gone, however late it is not found (%s)', (name) => {
  const { record, request } = situation('Create');
  const justStarted = withRun(STATES['job started'](record, request), { startedAt: NOW - 1000 });
  expect(absorb(justStarted, NOW + 150_000, OBSERVATIONS[name])).toEqual(justStarted);
});

test('the first failure stays', () => {
  const { record, request } = situation('Create');
  const failure = { code: 'PJ-TIMEOUT', message: 'the timeout is over' };
  const failed = withRequest(STATES['job started'](record, request), { failure });
  expect(absorb(failed, NOW, OBSERVATIONS['get: FAILED']).request.failure).toEqual(failure);
});

test('the forty successes that were asked for last are remembered', () => {
  const { record, request } = situation('Create');
  const successes = Array.from({ length: 40 }, (_, i) => ({ runKey: `run ${i}`, attributes: NO_ATTRIBUTES, usedAt: NOW - 1000 + i }));
  successes[0].usedAt = NOW - 1; // an old one that was asked for just now
  const { successes: kept } = absorb({ ...STATES['job started'](record, request), successes }, NOW, OBSERVATIONS['get: SUCCESS']);
  const runKeys = kept.map(({ runKey }) => runKey);
  expect(runKeys).toHaveLength(40);
  expect(runKeys).toContain(record.request.runKey);
  expect(runKeys).toContain('run 0');
  expect(runKeys).not.toContain('run 1');
});

test('a run that succeeds once more is remembered once, with its latest job', () => {
  const { record, request } = situation('Create');
  const before = STATES['success known'](STATES['job started'](record, request), request);
  const { successes } = absorb(before, NOW, OBSERVATIONS['get: SUCCESS']);
  expect(successes).toHaveLength(1);
  expect(successes[0].usedAt).toBe(NOW);
});

test('an answer that has arrived says nothing about those of other requests', () => {
  const { record } = situation('Create');
  const former = (key: string) => ({ key, type: 'Update', logicalId: 'Uplift', answer: `the answer to ${key}`, endedAt: NOW }) as const;
  const before = { ...record, formerRequests: [former('one'), former('other')] };
  const after = absorb(before, NOW, { kind: 'deliver', requestKey: 'one', outcome: 'accepted' });
  expect(after).toEqual({ ...before, formerRequests: [{ ...former('one'), settled: true }, former('other')] });
});

test('a denial that was lifted is forgotten: one that comes much later is a new one', () => {
  const { record, request } = situation('Create');
  const denied = withRequest(STATES['job started'](record, request), { denied: { 'cleanrooms:GetProtectedJob': NOW - 3_600_000 } });
  const lifted = absorb(denied, NOW, OBSERVATIONS['get: STARTED']);
  expect(lifted.request.denied).toEqual({});
});

test('a job that was cancelled for another run is no end of the run that is asked for, whatever that run has failed with', () => {
  const { record, request } = situation('Create');
  const failure = { code: 'PJ-TIMEOUT', message: 'the timeout is over' };
  const ofOther = withRun(withRequest(STATES['job started'](record, request), { failure }), { runKey: 'of another request' });
  expect(absorb(ofOther, NOW, OBSERVATIONS['get: FAILED']).request.unsuccessful).toBeUndefined();
});
