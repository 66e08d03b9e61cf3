import { History, SentRequest } from './history';
import { Process, SimulatedError, Surroundings } from './process';
import { SimulatedCleanRooms } from './simulated-clean-rooms';
import { advance, AdvancePorts, advancePrecluded, advanceToFailure, Progress } from '../../src/engine/advance';
import { CleanRooms } from '../../src/engine/clean-rooms';
import { Ledger } from '../../src/engine/ledger';
import { Delivery } from '../../src/engine/observation';
import { onEvent } from '../../src/engine/on-event';
import { Stacks } from '../../src/engine/stacks';
import { Clock, Tick } from '../../src/engine/step-functions-clock';

/** What the runner works with. */
export interface RunnerServices {
  readonly history: History;
  readonly ledger: Ledger;
  readonly cleanRooms: SimulatedCleanRooms;
  readonly stacks: Stacks;
  readonly isDeploying: () => boolean;
  /** Called with the body that CloudFormation takes. */
  readonly accept: (request: SentRequest, body: string) => void;
  /** How the engine sees Clean Rooms, for tests of the simulation itself. */
  readonly distort?: (cleanRooms: CleanRooms) => CleanRooms;
}

/** Lambda and Step Functions as the constructs configure them, around the real functions of the engine. */
export class SimulatedRunner {
  private readonly clocks = new Set<string>();
  /** What has had the name of a request's clock: the clock, or what precludes it. */
  private readonly executions = new Map<string, Execution>();
  private readonly requests = new Map<string, SentRequest>();
  private processes = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly services: RunnerServices,
  ) {}

  /** Lambda takes the event, delivers it at once or late, and at times twice. */
  send(request: SentRequest): void {
    const { random, scheduler, faultiness } = this.surroundings;
    this.requests.set(request.key, request);
    const isSlow = random.chance(faultiness.call * 0.3);
    scheduler.in(isSlow ? random.between(0, 40_000) : random.between(10, 500), () => this.deliver(request, 0));
    if (random.chance(faultiness.call)) {
      scheduler.in(random.between(0, random.pick([1_000, 60_000, MAX_EVENT_AGE])), () => this.deliverOnce(request, () => {}));
    }
  }

  /** Lambda's retries: after one minute, then after two more. */
  private deliver(request: SentRequest, attempt: number): void {
    const { scheduler } = this.surroundings;
    if (attempt > RETRIES || scheduler.now - request.sentAt > MAX_EVENT_AGE) {
      request.areDeliveriesLost = true;
      return;
    }
    this.deliverOnce(request, () => scheduler.in((attempt + 1) * 60_000, () => this.deliver(request, attempt + 1)));
  }

  private deliverOnce(request: SentRequest, onFailure: () => void): void {
    this.invoke('onEvent', 300, request, onFailure, (process) => {
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
      retry < ADVANCE_RETRIES
        ? scheduler.in(backoff(2_000, retry, 60_000), () => this.tick(request, tick, retry + 1, take))
        : this.giveUp(request, tick, 0);
    this.invoke('advance', 120, request, onFailure, async (process) =>
      this.goOn(request, await take(this.ports(process, request), tick)),
    );
  }

  private giveUp(request: SentRequest, tick: Tick, retry: number): void {
    const { scheduler } = this.surroundings;
    const take = this.executions.get(request.key) === 'clock' ? advanceToFailure : advancePrecluded;
    const onFailure = () =>
      retry < GIVE_UP_RETRIES
        ? scheduler.in(backoff(10_000, retry, 300_000), () => this.giveUp(request, tick, retry + 1))
        : void this.clocks.delete(request.key); // the execution has failed
    this.invoke('giveUp', 120, request, onFailure, async (process) =>
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
    this.processes += 1;
    const { scheduler } = this.surroundings;
    const end = () => {
      this.services.history.settledAt = scheduler.now;
      request.isHit ||= process.isHit;
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

  /** What a service threw passes through the engine; what the engine itself throws is expected in two cases only. */
  private noteError(error: unknown): void {
    const isExpected = error instanceof Error && EXPECTED_ERRORS.includes(error.message);
    if (!(error instanceof SimulatedError) && !isExpected) {
      this.services.history.unexpectedErrors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  private ports(process: Process, request: SentRequest): AdvancePorts {
    const { cleanRooms, stacks, history, distort = (original) => original } = this.services;
    const { scheduler } = this.surroundings;
    return {
      ledger: this.ledgerSeenBy(process),
      cleanRooms: distort(cleanRooms.seenBy(process, request)),
      stacks: { status: (stackId) => process.call('stack', () => stacks.status(stackId)) },
      answers: { deliver: (_url, body) => process.call('answer', async () => this.takeAnswer(process, request, body)) },
      log: (message, fields) => history.texts.push(JSON.stringify({ message, ...fields })),
      measure: () => {},
      now: () => scheduler.now,
      hasTime: () => process.endsBy - scheduler.now > 40_000, // as in advance.lambda.ts
    };
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
    const { random, faultiness, scheduler } = this.surroundings;
    cleanRooms.settle();
    const outcome = random.chance(faultiness.call) ? random.pick<Delivery>(['unreachable', 'unreachable', 'refused']) : 'accepted';
    process.isHit ||= outcome !== 'accepted';
    const { resource } = request;
    history.answers.push({
      request,
      body,
      at: scheduler.now,
      outcome,
      wasSuperseded: request.isSuperseded || request.isGivenUp,
      wasUndoing: !isDeploying(),
      running: history.runningIn(resource.group),
      othersAtWork: history.othersAtWork(resource),
    });
    scheduler.say(`ANSWER ${outcome} to ${request.event.RequestType} ${request.event.RequestId}: ${body}`);
    if (outcome === 'accepted') {
      accept(request, body);
    }
    return outcome;
  }
}

const EXPECTED_ERRORS = ['the answer could not be delivered', 'the request can not be taken in, and its clock answers it'];

/** What an execution is there for. */
type Execution = 'clock' | 'precluding';

/** What the clock's first state asks of the advance function. */
type Take = (ports: AdvancePorts, tick: Tick) => Promise<Progress>;

/** As protected-job-runner.ts sets them. */
const RETRIES = 2;
const MAX_EVENT_AGE = 300_000;

/** As clock.ts sets them. */
const ADVANCE_RETRIES = 10;
const GIVE_UP_RETRIES = 20;

function backoff(first: number, retry: number, longest: number): number {
  return Math.min(first * 2 ** retry, longest);
}
