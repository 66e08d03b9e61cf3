import { decide, type Next } from './core/decision';
import { measurementsOf, type Measurements } from './core/measurements';
import { type Effect, type Observation } from './core/observation';
import { knowsRequest, type ResourceRecord } from './core/record';
import { namesOf, type Request, type RequestEvent, understand } from './core/request';
import { AFTERCARE_WAIT } from './core/timing';
import { type EffectPorts, Effects, inAWord, isRefused, jobIdOf } from './effects';
import { type Afterwards, giveUp, giveUpWithoutClock } from './give-up';
import { type Tick } from './ports/clock';
import { type Log, type LogFields } from './ports/log';
import { type Measure } from './ports/metrics';
import { type Progress } from '../contract/runner';

export interface AdvancePorts extends EffectPorts {
  readonly log: Log;
  readonly measure: Measure;
  /** Whether there is time for one more effect before the function's own timeout. */
  readonly hasTime: () => boolean;
}

export type { Progress };

/**
 * Takes a request as far as it goes now. All that is decided is decided by `decide`; here a decision is saved, then its effect is
 * performed, then what came of it is decided on. Who loses a conditional save performs nothing.
 */
export async function advance(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  const event = await ports.ledger.loadRequest(tick.requestKey);
  return event === undefined
    ? progress(tick, FINISHED) // answered and discarded
    : new Advance(ports, requestOf(tick, event)).run(tick);
}

/** What the clock's last state asks for. */
export async function advanceToFailure(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  return advanceToAnswer(ports, tick, (request) => giveUp(ports, request, 'its clock ran out of retries'));
}

/**
 * What the execution asks for that precludes the request's clock. The answer has been sent without the ledger; here the ledger learns of
 * it, for the request may be in it all the same.
 */
export async function advancePrecluded(ports: AdvancePorts, tick: Tick): Promise<Progress> {
  return advanceToAnswer(ports, tick, (request) => giveUpWithoutClock(ports, request));
}

async function advanceToAnswer(
  ports: AdvancePorts,
  tick: Tick,
  answer: (request: Request) => Promise<Afterwards>,
): Promise<Progress> {
  const event = await ports.ledger.loadRequest(tick.requestKey);
  if (event === undefined) {
    return progress(tick, FINISHED);
  }
  const request = requestOf(tick, event);
  ports.log('giving up', { level: 'ERROR', ...namesOf(request) });
  return progress(tick, (await answer(request)) === 'job left' ? { kind: 'wait', milliseconds: AFTERCARE_WAIT } : FINISHED);
}

/** The clock knows what it was started for, whatever has become of the request that is kept. */
function requestOf({ requestKey, resourceKey }: Tick, event: RequestEvent): Request {
  return { ...understand(event), key: requestKey, resourceKey };
}

const FINISHED: Next = { kind: 'finished' };
const AGAIN: Next = { kind: 'wait', milliseconds: 1000 };

class Advance {
  /** For the log only. */
  private jobId?: string;
  /** Whoever can start an execution can name the key of any request to it: what the record does not know is not discarded. */
  private isKnown = false;

  constructor(
    private readonly ports: AdvancePorts,
    private readonly request: Request,
  ) {}

  async run(tick: Tick): Promise<Progress> {
    const next = await this.runUntilIdle();
    const { waitSeconds } = progress(tick, next);
    this.log(next.kind, { level: next.kind === 'wait' ? 'DEBUG' : 'INFO', waitSeconds });
    if (next.kind === 'finished' && this.isKnown) {
      await this.ports.ledger.discardRequest(this.request.key);
    }
    return progress(tick, next);
  }

  private async runUntilIdle(): Promise<Next> {
    const { ledger, now, hasTime } = this.ports;
    let record = await ledger.load(this.request.resourceKey);
    let observation: Observation = NOTHING;
    while (record !== undefined) {
      this.jobId = record.run?.jobId ?? this.jobId;
      this.isKnown = knowsRequest(record, this.request.key);
      const decision = decide(record, this.request, now(), observation);
      const { next } = decision;
      if (next.kind === 'effect' && next.effect.kind === 'start' && !hasTime()) {
        return AGAIN; // a claim without its start would only be waited for
      }
      const saved = decision.record === record ? record : await ledger.save(decision.record);
      if (saved === undefined) {
        record = await ledger.load(this.request.resourceKey);
        observation = stillTrue(observation);
        continue;
      }
      this.measure(measurementsOf(record, saved, observation));
      if (next.kind !== 'effect') {
        return next;
      }
      if (!hasTime()) {
        return AGAIN;
      }
      record = saved;
      observation = await this.perform(next.effect, saved);
    }
    return FINISHED;
  }

  private async perform(effect: Effect, { run }: ResourceRecord): Promise<Observation> {
    const observation = await new Effects(this.ports, this.request, run).perform(effect);
    this.jobId = jobIdOf(observation) ?? this.jobId;
    this.log('effect', { level: isRefused(observation) ? 'WARN' : 'INFO', effect: effect.kind, outcome: inAWord(observation) });
    return observation;
  }

  private measure(measurements: Measurements): void {
    const { job } = this.request;
    if (job.valid && job.constructPath !== undefined) {
      this.ports.measure(job.constructPath, measurements);
    }
  }

  private log(message: string, fields: LogFields): void {
    this.ports.log(message, { ...namesOf(this.request), jobId: this.jobId, ...fields });
  }
}

const NOTHING: Observation = { kind: 'nothing' };

/** After a lost save the record is another, and only that a start was sent is true whatever it says. The rest is looked at anew. */
function stillTrue(observation: Observation): Observation {
  return observation.kind === 'start' ? observation : NOTHING;
}

function progress({ resourceKey, requestKey }: Tick, next: Next): Progress {
  const milliseconds = next.kind === 'wait' ? next.milliseconds : 0;
  const waitSeconds = Math.min(Math.ceil(milliseconds / 1000), 60);
  return { resourceKey, requestKey, finished: next.kind === 'finished', waitSeconds };
}
