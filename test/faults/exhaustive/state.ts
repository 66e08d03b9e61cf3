import { type Call, type LogEntry } from './invocation';
import { type RequestEvent } from '../../../src/engine/core/request';
import { type Tick } from '../../../src/engine/ports/clock';

/**
 * Everything that exists at one moment, as plain data that is never changed: a step makes another state. Two states
 * with the same content have the same future, so each content is visited once.
 */
export interface State {
  readonly now: number;
  readonly stackStatus: string;
  /** Since when no job may be started. */
  readonly notDeployingSince?: number;
  /** IAM denies to cancel any job from now on. */
  readonly isCancellingDenied?: boolean;
  readonly ledger: StoredLedger;
  readonly jobs: readonly ModelJob[];
  readonly requests: readonly SentRequest[];
  readonly deliveries: readonly Delivery[];
  readonly executions: readonly Execution[];
  /** What first took the name of a request's key in Step Functions. It keeps the name for ever. */
  readonly clockNames: Readonly<Record<string, 'clock' | 'precluded'>>;
  readonly invocations: readonly Invocation[];
  /** How many steps of the scenario CloudFormation has done. */
  readonly stepsDone: number;
  /** How many more things may go wrong. */
  readonly mishapsLeft: number;
}

/** The ledger's items by key: what a table would hold. */
export interface StoredLedger {
  readonly records: Readonly<Record<string, string>>;
  readonly requests: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, string>>;
}

/** A job in Clean Rooms. How long it runs is left open until somebody looks. */
export interface ModelJob {
  readonly id: string;
  /** Which request started it. */
  readonly request: number;
  readonly resource: string;
  readonly inputs: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly listedFrom: number;
  readonly status: string;
  /** How often it was seen running. */
  readonly looks: number;
}

/** A request that CloudFormation has sent. */
export interface SentRequest {
  readonly event: RequestEvent;
  readonly key: string;
  readonly resource: string;
  /** Names the inputs that it asks for. */
  readonly inputs: string;
  readonly isRollback: boolean;
  readonly sentAt: number;
  /** CloudFormation no longer waits for its answer, because it has sent another request. */
  readonly isSuperseded: boolean;
  /** The bodies that were sent to its response URL, each once. */
  readonly bodies: readonly string[];
  /** The answer that CloudFormation took: the first that arrived. */
  readonly accepted?: string;
  /** Whether an answer was refused, or no delivery of the event came to its end. Neither is a fault of the engine. */
  readonly isAnswerRefused?: boolean;
  readonly areDeliveriesLost?: boolean;
}

/** Requests with the same ID about the same resource have the same object in S3 for their answers, whatever their URLs are signed with. */
export function haveSameAddress({ event }: SentRequest, { event: other }: SentRequest): boolean {
  return event.RequestId === other.RequestId && event.LogicalResourceId === other.LogicalResourceId;
}

/** An event that Lambda will hand to onEvent. */
export interface Delivery {
  readonly request: number;
  readonly attempt: number;
  readonly dueAt: number;
}

/** An execution of the clock. */
export interface Execution {
  readonly request: number;
  readonly tick: Tick;
  readonly dueAt: number;
  readonly retries: number;
  readonly isGivingUp: boolean;
  /** Whether it was started only to preclude the clock of the request. */
  readonly isPrecluding: boolean;
  /** Whether its function is being called. */
  readonly isBusy: boolean;
}

/**
 * A call of one of the functions that is under way: everything that it has learned so far. With that, it can be brought
 * to the same position again.
 */
export interface Invocation {
  readonly kind: 'onEvent' | 'advance' | 'giveUp' | 'preclude';
  readonly request: number;
  readonly attempt: number;
  readonly startedAt: number;
  readonly log: readonly LogEntry[];
  /** What it asks for next, and since when. */
  readonly call: Call;
  readonly calledAt: number;
}
