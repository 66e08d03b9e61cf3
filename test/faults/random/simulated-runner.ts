import { parseAnswer } from './answer';
import { type History, isLastSlice, type SentRequest } from './history';
import { Process, SimulatedError, type Surroundings } from './process';
import { type SimulatedCleanRooms } from './simulated-clean-rooms';
import { CLOCK_RETRIES, EVENT_DELIVERY, FUNCTION_TIMEOUT_SECONDS } from '../../../src/contract/runner';
import { advance, type AdvancePorts, advancePrecluded, advanceToFailure, type Progress } from '../../../src/engine/advance';
import { type Delivery } from '../../../src/engine/core/observation';
import { TIME_FOR_AN_EFFECT } from '../../../src/engine/core/timing';
import { onEvent } from '../../../src/engine/on-event';
import { type Tick, type Clock } from '../../../src/engine/ports/clock';
import { type Ledger } from '../../../src/engine/ports/ledger';
import { type Stacks } from '../../../src/engine/ports/stacks';

/** What the runner works with. */
export interface RunnerServices {
  readonly history: History;
  readonly ledger: Ledger;
  readonly cleanRooms: SimulatedCleanRooms;
  readonly stacks: Stacks;
  readonly isDeploying: () => boolean;
  /** Whether the stack still has the runner. */
  readonly isThere: () => boolean;
  /** Called with the body that CloudFormation takes. */
  readonly accept: (request: SentRequest, body: string) => void;
  /** What a test of the simulation itself breaks. */
  readonly distort: (ports: AdvancePorts) => AdvancePorts;
}

/** Lambda and Step Functions as the constructs configure them, around the real functions of the engine. */
export class SimulatedRunner {
  private readonly clocks = new Set<string>();
  /** What has taken the name of a request's clock: the clock itself, or the execution that precludes it. */
  private readonly executions = new Map<string, Execution>();
  private readonly lastingOutcomes = new Map<SentRequest, { readonly outcome: Delivery; readonly until: number }>();
  private processes = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly services: RunnerServices,
  ) {}

  /** Lambda accepts the event, and delivers it at once or late, and sometimes twice. */
  send(request: SentRequest): void {
    const { random, scheduler, faultiness, exercised } = this.surroundings;
    const isSlow = random.chance(faultiness.call * 0.3);
    if (isSlow) {
      exercised.note('an event is delivered late');
    }
    scheduler.in(isSlow ? random.between(0, 40_000) : random.between(10, 500), () => this.deliver(request, 0));
    if (random.chance(faultiness.call)) {
      exercised.note('an event is delivered twice');
      scheduler.in(random.between(0, random.pick([1_000, 60_000, MAX_EVENT_AGE])), () => this.deliverOnce(request, () => {}));
    }
  }

  /** Lambda's retries: after one minute, then after two more. */
  private deliver(request: SentRequest, attempt: number): void {
    const { scheduler, exercised } = this.surroundings;
    if (attempt > EVENT_DELIVERY.retryAttempts || scheduler.now - request.sentAt > MAX_EVENT_AGE) {
      request.areDeliveriesLost = true;
      exercised.note('every delivery of an event fails');
      return;
    }
    this.deliverOnce(request, () => scheduler.in((attempt + 1) * 60_000, () => this.deliver(request, attempt + 1)));
  }

  private deliverOnce(request: SentRequest, onFailure: () => void): void {
    this.invoke('onEvent', FUNCTION_TIMEOUT_SECONDS.onEvent, request, onFailure, (process) => {
      const sleep = (milliseconds: number) => process.waitFor(milliseconds);
      return onEvent({ ...this.ports(process, request), clock: this.clockSeenBy(process, request), sleep }, request.event);
    });
  }

  private clockSeenBy(process: Process, request: SentRequest): Clock {
    return {
      start: (tick) => process.fallibleCall('clock', async () => this.startExecution(request, tick, 'clock') === 'clock'),
      preclude: (tick) => process.fallibleCall('preclude', async () => this.startExecution(request, tick, 'precluding') === 'precluding'),
    };
  }

  /** @returns what has the name of the request's clock now */
  private startExecution(request: SentRequest, tick: Tick, wanted: Execution): Execution {
    this.services.history.texts.push(JSON.stringify(tick));
    const existing = this.executions.get(request.key);
    const isAgain = existing === 'clock' && wanted === 'clock' && !this.clocks.has(request.key); // under a fresh name
    if (existing === undefined || isAgain) {
      this.executions.set(request.key, wanted);
      this.clocks.add(request.key);
      this.tick(request, tick, 0, wanted === 'clock' ? advance : advancePrecluded);
    }
    return existing ?? wanted;
  }

  /** The clock's first state, with its retries, and its last one after them. */
  private tick(request: SentRequest, tick: Tick, retry: number, take: Take): void {
    const { scheduler } = this.surroundings;
    const onFailure = () =>
      retry < CLOCK_RETRIES.advance.maxAttempts
        ? scheduler.in(backoff(CLOCK_RETRIES.advance, retry), () => this.tick(request, tick, retry + 1, take))
        : this.giveUp(request, tick, 0);
    this.invoke('advance', FUNCTION_TIMEOUT_SECONDS.advance, request, onFailure, async (process) =>
      this.goOn(request, await take(this.ports(process, request), tick)),
    );
  }

  private giveUp(request: SentRequest, tick: Tick, retry: number): void {
    const { scheduler } = this.surroundings;
    const take = this.executions.get(request.key) === 'clock' ? advanceToFailure : advancePrecluded;
    const onFailure = () =>
      retry < CLOCK_RETRIES.giveUp.maxAttempts
        ? scheduler.in(backoff(CLOCK_RETRIES.giveUp, retry), () => this.giveUp(request, tick, retry + 1))
        : void this.clocks.delete(request.key); // the execution has failed
    this.invoke('giveUp', FUNCTION_TIMEOUT_SECONDS.advance, request, onFailure, async (process) =>
      this.goOn(request, await take(this.ports(process, request), tick)),
    );
  }

  /** What the clock's choice and its wait do, after either state. */
  private goOn(request: SentRequest, { finished, waitSeconds, ...tick }: Progress): void {
    if (finished) {
      this.clocks.delete(request.key);
    } else {
      this.surroundings.scheduler.in(waitSeconds * 1000, () => this.tick(request, tick, 0, advance));
    }
  }

  private invoke(
    kind: string,
    seconds: number,
    request: SentRequest,
    onFailure: () => void,
    work: (process: Process) => Promise<void>,
  ): void {
    const { scheduler } = this.surroundings;
    if (!this.services.isThere()) {
      return scheduler.say(`${kind} is deleted`);
    }
    this.processes += 1;
    const end = () => {
      this.services.history.settledAt = scheduler.now;
      request.hits.push(...process.hits);
    };
    const fail = () => {
      end();
      onFailure();
    };
    const name = `${kind}#${this.processes} ${request.resource.logicalId} ${request.event.RequestId}`;
    const process = new Process(this.surroundings, name, seconds, fail);
    work(process).then(end, (error: unknown) => {
      this.noteError(error);
      scheduler.say(`${name} fails: ${String(error)}`);
      fail();
    });
  }

  /** The engine does not catch what a service threw. An error of the engine itself is expected in two cases only. */
  private noteError(error: unknown): void {
    this.services.history.texts.push(String(error)); // Lambda logs it
    const isExpected = error instanceof Error && EXPECTED_ERRORS.includes(error.message);
    if (!(error instanceof SimulatedError) && !isExpected) {
      this.services.history.unexpectedErrors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  private ports(process: Process, request: SentRequest): AdvancePorts {
    const { cleanRooms, stacks, history, distort } = this.services;
    const { scheduler } = this.surroundings;
    return distort({
      ledger: this.ledgerSeenBy(process),
      cleanRooms: cleanRooms.seenBy(process, request),
      stacks: { status: (stackId) => process.call('stack', () => stacks.status(stackId)) },
      answers: { deliver: (_url, body) => process.call('answer', async () => this.takeAnswer(process, request, body)) },
      log: (message, fields) => history.texts.push(JSON.stringify({ message, ...fields })),
      measure: () => {},
      now: () => scheduler.now,
      hasTime: () => process.endsBy - scheduler.now > TIME_FOR_AN_EFFECT,
    });
  }

  private ledgerSeenBy(process: Process): Ledger {
    const { ledger } = this.services;
    return {
      load: (key) => process.fallibleCall('load', () => ledger.load(key)),
      save: (record) => process.fallibleCall('save', () => ledger.save(record)),
      loadRequest: (key) => process.fallibleCall('load request', () => ledger.loadRequest(key)),
      saveRequest: (key, event) => process.fallibleCall('save request', () => ledger.saveRequest(key, event)),
      discardRequest: (key) => process.fallibleCall('discard request', () => ledger.discardRequest(key)),
      claimJob: (jobId, owner) => process.fallibleCall('claim', () => ledger.claimJob(jobId, owner)),
      jobOwner: (jobId) => process.fallibleCall('owner', () => ledger.jobOwner(jobId)),
    };
  }

  private takeAnswer(process: Process, request: SentRequest, body: string): Delivery {
    const { cleanRooms, history, accept, isDeploying } = this.services;
    const { scheduler, exercised } = this.surroundings;
    cleanRooms.settle();
    const outcome = this.deliveryTo(request);
    if (outcome !== 'accepted') {
      process.hit();
    }
    const { resource } = request;
    const parsed = parseAnswer(body);
    history.answers.push({
      request,
      body,
      parsed,
      at: scheduler.now,
      outcome,
      wasAbandoned: request.isAbandoned || request.givenUpAt !== undefined,
      wasUndoing: !isDeploying(),
      running: history.runningIn(resource.group),
      othersAtWork: history.othersAtWork(resource),
    });
    scheduler.say(`ANSWER ${outcome} to ${request.event.RequestType} ${request.event.RequestId}: ${body}`);
    if (outcome === 'accepted') {
      accept(request, body);
      if (request.event.RequestType !== 'Delete' && parsed.Status === 'SUCCESS' && !isLastSlice(request) && parsed.Data?.Status !== 'SUCCESS') {
        exercised.note('a slice hands over to the next one');
      }
    }
    return outcome;
  }

  /** A response URL can fail once, for minutes, or for ever. */
  private deliveryTo(request: SentRequest): Delivery {
    const { random, faultiness, scheduler, exercised } = this.surroundings;
    const lasting = this.lastingOutcomes.get(request);
    if (lasting !== undefined && scheduler.now < lasting.until) {
      return lasting.outcome;
    }
    if (!random.chance(faultiness.call)) {
      return 'accepted';
    }
    const outcome = random.pick<Delivery>(['unreachable', 'unreachable', 'refused']);
    const status = outcome === 'refused' ? '403' : '500';
    if (!random.chance(0.1)) {
      exercised.note(`a response URL answers ${status}`);
    } else if (outcome === 'refused') {
      exercised.note('a response URL answers 403 for ever');
      this.lastingOutcomes.set(request, { outcome, until: Infinity });
    } else {
      exercised.note('a response URL answers 500 for minutes');
      this.lastingOutcomes.set(request, { outcome, until: scheduler.now + random.between(30_000, 1_200_000) });
    }
    return outcome;
  }
}

const EXPECTED_ERRORS = ['the answer could not be delivered', 'the request can not be taken in, and its clock answers it'];

/** The purpose of an execution. */
type Execution = 'clock' | 'precluding';

/** What the clock's first state asks of the advance function. */
type Take = (ports: AdvancePorts, tick: Tick) => Promise<Progress>;

const MAX_EVENT_AGE = EVENT_DELIVERY.maxAgeSeconds * 1000;

function backoff({ intervalSeconds, maxDelaySeconds }: (typeof CLOCK_RETRIES)[keyof typeof CLOCK_RETRIES], retry: number): number {
  return Math.min(intervalSeconds * 2 ** retry, maxDelaySeconds) * 1000;
}
