import { type Call, type Questions } from './invocation';
import { FOREIGN_JOB, jobOf, LATE_LISTING } from './outcomes';
import { RESULT_RECEIVER } from './scenarios';
import { haveSameAddress, type Invocation, type ModelJob, type State, type StoredLedger } from './state';
import { type JobInputs } from '../../../src/contract/job-inputs';
import { type Job } from '../../../src/engine/core/job';
import { recordSchema, type ResourceRecord } from '../../../src/engine/core/record';
import { requestEventSchema } from '../../../src/engine/core/request';
import { type Refusal } from '../../../src/engine/core/result';
import { START_ABORT } from '../../../src/engine/core/timing';
import { type Tick } from '../../../src/engine/ports/clock';

/** The state after a call, and the result of the call. */
export interface Effect {
  readonly state: State;
  readonly reply: Questions[Call['port']]['reply'];
  readonly isError?: boolean;
}

/** Carries out a call that a function waits for, with the outcome that was chosen for it. */
export function carryOut(state: State, { request, call, calledAt }: Invocation, outcome: string): Effect {
  switch (call.port) {
    case 'startJob':
      return startJob(state, { request, inputs: call.ask, at: Math.min(state.now, calledAt + START_ABORT) }, outcome);
    case 'getJob':
      return getJob(state, call.ask, outcome);
    case 'cancelJob':
      return cancelJob(state, call.ask, outcome);
    case 'listJobs':
      return listJobs(state, call.ask, outcome);
    case 'stackStatus':
      return { state, reply: outcome === 'throttled' ? refuse('cloudformation:DescribeStacks', 'throttled') : { value: state.stackStatus } };
    case 'deliver':
      return deliver(state, request, call.ask, outcome);
    case 'startClock':
      return maybeFailed(startClock(state, request, call.ask), state, outcome);
    case 'preclude':
      return maybeFailed(preclude(state, request, call.ask), state, outcome);
    case 'sleep': {
      const now = calledAt + (outcome === 'outlasts' ? LONGER_THAN_ALL_TRIES : call.ask);
      return { state: { ...state, now: Math.max(now, state.now) }, reply: undefined };
    }
    default:
      return useLedger(state, call);
  }
}

// --- the ledger

type LedgerCall = Extract<Call, { port: 'load' | 'save' | 'loadRequest' | 'saveRequest' | 'discardRequest' | 'claimJob' | 'jobOwner' }>;

function useLedger(state: State, call: LedgerCall): Effect {
  const { records, requests, claims } = state.ledger;
  switch (call.port) {
    case 'load':
      return { state, reply: parseRecord(records[call.ask]) };
    case 'save':
      return saveRecord(state, call.ask);
    case 'loadRequest':
      return { state, reply: requests[call.ask] === undefined ? undefined : requestEventSchema.parse(JSON.parse(requests[call.ask])) };
    case 'saveRequest':
      return { state: withLedger(state, { requests: { ...requests, [call.ask.key]: JSON.stringify(call.ask.event) } }), reply: undefined };
    case 'discardRequest': {
      const { [call.ask]: _discarded, ...others } = requests;
      return { state: withLedger(state, { requests: others }), reply: undefined };
    }
    case 'claimJob': {
      const { jobId, owner } = call.ask;
      const current = claims[jobId] ?? owner;
      return { state: withLedger(state, { claims: { ...claims, [jobId]: current } }), reply: current === owner };
    }
    case 'jobOwner':
      return { state, reply: claims[call.ask] };
  }
}

/** A record is parsed once. Every later load returns the same object, so nobody may change it. */
const parsedRecords = new Map<string, ResourceRecord>();

function parseRecord(text: string | undefined): ResourceRecord | undefined {
  if (text === undefined) {
    return undefined;
  }
  const parsed = parsedRecords.get(text) ?? deepFreeze(recordSchema.parse(JSON.parse(text)));
  parsedRecords.set(text, parsed);
  return parsed;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

function saveRecord(state: State, record: ResourceRecord): Effect {
  const current = parseRecord(state.ledger.records[record.resourceKey]);
  if ((current?.version ?? 0) !== record.version) {
    return { state, reply: undefined };
  }
  const saved = { ...record, version: record.version + 1 };
  const text = JSON.stringify(saved);
  return { state: withLedger(state, { records: { ...state.ledger.records, [record.resourceKey]: text } }), reply: parseRecord(text) };
}

function withLedger(state: State, change: Partial<StoredLedger>): State {
  return { ...state, ledger: { ...state.ledger, ...change } };
}

// --- Clean Rooms

/** A start that was aborted can only have been carried out before the abort. */
interface SentStart {
  readonly request: number;
  readonly inputs: JobInputs;
  readonly at: number;
}

function startJob(state: State, { request, inputs, at }: SentStart, outcome: string): Effect {
  const { resource, inputs: name } = state.requests[request];
  const job: ModelJob = {
    id: `00000000-0000-4000-8000-${(state.jobs.length + 1).toString().padStart(12, '0')}`,
    request,
    resource,
    inputs: name,
    parameters: inputs.parameters ?? {},
    createdAt: at,
    listedFrom: at + (outcome === 'lostWithJobListedLate' ? LATE_LISTING : 0),
    status: 'SUBMITTED',
    looks: 0,
  };
  const made = { ...state, jobs: [...state.jobs, job] };
  switch (outcome) {
    case 'accepted':
      return { state: made, reply: { value: described(job, inputs.membershipIdentifier) } };
    case 'lostWithJob':
    case 'lostWithJobListedLate':
      return { state: made, reply: refuse(START, 'unknown') };
    case 'lostWithoutJob':
      return { state, reply: refuse(START, 'unknown') };
    default:
      return { state, reply: refuse(START, kindOf(outcome), `${'long '.repeat(900)}, not with ${JSON.stringify(inputs.parameters)}`) };
  }
}

const START = 'cleanrooms:StartProtectedJob';

function getJob(state: State, jobId: string, outcome: string): Effect {
  if (jobId === FOREIGN_JOB) {
    return { state, reply: { value: foreignJob(state) } };
  }
  const job = jobOf(state, jobId);
  if (outcome === 'throttled' || outcome === 'notFound') {
    return { state, reply: refuse('cleanrooms:GetProtectedJob', outcome) };
  }
  const seen = outcome === 'seen' ? job : outcome === 'goesOn' ? { ...job, looks: job.looks + 1 } : { ...job, status: outcome };
  return { state: withJob(state, seen), reply: { value: described(seen) } };
}

function cancelJob(state: State, jobId: string, outcome: string): Effect {
  const job = jobOf(state, jobId);
  const action = 'cleanrooms:UpdateProtectedJob';
  switch (outcome) {
    case 'accepted':
      return { state: withJob(state, { ...job, status: 'CANCELLING', looks: 0 }), reply: { value: undefined } };
    case 'acceptedButLost':
      return { state: withJob(state, { ...job, status: 'CANCELLING', looks: 0 }), reply: refuse(action, 'unknown') };
    case 'endedBefore':
      return { state: withJob(state, { ...job, status: 'SUCCESS' }), reply: refuse(action, 'conflict') };
    default:
      return { state, reply: refuse(action, kindOf(outcome), `not with ${JSON.stringify(job.parameters)}`) };
  }
}

function listJobs(state: State, since: number, outcome: string): Effect {
  const listed = state.jobs.filter(({ createdAt, listedFrom }) => createdAt >= since && listedFrom <= state.now);
  const ids = [FOREIGN_JOB, ...listed.map(({ id }) => id)];
  return { state, reply: outcome === 'throttled' ? refuse('cleanrooms:ListProtectedJobs', outcome) : { value: ids } };
}

function foreignJob(state: State): Job {
  const { Parameters = {} } = requestEventSchema.parse(state.requests[state.requests.length - 1].event).ResourceProperties;
  const parameters = Object.fromEntries(Object.entries(Object(Parameters)).map(([name, value]) => [name, String(value)]));
  const job = { id: FOREIGN_JOB, createdAt: state.now, status: 'STARTED', parameters };
  return { ...described(job), resultReceiver: '777788889999' };
}

function withJob(state: State, changed: ModelJob): State {
  return { ...state, jobs: state.jobs.map((job) => (job.id === changed.id ? changed : job)) };
}

type DescribedJob = Pick<ModelJob, 'id' | 'createdAt' | 'status' | 'parameters'>;

const MEMBERSHIP_ID = '11111111-2222-4333-8444-555555555555';

function described({ id, createdAt, status, parameters }: DescribedJob, membershipId = MEMBERSHIP_ID): Job {
  return {
    id,
    membershipId,
    membershipArn: `arn:aws:cleanrooms:us-east-1:111122223333:membership/${membershipId}`,
    createTime: new Date(createdAt),
    status,
    analysisTemplateArn: `arn:aws:cleanrooms:us-east-1:111122223333:membership/${membershipId}/analysistemplate/66666666-7777-4888-8999-000000000000`,
    parameters: { lookback: '30', ...parameters }, // the template's defaults, too
    resultReceiver: RESULT_RECEIVER,
    resultLocation: `s3://results/uplift/${id}/`,
    resultReceivers: [],
    error: status === 'FAILED' ? { code: 'JOB_FAILED', message: `failed with ${JSON.stringify(parameters)}` } : undefined,
  };
}

function kindOf(outcome: string): Refusal['kind'] {
  switch (outcome) {
    case 'quota':
    case 'denied':
    case 'invalid':
    case 'conflict':
    case 'throttled':
      return outcome;
    default:
      throw new Error(`there is no outcome ${outcome}`);
  }
}

function refuse(action: string, kind: Refusal['kind'], message = 'as chosen'): { readonly refusal: Refusal } {
  return { refusal: { kind, action, code: `${kind}Exception`, message } };
}

// --- Step Functions and CloudFormation's response URL

/** With the same name and input, Step Functions returns an execution that still runs. */
function startClock(state: State, request: number, tick: Tick): Effect {
  if (state.clockNames[tick.requestKey] === 'precluded') {
    return { state, reply: false };
  }
  const runs = state.executions.some((execution) => execution.tick.requestKey === tick.requestKey);
  return { state: runs ? state : withExecution(state, request, tick, 'clock'), reply: true };
}

function preclude(state: State, request: number, tick: Tick): Effect {
  const name = state.clockNames[tick.requestKey];
  return name === undefined ? { state: withExecution(state, request, tick, 'precluded'), reply: true } : { state, reply: name === 'precluded' };
}

function withExecution(state: State, request: number, tick: Tick, name: 'clock' | 'precluded'): State {
  const started = { request, tick, dueAt: state.now, retries: 0, isGivingUp: false, isPrecluding: name === 'precluded', isBusy: false };
  return {
    ...state,
    executions: [...state.executions, started],
    clockNames: { ...state.clockNames, [tick.requestKey]: state.clockNames[tick.requestKey] ?? name },
  };
}

function maybeFailed(effect: Effect, before: State, outcome: string): Effect {
  return outcome === 'done' ? effect : { state: outcome === 'failed' ? before : effect.state, reply: undefined, isError: true };
}

/** onEvent tries for three minutes. */
const LONGER_THAN_ALL_TRIES = 200_000;

/** Whoever waits for the object takes it, whichever of its URLs it came by. */
function waitingFor({ requests }: State, request: number): number {
  return requests.map((other) => haveSameAddress(other, requests[request])).lastIndexOf(true);
}

function deliver(state: State, request: number, body: string, outcome: string): Effect {
  const reply = outcome === 'accepted' || outcome === 'refused' ? outcome : 'unreachable';
  const arrives = outcome === 'accepted' || outcome === 'unreachableButArrived';
  const waiting = waitingFor(state, request);
  const requests = state.requests.map((sent, index) =>
    index !== waiting
      ? sent
      : {
        ...sent,
        bodies: sent.bodies.includes(body) ? sent.bodies : [...sent.bodies, body],
        accepted: sent.accepted ?? (arrives ? body : undefined),
        isAnswerRefused: sent.isAnswerRefused ?? (outcome === 'refused' ? true : undefined),
      },
  );
  return { state: { ...state, requests }, reply };
}
