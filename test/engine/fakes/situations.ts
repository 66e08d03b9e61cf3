import { MEMBERSHIP_ID, requestEvent, TEMPLATE_ARN } from './events';
import { NO_ATTRIBUTES } from '../../../src/engine/core/attributes';
import { type Decision } from '../../../src/engine/core/decision';
import { type Job } from '../../../src/engine/core/job';
import { identityOf } from '../../../src/engine/core/job-identity';
import { type Delivery, type Observation } from '../../../src/engine/core/observation';
import { type RequestState, type ResourceRecord, type RunState } from '../../../src/engine/core/record';
import { type Request, understand } from '../../../src/engine/core/request';
import { type Refusal } from '../../../src/engine/core/result';

/** The parts of the decision's table: what can be remembered, and what can be observed. */

export const NOW = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
const JOB_ID = '00000000-0000-4000-8000-000000000001';
const ATTEMPT = 1;
const ANSWER = '{"Status":"SUCCESS"}';
const ENVELOPE = { RequestId: 'request', ResponseURL: 'https://responses.s3.amazonaws.com/request' };
const REQUEST_KEY = understand(requestEvent('Create', {}, ENVELOPE)).key;

/** A request whose wait for the job began 10 minutes ago and ends in 45. */
export function situation(type: 'Create' | 'Update' | 'Delete'): { request: Request; record: ResourceRecord } {
  const request = understand(requestEvent(type, {}, ENVELOPE));
  const runKey = request.job.valid && type !== 'Delete' ? request.job.runKey : undefined;
  const receivedAt = NOW - 10 * MINUTE;
  return {
    request,
    record: {
      resourceKey: request.resourceKey,
      version: 1,
      request: {
        key: request.key,
        type,
        logicalId: request.event.LogicalResourceId,
        sliceNumber: request.slice.number,
        runKey,
        receivedAt,
        deadline: NOW + 45 * MINUTE,
        answerBy: NOW + 49 * MINUTE,
      },
      successes: [],
      formerRequests: [],
    },
  };
}

export type Change = (record: ResourceRecord, request: Request) => ResourceRecord;

function run(change: Partial<RunState>): Change {
  return (record, { job }) => {
    if (!job.valid) {
      throw new Error('the situations are about valid jobs');
    }
    const base = {
      runKey: job.runKey,
      beganAt: NOW - 10 * MINUTE,
      membershipIdentifier: MEMBERSHIP_ID,
      identity: identityOf(job.inputs),
      attempt: ATTEMPT,
      phase: 'waiting',
    } as const;
    return { ...record, run: { ...base, ...change } };
  };
}

const started: Partial<RunState> = { phase: 'started', jobId: JOB_ID, status: 'STARTED', startedAt: NOW - 5 * MINUTE };
const cancelling: Partial<RunState> = { ...started, status: 'CANCELLING', cancelRequestedAt: NOW - MINUTE };

/** The record, and what it remembers of the run changed. */
export function withRun(record: ResourceRecord, change: Partial<RunState>): ResourceRecord {
  return { ...record, run: record.run && { ...record.run, ...change } };
}

/** The record, and what it remembers of the request in force changed. */
export function withRequest(record: ResourceRecord, change: Partial<RequestState>): ResourceRecord {
  return { ...record, request: { ...record.request, ...change } };
}

export const STATES: Readonly<Record<string, Change>> = {
  'no run': (record) => record,
  'in line': run({ retryAt: NOW + 20_000, waitsFor: 'its turn' }),
  'turn has come': run({ retryAt: NOW }),
  'unknown start': run({ unknownStarts: { since: NOW - 30_000, until: NOW - 20_000 } }),
  'old unknown start': run({ unknownStarts: { since: NOW - 3 * MINUTE, until: NOW - 2 * MINUTE } }),
  'start in lease': run({ phase: 'starting', lease: { start: NOW - 10_000, end: NOW + 50_000 } }),
  'lease over': run({ phase: 'starting', lease: { start: NOW - MINUTE, end: NOW } }),
  'job started': run(started),
  'job cancelling': run(cancelling),
  'job of other run': run({ ...started, runKey: 'other' }),
  'success known': (record, request) => success(record, request),
  'answer saved': (record) => withRequest(record, { answer: ANSWER }),
  'answer settled': (record) => withRequest(record, { answer: ANSWER, settled: true }),
  'superseded': (record) => withRequest(record, { key: 'a newer request' }),
};

function success(record: ResourceRecord, { job }: Request): ResourceRecord {
  const runKey = job.valid ? job.runKey : '';
  const attributes = { JobId: JOB_ID, Status: 'SUCCESS' };
  return { ...record, successes: [{ runKey, attributes: { ...NO_ATTRIBUTES, ...attributes }, usedAt: NOW - MINUTE }] };
}

function jobIn(status: string): Job {
  return {
    id: JOB_ID,
    membershipId: MEMBERSHIP_ID,
    membershipArn: `arn:aws:cleanrooms:us-east-1:111122223333:membership/${MEMBERSHIP_ID}`,
    createTime: new Date(NOW - 5 * MINUTE),
    status,
    analysisTemplateArn: TEMPLATE_ARN,
    resultReceivers: [],
  };
}

function refused(kind: Refusal['kind'], action: string): { refusal: Refusal } {
  return { refusal: { kind, action, code: `${kind}Exception`, message: 'as told' } };
}

function startObservation(kind: Refusal['kind']): Observation {
  return { kind: 'start', attempt: ATTEMPT, result: refused(kind, 'cleanrooms:StartProtectedJob') };
}

function getObservation(status: string): Observation {
  return { kind: 'get', jobId: JOB_ID, begunAt: NOW, result: { value: jobIn(status) } };
}

function getRefused(kind: Refusal['kind']): Observation {
  return { kind: 'get', jobId: JOB_ID, begunAt: NOW, result: refused(kind, 'cleanrooms:GetProtectedJob') };
}

function cancelRefused(kind: Refusal['kind']): Observation {
  return { kind: 'cancel', jobId: JOB_ID, begunAt: NOW, result: refused(kind, 'cleanrooms:UpdateProtectedJob') };
}

function prepared(stackStatus: string): Observation {
  return { kind: 'prepare', stackStatus: { value: stackStatus }, lookup: { attempt: ATTEMPT, begunAt: NOW, result: { value: undefined } } };
}

function delivery(outcome: Delivery): Observation {
  return { kind: 'deliver', requestKey: REQUEST_KEY, outcome };
}

export const OBSERVATIONS: Readonly<Record<string, Observation>> = {
  'nothing': { kind: 'nothing' },
  'stack deploys': prepared('UPDATE_IN_PROGRESS'),
  'stack rolls back': prepared('UPDATE_ROLLBACK_IN_PROGRESS'),
  'stack is gone': prepared('DELETE_COMPLETE'),
  'stack unreadable': { kind: 'prepare', stackStatus: refused('throttled', 'cloudformation:DescribeStacks') },
  'stack denied': { kind: 'prepare', stackStatus: refused('denied', 'cloudformation:DescribeStacks') },
  'start: job': { kind: 'start', attempt: ATTEMPT, result: { value: jobIn('SUBMITTED') } },
  'start: unknown': startObservation('unknown'),
  'start: quota': startObservation('quota'),
  'start: throttled': startObservation('throttled'),
  'start: denied': startObservation('denied'),
  'start: invalid': startObservation('invalid'),
  'start: other attempt': { kind: 'start', attempt: 0, result: { value: jobIn('SUBMITTED') } },
  'lookup: job': { kind: 'lookup', attempt: ATTEMPT, begunAt: NOW, result: { value: jobIn('STARTED') } },
  'lookup: none': { kind: 'lookup', attempt: ATTEMPT, begunAt: NOW, result: { value: undefined } },
  'lookup: gone': { kind: 'lookup', attempt: ATTEMPT, begunAt: NOW, result: refused('notFound', 'cleanrooms:ListProtectedJobs') },
  'lookup: throttled': { kind: 'lookup', attempt: ATTEMPT, begunAt: NOW, result: refused('throttled', 'cleanrooms:ListProtectedJobs') },
  'get: STARTED': getObservation('STARTED'),
  'get: CANCELLING': getObservation('CANCELLING'),
  'get: SUCCESS': getObservation('SUCCESS'),
  'get: FAILED': getObservation('FAILED'),
  'get: CANCELLED': getObservation('CANCELLED'),
  'get: Timed out': getObservation('Timed out'),
  'get: not found': getRefused('notFound'),
  'get: throttled': getRefused('throttled'),
  'get: denied': getRefused('denied'),
  'cancel: accepted': { kind: 'cancel', jobId: JOB_ID, begunAt: NOW, result: { value: undefined } },
  'cancel: conflict': cancelRefused('conflict'),
  'cancel: not found': cancelRefused('notFound'),
  'cancel: denied': cancelRefused('denied'),
  'delivery: accepted': delivery('accepted'),
  'delivery: refused': delivery('refused'),
  'delivery: unreachable': delivery('unreachable'),
};

/** A decision in a word: the effect, the wait in seconds, or the answer that is saved and sent. */
export function inAWord({ next }: Decision): string {
  switch (next.kind) {
    case 'finished':
      return 'finished';
    case 'wait':
      return `wait ${next.milliseconds / 1000}`;
    case 'effect':
      return next.effect.kind === 'deliver' ? `answer ${answerInAWord(next.effect.answer)}` : next.effect.kind;
  }
}

function answerInAWord(answer: string): string {
  const { Status, Reason = Status, Data } = JSON.parse(answer);
  return Data?.JobId === 'none' ? 'SUCCESS without job' : Reason.split(':')[0];
}
