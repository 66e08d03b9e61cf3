import { type LogEntry, type Replies } from './invocation';
import { type Invocation, type State, type StoredLedger } from './state';

/**
 * Tells states apart by their content. Their parts are never changed and mostly shared, so each part is numbered once,
 * and a state is named by the numbers of its parts. This is exact, while two different states could have the same hash.
 */
export class Identities {
  private readonly numberOfPart = new WeakMap<object, number>();
  private readonly numberOfText = new Map<string, number>();

  of(state: State): string {
    const { now, stackStatus, notDeployingSince, ledger, clockNames, invocations, stepsDone, mishapsLeft } = state;
    const { jobs, requests, deliveries, executions } = state;
    const parts = [jobs, requests, deliveries, executions].map((list) => list.map((part) => this.ofPart(part)).join());
    return [
      now, stackStatus, notDeployingSince, stepsDone, mishapsLeft, this.ofLedger(ledger), this.ofPart(clockNames), ...parts,
      ...invocations.map((invocation) => this.ofInvocation(invocation)),
    ].join(';');
  }

  /** Tells where a function is: what it was called with, and all the replies that it got. */
  ofReplies(event: object, { kind, startedAt, log }: Replies): string {
    return [kind, this.ofPart(event), startedAt, ...log.map((entry) => this.ofPart(entry))].join();
  }

  private ofLedger({ records, requests, claims }: StoredLedger): string {
    return [records, requests, claims].map((items) => Object.entries(items).flat().map((text) => this.ofText(text)).join()).join('/');
  }

  private ofInvocation(invocation: Invocation): string {
    const { kind, request, attempt, startedAt, calledAt, call } = invocation;
    return [kind, request, attempt, startedAt, calledAt, this.ofPart(call), ...remembered(invocation).map((entry) => this.ofPart(entry))].join();
  }

  private ofPart(part: object): number {
    const number = this.numberOfPart.get(part) ?? this.ofText(JSON.stringify(part));
    this.numberOfPart.set(part, number);
    return number;
  }

  private ofText(text: string): number {
    const number = this.numberOfText.get(text) ?? this.numberOfText.size;
    this.numberOfText.set(text, number);
    return number;
  }
}

/**
 * The replies on which a function still depends. With each record that it gets, by a load or by a save, it begins anew.
 * Of what was before, only the result of a start is kept when a save is lost (`stillTrue` in advance.ts). The first
 * call of a lookup does not tell its purpose, so nothing is left out in that case.
 */
function remembered({ log, call }: Invocation): readonly LogEntry[] {
  const latest = lastIndex(log, givesRecord);
  const since = log.slice(latest);
  if (call.port === 'listJobs' || since.some(({ port }) => port === 'listJobs')) {
    return log;
  }
  const pauses = log.slice(0, latest).filter(({ port }) => port === 'sleep'); // the next one is longer
  if (log[latest]?.port !== 'load') {
    return [...pauses, ...since];
  }
  const before = log.slice(lastIndex(log.slice(0, latest), hasSaved), latest);
  return [...pauses, ...before.filter(({ port }) => port === 'startJob' || port === 'claimJob'), ...since];
}

function givesRecord(entry: LogEntry): boolean {
  return entry.port === 'load' || hasSaved(entry);
}

function hasSaved({ port, reply }: LogEntry): boolean {
  return port === 'save' && reply !== undefined;
}

/** Of the last entry that it is true for, or of the first of all. */
function lastIndex(log: readonly LogEntry[], condition: (entry: LogEntry) => boolean): number {
  return Math.max(0, ...log.map((entry, index) => (condition(entry) ? index : 0)));
}
