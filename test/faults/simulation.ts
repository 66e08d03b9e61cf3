import { History, Resource } from './history';
import { Faultiness, Surroundings } from './process';
import { Random } from './random';
import { Scheduler } from './scheduler';
import { SimulatedCleanRooms } from './simulated-clean-rooms';
import { SimulatedRunner } from './simulated-runner';
import { SimulatedStack } from './simulated-stack';
import { GUARANTEES, Verdict } from './violations';
import { CleanRooms } from '../../src/engine/clean-rooms';
import { Stacks } from '../../src/engine/stacks';
import { InMemoryLedger } from '../engine/fakes/in-memory-ledger';

/** What a test replaces to see that a violation is noticed. */
export interface Replacements {
  readonly ledger?: InMemoryLedger;
  readonly distort?: (cleanRooms: CleanRooms) => CleanRooms;
}

/** What came of one run. */
export interface Outcome {
  readonly seed: number;
  readonly history: History;
  readonly verdicts: ReadonlyMap<string, readonly Verdict[]>;
  readonly trace: readonly string[];
}

/** The life of one stack, from its creation to its deletion, with faults that follow from the seed. */
export async function simulate(seed: number, { ledger = new InMemoryLedger(), distort }: Replacements = {}): Promise<Outcome> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const surroundings: Surroundings = { random, scheduler, faultiness: faultinessOf(seed) };
  const history = new History();
  const stack: SimulatedStack = new SimulatedStack(surroundings, history, resourcesOf(random), (request) => runner.send(request));
  const cleanRooms = new SimulatedCleanRooms(surroundings, history, () => stack.notDeployingFor());
  const runner: SimulatedRunner = new SimulatedRunner(surroundings, {
    history,
    ledger,
    cleanRooms,
    stacks: stacksOf(surroundings, stack),
    isDeploying: () => stack.notDeployingFor() === 0,
    accept: (request, body) => stack.accept(request, body),
    distort,
  });
  const failed = stack.live().catch((error: unknown) => void history.unexpectedErrors.push(String(error)));
  history.hasEnded = await scheduler.run(MAX_EVENTS);
  await (history.hasEnded ? failed : undefined);
  cleanRooms.settle();
  history.texts.push(...ledger.records.values(), ...ledger.claims.keys(), ...ledger.claims.values());
  return { seed, history, verdicts: judge(history), trace: scheduler.trace };
}

function judge(history: History): Map<string, Verdict[]> {
  return new Map(Object.entries(GUARANTEES).map(([guarantee, verdictsOn]) => [guarantee, verdictsOn(history)]));
}

/** Some runs are calm, and some are a tempest. */
function faultinessOf(seed: number): Faultiness {
  return {
    crash: [0, 0.005, 0.02, 0.06][seed % 4],
    call: [0, 0.1, 0.3][seed % 3],
    stall: [0, 0.01, 0.03, 0.1, 0.02][seed % 5],
  };
}

/** 1 to 8 jobs on 1 to 3 memberships, some of them with the same inputs. */
function resourcesOf(random: Random): Resource[] {
  const memberships = random.whole(1, 3);
  const count = random.pick([1, 1, 1, 2, 3, random.whole(4, 8)]);
  const groups = Array.from({ length: count }, (_, index) => (index > 0 && random.chance(0.2) ? index - 1 : index));
  return groups.map((group, index) => ({
    logicalId: `Job${index + 1}`,
    membershipId: `${(group % memberships) + 1}1111111-2222-4333-8444-555555555555`,
    group: `group-${group}`,
    groupSize: groups.filter((other) => other === group).length,
  }));
}

function stacksOf({ random, faultiness }: Surroundings, stack: SimulatedStack): Stacks {
  const refusal = { kind: 'throttled', action: 'cloudformation:DescribeStacks', code: 'Throttling', message: 'simulated' } as const;
  return { status: async () => (random.chance(faultiness.call) ? { refusal } : { value: stack.status }) };
}

/** Far more than any run needs. */
const MAX_EVENTS = 200_000;
