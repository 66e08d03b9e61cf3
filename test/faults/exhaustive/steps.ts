import { type Identities } from './identity';
import { type Call, type LogEntry, type Port, type Position, FUNCTION_TIMEOUT, runTo, type Replies } from './invocation';
import { type Mishap, outcomesOf } from './outcomes';
import { type Scenario } from './scenarios';
import { carryOut } from './services';
import { type Delivery, type Execution, haveSameAddress, type Invocation, type State } from './state';
import { EVENT_DELIVERY } from '../../../src/contract/runner';
import { type RequestEvent } from '../../../src/engine/core/request';
import { LEASE } from '../../../src/engine/core/timing';

/** One thing that can happen next. */
export interface Step {
  readonly name: string;
  readonly mishap?: Mishap;
  take(): State | Promise<State>;
}

/** Called with everything that the functions log or throw. */
export type Witness = (text: string, isError: boolean) => void;

/** What Lambda, Step Functions, CloudFormation and bad luck can do in a state. */
export class Steps {
  /** The same replies bring a function to the same position in every state, so it is run only once for them. */
  private readonly positions = new Map<string, Position>();

  constructor(
    private readonly scenario: Scenario,
    private readonly identities: Identities,
    private readonly witness: Witness,
  ) {}

  /** All steps that can come next. If there is none, the scenario has come to its end. */
  of(state: State): Step[] {
    const alone = state.invocations.find((invocation) => isNobodyElsesConcern(state, invocation));
    const steps = alone === undefined ? this.anyOf(state) : this.ofInvocation(state, alone);
    return steps.filter(({ mishap }) => mishap === undefined || this.mayHappen(state, mishap)).map((step) => paid(step));
  }

  private mayHappen({ mishapsLeft }: State, mishap: Mishap): boolean {
    return mishapsLeft > 0 && this.scenario.mishaps.kinds.includes(mishap);
  }

  private anyOf(state: State): Step[] {
    const steps = [
      ...state.invocations.flatMap((invocation) => this.ofInvocation(state, invocation)),
      ...this.beginnings(state),
      ...this.scenarioSteps(state),
    ];
    const goesOn = steps.some(({ mishap }) => mishap === undefined);
    return goesOn && state.invocations.length + this.due(state).length > 0 ? steps : [...steps, ...this.passingTime(state)];
  }

  // --- a function that waits for a reply

  private ofInvocation(state: State, invocation: Invocation): Step[] {
    const name = `${nameOf(invocation)} ${invocation.call.port}`;
    const outcomes = outcomesOf(state, invocation);
    const replies = outcomes.map((outcome) => ({
      name: `${name}: ${outcome.name}`,
      mishap: outcome.mishap,
      take: () => this.reply(state, invocation, outcome.name),
    }));
    const crashes = momentsOf(invocation.call).map((moment) => ({
      name: `${name}: crash ${moment} it`,
      mishap: 'crash' as const,
      take: () => this.crash(state, invocation, moment),
    }));
    const stalls = STALLING.includes(invocation.call.port) ? [{ name: `${name}: stalls`, mishap: 'stall' as const, take: () => this.stall(state) }] : [];
    return [...replies, ...crashes, ...stalls];
  }

  private reply(state: State, invocation: Invocation, outcome: string): Promise<State> {
    const { state: after, reply, isError } = carryOut(state, invocation, outcome);
    const entry: LogEntry = { port: invocation.call.port, reply, isError, at: after.now };
    return this.goOn(without(after, invocation), { ...invocation, log: [...invocation.log, entry] });
  }

  private crash(state: State, invocation: Invocation, moment: 'before' | 'after'): State {
    const [{ name: usual }] = outcomesOf(state, invocation);
    const after = moment === 'before' ? state : carryOut(state, invocation, usual).state;
    return failed(without(after, invocation), invocation);
  }

  /** Everything that is under way takes longer than a lease. A function that exceeds its timeout ends. */
  private stall(state: State): State {
    const later = { ...state, now: state.now + LEASE + 10_000 };
    return later.invocations
      .filter(({ kind, startedAt }) => later.now >= startedAt + FUNCTION_TIMEOUT[kind])
      .reduce((next, invocation) => failed(without(next, invocation), invocation), later);
  }

  // --- a function that begins

  /** What is due and can begin: two functions are under way at most. */
  private beginnings(state: State): Step[] {
    return state.invocations.length >= MAX_UNDER_WAY
      ? []
      : this.due(state).map((item) => ({
        name: `begin ${'tick' in item ? 'the clock' : `delivery ${item.attempt + 1}`} of ${item.request}`,
        take: () => ('tick' in item ? this.call(state, item) : this.deliver(state, item)),
      }));
  }

  private due(state: State): (Delivery | Execution)[] {
    const { now, deliveries, executions } = state;
    const items = [...deliveries, ...executions.filter(({ isBusy }) => !isBusy)];
    return items.filter(({ dueAt, request }) => dueAt <= now && !isRetryOnItsWay(state, request));
  }

  private deliver(state: State, delivery: Delivery): Promise<State> {
    const { request, attempt } = delivery;
    const rest = { ...state, deliveries: state.deliveries.filter((other) => other !== delivery) };
    return this.goOn(rest, { kind: 'onEvent', request, attempt, startedAt: state.now, log: [] });
  }

  private call(state: State, execution: Execution): Promise<State> {
    const kind = execution.isPrecluding ? 'preclude' : execution.isGivingUp ? 'giveUp' : 'advance';
    const busy = withExecution(state, execution.request, { isBusy: true });
    return this.goOn(busy, { kind, request: execution.request, attempt: 0, startedAt: state.now, log: [] });
  }

  /** Runs the function up to its next call, or deals with its end. */
  private async goOn(state: State, invocation: Omit<Invocation, 'call' | 'calledAt'>): Promise<State> {
    const { event } = state.requests[invocation.request];
    const execution = state.executions.find(({ request }) => request === invocation.request);
    const position = await this.positionOf(invocation, { event, execution });
    if (position.kind === 'calls') {
      return { ...state, invocations: inOrder([...state.invocations, { ...invocation, call: position.call, calledAt: state.now }]) };
    }
    if (position.kind === 'throws') {
      this.witness(String(position.error), true);
      return failed(state, invocation);
    }
    return returned(state, invocation, position);
  }

  private async positionOf(invocation: Replies, about: { readonly event: RequestEvent; readonly execution?: Execution }): Promise<Position> {
    const key = this.identities.ofReplies(about.event, invocation);
    const position = this.positions.get(key) ?? (await runTo(invocation, about, (text) => this.witness(text, false)));
    this.positions.set(key, position);
    return position;
  }

  // --- time, and CloudFormation

  /** If nothing is left to do now, time goes on to the next thing that is due. */
  private passingTime(state: State): Step[] {
    const times = [...state.deliveries, ...state.executions].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > state.now);
    if (times.length === 0 || state.invocations.length > 0) {
      return [];
    }
    const now = Math.min(...times);
    return [{ name: `${(now - state.now) / 1000} s pass`, take: () => ({ ...state, now }) }];
  }

  private scenarioSteps(state: State): Step[] {
    const step = this.scenario.steps.at(state.stepsDone);
    return step === undefined || !step.isPossible(state)
      ? []
      : [{ name: step.name, take: () => ({ ...step.take(state), stepsDone: state.stepsDone + 1 }) }];
  }
}

const MAX_UNDER_WAY = 2;

/** The calls whose duration makes a difference: a claim, its result, and the start between them. */
const STALLING: readonly Port[] = ['save', 'startJob', 'claimJob'];

/**
 * Whether the call touches only what nobody else reads or writes. Then everything that others can do in the meantime
 * can also be done after it. So it goes first, and the other orders are not visited.
 */
function isNobodyElsesConcern({ invocations, deliveries }: State, invocation: Invocation): boolean {
  const isOwn = ['loadRequest', 'saveRequest', 'discardRequest', 'startClock'].includes(invocation.call.port);
  const others = [...invocations.filter((other) => other !== invocation), ...deliveries];
  return isOwn && others.every(({ request }) => request !== invocation.request);
}

/**
 * Until the ledger knows of a retry, nothing tells the engine that an answer of before would be taken for that of the retry: what can come
 * of the seconds in which both are on their way is not explored.
 */
function isRetryOnItsWay({ requests, deliveries, invocations }: State, request: number): boolean {
  const onTheirWay = [...deliveries, ...invocations.filter(({ kind }) => kind === 'onEvent')];
  return onTheirWay.some(({ request: other }) => other > request && haveSameAddress(requests[other], requests[request]));
}

/** Lambda tries again after one minute, and after two more. */
const DELIVERIES = 1 + EVENT_DELIVERY.retryAttempts;

/** Fewer than the clock has, so that the last state is reached by as few crashes as are explored. */
const ADVANCE_RETRIES = 1;

/**
 * A crash before a call is the same as a crash after the previous call. A crash after a call that only reads is the
 * same as a crash before it.
 */
function momentsOf({ port }: Call): ('before' | 'after')[] {
  return ['load', 'loadRequest', 'jobOwner', 'stackStatus', 'listJobs'].includes(port) ? ['before'] : ['before', 'after'];
}

function paid(step: Step): Step {
  return step.mishap !== undefined ? { ...step, take: async () => spend(await step.take()) } : step;
}

function spend(state: State): State {
  return { ...state, mishapsLeft: state.mishapsLeft - 1 };
}

function nameOf({ kind, request }: Pick<Invocation, 'kind' | 'request'>): string {
  return `${kind} of ${request}`;
}

function without(state: State, invocation: Invocation): State {
  return { ...state, invocations: state.invocations.filter((other) => !isSame(other, invocation)) };
}

function isSame(one: Invocation, other: Invocation): boolean {
  return one.kind === other.kind && one.request === other.request && one.attempt === other.attempt && one.log === other.log;
}

/** The order in which they began makes no difference. */
function inOrder(invocations: readonly Invocation[]): Invocation[] {
  return [...invocations].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function returned(state: State, { kind, request }: Pick<Invocation, 'kind' | 'request'>, { progress }: Extract<Position, { kind: 'returns' }>): State {
  if (kind === 'onEvent' || progress === undefined) {
    return state;
  }
  return progress.finished
    ? { ...state, executions: state.executions.filter((execution) => execution.request !== request) }
    : withExecution(state, request, {
      dueAt: state.now + progress.waitSeconds * 1000,
      retries: 0,
      isGivingUp: false,
      isPrecluding: false,
      isBusy: false,
    });
}

function failed(state: State, { kind, request, attempt }: Pick<Invocation, 'kind' | 'request' | 'attempt'>): State {
  if (kind === 'onEvent') {
    const again = { request, attempt: attempt + 1, dueAt: state.now + (attempt + 1) * 60_000 };
    return again.attempt < DELIVERIES ? { ...state, deliveries: [...state.deliveries, again] } : withLostDeliveries(state, request);
  }
  const retries = (state.executions.find((execution) => execution.request === request)?.retries ?? 0) + 1;
  return kind === 'advance' && retries <= ADVANCE_RETRIES
    ? withExecution(state, request, { dueAt: state.now + 2_000, retries, isBusy: false })
    : withExecution(state, request, { dueAt: state.now + 10_000, retries, isGivingUp: true, isBusy: false });
}

function withLostDeliveries(state: State, request: number): State {
  return {
    ...state,
    requests: state.requests.map((sent, index) => (index === request ? { ...sent, areDeliveriesLost: true } : sent)),
  };
}

function withExecution(state: State, request: number, change: Partial<Execution>): State {
  return {
    ...state,
    executions: state.executions.map((execution) => (execution.request === request ? { ...execution, ...change } : execution)),
  };
}
