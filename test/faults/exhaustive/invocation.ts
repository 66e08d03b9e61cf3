import { EventEmitter } from 'node:events';
import { type Execution, type Invocation } from './state';
import { type JobInputs } from '../../../src/contract/job-inputs';
import { FUNCTION_TIMEOUT_SECONDS } from '../../../src/contract/runner';
import { advance, type AdvancePorts, advancePrecluded, advanceToFailure, type Progress } from '../../../src/engine/advance';
import { type Job } from '../../../src/engine/core/job';
import { type Delivery } from '../../../src/engine/core/observation';
import { type ResourceRecord } from '../../../src/engine/core/record';
import { type RequestEvent } from '../../../src/engine/core/request';
import { type Result } from '../../../src/engine/core/result';
import { TIME_FOR_AN_EFFECT } from '../../../src/engine/core/timing';
import { onEvent, type OnEventPorts } from '../../../src/engine/on-event';
import { type CleanRooms } from '../../../src/engine/ports/clean-rooms';
import { type Tick } from '../../../src/engine/ports/clock';
import { type Ledger } from '../../../src/engine/ports/ledger';

/** A call of a function to the outside, by the name of the port. */
export interface Questions {
  load: { ask: string; reply: ResourceRecord | undefined };
  save: { ask: ResourceRecord; reply: ResourceRecord | undefined };
  loadRequest: { ask: string; reply: RequestEvent | undefined };
  saveRequest: { ask: { key: string; event: RequestEvent }; reply: void };
  discardRequest: { ask: string; reply: void };
  claimJob: { ask: { jobId: string; owner: string }; reply: boolean };
  jobOwner: { ask: string; reply: string | undefined };
  startClock: { ask: Tick; reply: boolean };
  preclude: { ask: Tick; reply: boolean };
  sleep: { ask: number; reply: void };
  stackStatus: { ask: string; reply: Result<string> };
  startJob: { ask: JobInputs; reply: Result<Job> };
  getJob: { ask: string; reply: Result<Job> };
  listJobs: { ask: number; reply: Result<readonly string[]> };
  cancelJob: { ask: string; reply: Result<void> };
  deliver: { ask: string; reply: Delivery };
}

export type Port = keyof Questions;

/** A call that waits for its reply. */
export type Call = { [P in Port]: { readonly port: P; readonly ask: Questions[P]['ask'] } }[Port];

/** The result of a call, and when it arrived. */
export interface LogEntry {
  readonly port: Port;
  readonly reply: unknown;
  /** The call failed. */
  readonly isError?: boolean;
  readonly at: number;
}

/** Where a function is after all the replies that it got. */
export type Position =
  | { readonly kind: 'calls'; readonly call: Call }
  | { readonly kind: 'returns'; readonly progress?: Progress }
  | { readonly kind: 'throws'; readonly error: unknown };

const ON_EVENT = FUNCTION_TIMEOUT_SECONDS.onEvent * 1000;
const ADVANCE = FUNCTION_TIMEOUT_SECONDS.advance * 1000;

export const FUNCTION_TIMEOUT = { onEvent: ON_EVENT, advance: ADVANCE, giveUp: ADVANCE, preclude: ADVANCE } as const;

/** What determines how far a function has come. */
export type Replies = Pick<Invocation, 'kind' | 'startedAt' | 'log'>;

/** Runs the real function from its beginning with the replies of before, up to its next call or its end. */
export async function runTo(
  { kind, startedAt, log }: Replies,
  about: { readonly event: RequestEvent; readonly execution?: Execution },
  onText: (text: string) => void,
): Promise<Position> {
  const replay = new Replay(startedAt, log);
  const ports = portsOf(replay, startedAt + FUNCTION_TIMEOUT[kind], onText);
  const work = kind === 'onEvent' ? onEvent(ports, about.event) : callOfClock(kind, ports, about.execution);
  const end = work.then(
    (progress): Position => ({ kind: 'returns', progress: progress ?? undefined }),
    (error: unknown): Position => ({ kind: 'throws', error }),
  );
  return Promise.race([replay.nextCall.then((call): Position => ({ kind: 'calls', call })), end]);
}

function callOfClock(kind: keyof typeof CALLS_OF_CLOCK, ports: AdvancePorts, execution: Execution | undefined): Promise<Progress> {
  if (execution === undefined) {
    throw new Error('only an execution calls this function');
  }
  return CALLS_OF_CLOCK[kind](ports, execution.tick);
}

const CALLS_OF_CLOCK = { advance, giveUp: advanceToFailure, preclude: advancePrecluded } as const;

/** Gives the recorded replies in their order, and stops at the first call that has none. */
class Replay {
  readonly nextCall: Promise<Call>;
  now: number;
  private readonly reached = new EventEmitter();
  private count = 0;

  constructor(
    startedAt: number,
    private readonly log: readonly LogEntry[],
  ) {
    this.now = startedAt;
    this.nextCall = new Promise((resolve) => this.reached.once('call', resolve));
  }

  async ask<C extends Call>(call: C): Promise<Questions[C['port']]['reply']> {
    const entry = this.log[this.count];
    this.count += 1;
    if (entry === undefined) {
      this.reached.emit('call', call);
      return new Promise(() => {});
    }
    this.now = entry.at;
    if (entry.isError) {
      throw new Error('the clock can not be used');
    }
    return entry.reply as Questions[C['port']]['reply']; // the world gave it to the same call, in services.ts
  }
}

function portsOf(replay: Replay, endsBy: number, onText: (text: string) => void): AdvancePorts & OnEventPorts {
  return {
    ledger: ledgerOf(replay),
    cleanRooms: cleanRoomsOf(replay),
    clock: {
      start: (tick) => replay.ask({ port: 'startClock', ask: tick }),
      preclude: (tick) => replay.ask({ port: 'preclude', ask: tick }),
    },
    sleep: (milliseconds) => replay.ask({ port: 'sleep', ask: milliseconds }),
    stacks: { status: (stackId) => replay.ask({ port: 'stackStatus', ask: stackId }) },
    answers: { deliver: (_url, body) => replay.ask({ port: 'deliver', ask: body }) },
    log: (message, fields) => onText(JSON.stringify({ message, ...fields })),
    measure: () => {},
    now: () => replay.now,
    hasTime: () => endsBy - replay.now > TIME_FOR_AN_EFFECT,
  };
}

function ledgerOf(replay: Replay): Ledger {
  return {
    load: (resourceKey) => replay.ask({ port: 'load', ask: resourceKey }),
    save: (record) => replay.ask({ port: 'save', ask: record }),
    loadRequest: (requestKey) => replay.ask({ port: 'loadRequest', ask: requestKey }),
    saveRequest: (key, event) => replay.ask({ port: 'saveRequest', ask: { key, event } }),
    discardRequest: (requestKey) => replay.ask({ port: 'discardRequest', ask: requestKey }),
    claimJob: (jobId, owner) => replay.ask({ port: 'claimJob', ask: { jobId, owner } }),
    jobOwner: (jobId) => replay.ask({ port: 'jobOwner', ask: jobId }),
  };
}

function cleanRoomsOf(replay: Replay): CleanRooms {
  return {
    start: (inputs) => replay.ask({ port: 'startJob', ask: inputs }),
    get: (_membership, jobId) => replay.ask({ port: 'getJob', ask: jobId }),
    listSince: (_membership, since) => replay.ask({ port: 'listJobs', ask: since.getTime() }),
    cancel: (_membership, jobId) => replay.ask({ port: 'cancelJob', ask: jobId }),
  };
}
