import { FAMILIES } from './shape';
import { type Breakage, simulate } from './simulation';
import { type AdvancePorts } from '../../../src/engine/advance';
import { type Job } from '../../../src/engine/core/job';
import { type ResourceRecord } from '../../../src/engine/core/record';
import { type Result } from '../../../src/engine/core/result';
import { type CleanRooms } from '../../../src/engine/ports/clean-rooms';
import { InMemoryLedger } from '../../engine/fakes/in-memory-ledger';
import { type Guarantee, GUARANTEES } from '../guarantees';

/**
 * Seeds of a few shapes, because it takes long to synthesize their templates: four jobs of which two are twins, and
 * slices.
 */
export function seedsOf(count: number): number[] {
  const shapes = [2, 8];
  return Array.from({ length: count }, (_, index) => shapes[index % shapes.length] + FAMILIES * Math.floor(index / shapes.length));
}

/** A ledger that accepts every conditional write. */
class CarelessLedger extends InMemoryLedger {
  async save(record: ResourceRecord): Promise<ResourceRecord> {
    const saved = { ...record, version: record.version + 1 };
    this.records.set(record.resourceKey, JSON.stringify(saved));
    return saved;
  }
}

/** A ledger that remembers no run that has succeeded. */
class ForgetfulLedger extends InMemoryLedger {
  save(record: ResourceRecord): Promise<ResourceRecord | undefined> {
    return super.save({ ...record, successes: [] });
  }
}

/** A ledger that keeps more in a record than it should. */
class TalkativeLedger extends InMemoryLedger {
  async save(record: ResourceRecord): Promise<ResourceRecord | undefined> {
    return super.save({ ...record, requests: [...this.requests.values()] });
  }
}

/** Breaks the calls of the engine to Clean Rooms. */
function withCleanRooms(change: (cleanRooms: CleanRooms) => Partial<CleanRooms>): Breakage {
  return {
    distort: (ports) => {
      const { start, get, listSince, cancel } = ports.cleanRooms;
      return { ...ports, cleanRooms: { start, get, listSince, cancel, ...change(ports.cleanRooms) } };
    },
  };
}

/** Breaks what Clean Rooms tells the engine about a job. */
function withJobs(change: (job: Job) => Job): Breakage {
  return withCleanRooms(({ get }) => ({
    get: async (membershipIdentifier, jobId) => {
      const result = await get(membershipIdentifier, jobId);
      return result.value === undefined ? result : { value: change(result.value) };
    },
  }));
}

/** Breaks the delivery of answers. */
function withAnswers(deliver: (ports: AdvancePorts, url: string, body: string) => ReturnType<AdvancePorts['answers']['deliver']>): Breakage {
  return { distort: (ports) => ({ ...ports, answers: { deliver: (url, body) => deliver(ports, url, body) } }) };
}

const startingTwice = () =>
  withCleanRooms(({ start }) => ({
    start: async (inputs, abort) => {
      await start(inputs, abort);
      return start(inputs, abort);
    },
  }));

async function withoutRollbacks({ stacks }: AdvancePorts, stackId: string): Promise<Result<string>> {
  const result = await stacks.status(stackId);
  return result.value?.startsWith('UPDATE_ROLLBACK') ? { value: 'UPDATE_FAILED' } : result;
}

const anotherReason = (body: string, time: number) => JSON.stringify({ ...JSON.parse(body), Reason: `at ${time}` });

/** What is broken in the world around the engine, and the guarantee whose violation must be noticed. */
export type MustBeNoticed = readonly [string, Guarantee, () => Breakage];

export const BREAKAGES: readonly MustBeNoticed[] = [
  ['a client that sends a start twice', 'a run that is asked for starts one job at most', startingTwice],
  ['a client that sends a start twice', 'no second job while one runs', startingTwice],
  ['a ledger that forgets what has succeeded', 'no run again after its success', () => ({ ledger: new ForgetfulLedger() })],
  [
    'a stack that always seems to be deployed', 'no job is started in a rollback',
    () => ({ ledger: new ForgetfulLedger(), distort: (ports) => ({ ...ports, stacks: { status: async () => ({ value: 'UPDATE_IN_PROGRESS' }) } }) }),
  ],
  ['answers that are not sent', 'every request is answered in time', () => withAnswers(async () => 'accepted')],
  [
    'answers with a time in them', 'no request gets two different answers',
    () => withAnswers((ports, url, body) => ports.answers.deliver(url, anotherReason(body, ports.now()))),
  ],
  ['answers that are padded', 'an answer fits 4096 bytes', () => withAnswers((ports, url, body) => ports.answers.deliver(url, body.padEnd(5000)))],
  ['jobs that seem to end at once', 'no job runs when CloudFormation is told', () => withJobs((job) => ({ ...job, status: 'CANCELLED' }))],
  ['jobs that seem to end at once', 'no job runs on after the stack has settled', () => withJobs((job) => ({ ...job, status: 'CANCELLED' }))],
  ['a location of another job', 'attributes are those of the job', () => withJobs((job) => ({ ...job, resultLocation: 's3://results/another/' }))],
  ['a record with a request in it', 'no value or response URL is told or kept', () => ({ ledger: new TalkativeLedger() })],
  [
    'a log that can not be written', 'nothing throws or runs for ever',
    () => ({ distort: (ports) => ({ ...ports, log: () => { throw new Error('the disk is full'); } }) }),
  ],
];

/** These are noticed only after many lives. */
export const RARELY_NOTICED: readonly MustBeNoticed[] = [
  ['conditional writes that always succeed', 'no job runs when CloudFormation is told', () => ({ ledger: new CarelessLedger() })],
  ['a ledger that forgets what has succeeded', 'a rollback restores the attributes', () => ({ ledger: new ForgetfulLedger() })],
  [
    'rollbacks that can not be told', 'no stack is trapped in UPDATE_ROLLBACK_FAILED',
    () => ({ ledger: new ForgetfulLedger(), distort: (ports) => ({ ...ports, stacks: { status: (stackId) => withoutRollbacks(ports, stackId) } }) }),
  ],
];

/** The guarantees that break in the lives of the seeds, up to the one that is looked for. */
export async function brokenBy(breakage: () => Breakage, sought: Guarantee, seeds: readonly number[]): Promise<Guarantee[]> {
  const broken: Guarantee[] = [];
  for (const seed of seeds) {
    const { verdicts } = await simulate(seed, breakage());
    broken.push(...GUARANTEES.filter((name) => verdicts[name].some(({ kind }) => kind === 'violated')));
    if (broken.includes(sought)) {
      break;
    }
  }
  return broken;
}
