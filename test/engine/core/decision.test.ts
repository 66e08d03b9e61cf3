import { decide } from '../../../src/engine/core/decision';
import { inAWord, MINUTE, NOW, OBSERVATIONS, situation, STATES, withRequest, withRun } from '../fakes/situations';

/**
 * What is decided in each state on each observation: an effect, a wait in seconds, or the answer that is saved and then
 * sent. Observations that are not listed do not matter in the state.
 */
const TABLE: Readonly<Record<'Create' | 'Delete', Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  Create: {
    'no run': {
      'otherwise': 'prepare',
      'stack deploys': 'start',
      'stack rolls back': 'answer SUCCESS without job',
      'stack is gone': 'answer PJ-STACK-NOT-DEPLOYING',
      'stack unreadable': 'wait 10',
      'stack denied': 'wait 10',
    },
    'in line': {
      'otherwise': 'wait 20',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'answer PJ-START-REFUSED',
      'lookup: job': 'get',
      'lookup: gone': 'answer PJ-START-REFUSED',
    },
    'turn has come': {
      'otherwise': 'prepare',
      'stack deploys': 'start',
      'stack rolls back': 'answer SUCCESS without job',
      'stack is gone': 'answer PJ-STACK-NOT-DEPLOYING',
      'stack unreadable': 'wait 10',
      'stack denied': 'wait 10',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'answer PJ-START-REFUSED',
      'lookup: job': 'get',
      'lookup: gone': 'answer PJ-START-REFUSED',
    },
    'unknown start': {
      'otherwise': 'prepare',
      'stack deploys': 'wait 10',
      'stack rolls back': 'wait 10',
      'stack is gone': 'wait 10',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'lookup',
      'lookup: job': 'get',
      'lookup: gone': 'answer PJ-START-REFUSED',
    },
    'old unknown start': {
      'otherwise': 'prepare',
      'stack deploys': 'start',
      'stack rolls back': 'answer SUCCESS without job',
      'stack is gone': 'answer PJ-STACK-NOT-DEPLOYING',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'lookup',
      'lookup: job': 'get',
      'lookup: gone': 'answer PJ-START-REFUSED',
    },
    'start in lease': {
      'otherwise': 'wait 50',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'answer PJ-START-REFUSED',
      'lookup: job': 'get',
    },
    'lease over': {
      'otherwise': 'prepare',
      'stack deploys': 'wait 10',
      'stack rolls back': 'wait 10',
      'stack is gone': 'wait 10',
      'start: job': 'get',
      'start: unknown': 'wait 10',
      'start: quota': 'wait 30',
      'start: throttled': 'wait 10',
      'start: denied': 'wait 10',
      'start: invalid': 'answer PJ-START-REFUSED',
      'lookup: job': 'get',
      'lookup: gone': 'answer PJ-START-REFUSED',
    },
    'job started': {
      'otherwise': 'get',
      'lookup: gone': 'cancel',
      'get: STARTED': 'wait 20',
      'get: CANCELLING': 'wait 20',
      'get: SUCCESS': 'answer SUCCESS',
      'get: FAILED': 'answer PJ-JOB-FAILED',
      'get: CANCELLED': 'answer PJ-JOB-CANCELLED',
      'get: Timed out': 'cancel',
      'get: not found': 'answer PJ-JOB-NOT-FOUND',
      'get: throttled': 'wait 20',
      'get: denied': 'wait 20',
      'cancel: not found': 'answer PJ-JOB-NOT-FOUND',
    },
    'job cancelling': {
      'otherwise': 'get',
      'get: STARTED': 'cancel',
      'get: CANCELLING': 'wait 10',
      'get: SUCCESS': 'answer SUCCESS',
      'get: FAILED': 'prepare',
      'get: CANCELLED': 'prepare',
      'get: Timed out': 'cancel',
      'get: not found': 'prepare',
      'get: throttled': 'wait 10',
      'get: denied': 'wait 10',
      'cancel: not found': 'prepare',
      'cancel: denied': 'wait 10',
    },
    'job of other run': {
      'otherwise': 'cancel',
      'get: SUCCESS': 'prepare',
      'get: FAILED': 'prepare',
      'get: CANCELLED': 'prepare',
      'get: not found': 'prepare',
      'cancel: not found': 'prepare',
    },
    'success known': {
      otherwise: 'answer SUCCESS',
    },
    'answer saved': {
      'otherwise': 'answer SUCCESS',
      'delivery: accepted': 'finished',
      'delivery: refused': 'wait 10',
      'delivery: unreachable': 'wait 10',
    },
    'answer settled': {
      otherwise: 'finished',
    },
    'superseded': {
      otherwise: 'finished',
    },
  },
  Delete: {
    'no run': {
      otherwise: 'answer SUCCESS',
    },
    'in line': {
      'otherwise': 'answer SUCCESS',
      'start: job': 'cancel',
      'lookup: job': 'cancel',
    },
    'turn has come': {
      'otherwise': 'answer SUCCESS',
      'start: job': 'cancel',
      'lookup: job': 'cancel',
    },
    'unknown start': {
      'otherwise': 'lookup',
      'start: job': 'cancel',
      'lookup: job': 'cancel',
      'lookup: none': 'wait 10',
      'lookup: gone': 'answer SUCCESS',
      'lookup: throttled': 'wait 10',
    },
    'old unknown start': {
      'otherwise': 'lookup',
      'start: job': 'cancel',
      'lookup: job': 'cancel',
      'lookup: none': 'answer SUCCESS',
      'lookup: gone': 'answer SUCCESS',
      'lookup: throttled': 'wait 10',
    },
    'start in lease': {
      'otherwise': 'wait 50',
      'start: job': 'cancel',
      'start: unknown': 'lookup',
      'start: quota': 'answer SUCCESS',
      'start: throttled': 'answer SUCCESS',
      'start: denied': 'answer SUCCESS',
      'start: invalid': 'answer SUCCESS',
      'lookup: job': 'cancel',
    },
    'lease over': {
      'otherwise': 'lookup',
      'start: job': 'cancel',
      'start: quota': 'answer SUCCESS',
      'start: throttled': 'answer SUCCESS',
      'start: denied': 'answer SUCCESS',
      'start: invalid': 'answer SUCCESS',
      'lookup: job': 'cancel',
      'lookup: none': 'wait 10',
      'lookup: gone': 'answer SUCCESS',
      'lookup: throttled': 'wait 10',
    },
    'job started': {
      'otherwise': 'cancel',
      'get: SUCCESS': 'answer SUCCESS',
      'get: FAILED': 'answer SUCCESS',
      'get: CANCELLED': 'answer SUCCESS',
      'get: not found': 'answer SUCCESS',
      'cancel: not found': 'answer SUCCESS',
    },
    'job cancelling': {
      'otherwise': 'get',
      'get: STARTED': 'cancel',
      'get: CANCELLING': 'wait 10',
      'get: SUCCESS': 'answer SUCCESS',
      'get: FAILED': 'answer SUCCESS',
      'get: CANCELLED': 'answer SUCCESS',
      'get: Timed out': 'cancel',
      'get: not found': 'answer SUCCESS',
      'get: throttled': 'wait 10',
      'get: denied': 'wait 10',
      'cancel: not found': 'answer SUCCESS',
      'cancel: denied': 'wait 10',
    },
    'job of other run': {
      'otherwise': 'cancel',
      'get: SUCCESS': 'answer SUCCESS',
      'get: FAILED': 'answer SUCCESS',
      'get: CANCELLED': 'answer SUCCESS',
      'get: not found': 'answer SUCCESS',
      'cancel: not found': 'answer SUCCESS',
    },
    'success known': {
      otherwise: 'answer SUCCESS',
    },
    'answer saved': {
      'otherwise': 'answer SUCCESS',
      'delivery: accepted': 'finished',
      'delivery: refused': 'wait 10',
      'delivery: unreachable': 'wait 10',
    },
    'answer settled': {
      otherwise: 'finished',
    },
    'superseded': {
      otherwise: 'finished',
    },
  },
};

describe.each(['Create', 'Delete'] as const)('on a %s', (type) => {
  test.each(Object.entries(STATES))('in the state "%s"', (state, change) => {
    const { record, request } = situation(type);
    const decided = Object.entries(OBSERVATIONS).map(([name, observation]) => [
      name,
      inAWord(decide(change(record, request), request, NOW, observation)),
    ]);
    const { otherwise, ...listed } = TABLE[type][state];
    const expected = Object.keys(OBSERVATIONS).map((name) => [name, listed[name] ?? otherwise]);
    expect(decided).toEqual(expected);
  });
});

test('nothing is saved where nothing was learned', () => {
  const { record, request } = situation('Create');
  const running = STATES['job started'](record, request);
  expect(decide(running, request, NOW, OBSERVATIONS['get: STARTED']).record).toBe(running);
});

test('a start is claimed in the record that comes with it, with a lease that begins now', () => {
  const { record, request } = situation('Create');
  const decision = decide(record, request, NOW, OBSERVATIONS['stack deploys']);
  expect(decision.record.run).toMatchObject({ phase: 'starting', attempt: 1, lease: { start: NOW, end: NOW + 60_000 } });
  expect(decision.next).toMatchObject({ kind: 'effect', effect: { kind: 'start', attempt: 1, leaseEnd: NOW + 60_000 } });
});

test('a cancellation is noted in the record that comes with it', () => {
  const { record, request } = situation('Delete');
  const decision = decide(STATES['job started'](record, request), request, NOW, OBSERVATIONS.nothing);
  expect(decision.record.run?.cancelRequestedAt).toBe(NOW);
});

test('a start whose outcome is unknown is looked for from the first such start on', () => {
  const { record, request } = situation('Create');
  const first = { since: NOW - 3_600_000, until: NOW - 3_500_000 };
  const again = withRun(STATES['start in lease'](record, request), { unknownStarts: first });
  const { run } = decide(again, request, NOW, OBSERVATIONS['start: unknown']).record;
  expect(run?.unknownStarts).toEqual({ since: first.since, until: NOW });
});

test('so is a start that crashed, from the first unknown start to the end of its lease', () => {
  const { record, request } = situation('Create');
  const first = { since: NOW - 3_600_000, until: NOW - 3_500_000 };
  const again = withRun(STATES['lease over'](record, request), { unknownStarts: first });
  const { run } = decide(again, request, NOW, OBSERVATIONS.nothing).record;
  expect(run?.unknownStarts).toEqual({ since: first.since, until: NOW });
});

test('a lookup of an earlier start does not tell of a later one', () => {
  const { record, request } = situation('Delete');
  const later = withRun(STATES['old unknown start'](record, request), { attempt: 2 });
  expect(inAWord(decide(later, request, NOW, OBSERVATIONS['lookup: none']))).toBe('lookup');
});

test('a job whose status may not be read is cancelled before the request fails', () => {
  const { record, request } = situation('Create');
  const denied = { 'cleanrooms:GetProtectedJob': NOW - 5 * MINUTE };
  const running = withRequest(STATES['job started'](record, request), { denied });
  expect(inAWord(decide(running, request, NOW, OBSERVATIONS['get: denied']))).toBe('cancel');
});

test('an update that failed is answered once it is known whether the stack rolls back, or can not be in time', () => {
  const { record, request } = situation('Update');
  const failed = withRequest(record, { failure: { code: 'PJ-JOB-FAILED', message: 'as told' } });
  const late = failed.request.answerBy;
  expect(inAWord(decide(failed, request, NOW, OBSERVATIONS.nothing))).toBe('prepare');
  expect(inAWord(decide(failed, request, NOW, OBSERVATIONS['stack unreadable']))).toBe('wait 10');
  expect(inAWord(decide(failed, request, late, OBSERVATIONS['stack unreadable']))).toBe('answer PJ-JOB-FAILED');
  expect(inAWord(decide(failed, request, NOW, OBSERVATIONS['stack denied']))).toBe('answer PJ-JOB-FAILED');
  expect(inAWord(decide(failed, request, NOW, OBSERVATIONS['stack deploys']))).toBe('answer PJ-JOB-FAILED');
  expect(inAWord(decide(failed, request, NOW, OBSERVATIONS['stack rolls back']))).toBe('answer SUCCESS without job');
});

test('a cancellation that shows no effect is repeated after 30 seconds, not sooner', () => {
  const { record, request } = situation('Delete');
  const cancelled = (age: number) => withRun(STATES['job cancelling'](record, request), { cancelRequestedAt: NOW - age });
  expect(inAWord(decide(cancelled(29_000), request, NOW, OBSERVATIONS['get: STARTED']))).toBe('wait 10');
  expect(inAWord(decide(cancelled(30_000), request, NOW, OBSERVATIONS['get: STARTED']))).toBe('cancel');
});

test('a job that is not found is waited for in its first two minutes', () => {
  const { record, request } = situation('Create');
  const startedAgo = (age: number) => withRun(STATES['job started'](record, request), { startedAt: NOW - age });
  expect(inAWord(decide(startedAgo(119_000), request, NOW, OBSERVATIONS['get: not found']))).toBe('wait 10');
  expect(inAWord(decide(startedAgo(120_000), request, NOW, OBSERVATIONS['get: not found']))).toBe('answer PJ-JOB-NOT-FOUND');
});

test('a success that is asked for again is remembered as used', () => {
  const { record, request } = situation('Create');
  const [success] = decide(STATES['success known'](record, request), request, NOW, OBSERVATIONS.nothing).record.successes;
  expect(success.usedAt).toBe(NOW);
});

test.each([
  [1, 'wait 10'],
  [5, 'wait 20'],
  [15, 'wait 60'],
  [40, 'wait 60'],
])('a job that has run for %d minutes is looked at again: %s', (minutes, expected) => {
  const { record, request } = situation('Create');
  const running = withRun(STATES['job started'](record, request), { startedAt: NOW - minutes * MINUTE });
  expect(inAWord(decide(running, request, NOW, OBSERVATIONS['get: STARTED']))).toBe(expected);
});

test('no wait goes past the deadline', () => {
  const { record, request } = situation('Create');
  const soon = withRequest(record, { deadline: NOW + 3_000 });
  expect(inAWord(decide(STATES['job started'](soon, request), request, NOW, OBSERVATIONS['get: STARTED']))).toBe('wait 3');
});

test('what this version does not know is kept', () => {
  const { record, request } = situation('Create');
  const newer = { ...STATES['job started'](record, request), ofANewerVersion: { kept: true } };
  expect(decide(newer, request, NOW, OBSERVATIONS['get: SUCCESS']).record).toMatchObject({ ofANewerVersion: { kept: true } });
});

test.each([
  [MINUTE, 5],
  [10 * MINUTE, 10],
  [50 * MINUTE, 20],
])('what changes soon is looked at less often the longer it takes: after %i milliseconds every %i seconds', (age, seconds) => {
  const { record, request } = situation('Create');
  const waiting = withRequest(record, { receivedAt: NOW - age });
  expect(inAWord(decide(waiting, request, NOW, OBSERVATIONS['stack unreadable']))).toBe(`wait ${seconds}`);
});
