import { Exercised } from './exercised';
import { History } from './history';
import { SimulatedPermissions } from './permissions';
import { type Faultiness, type Surroundings } from './process';
import { Random } from './random';
import { Requests } from './requests';
import { Scheduler } from './scheduler';
import { FAMILIES } from './shape';
import { SimulatedCleanRooms } from './simulated-clean-rooms';
import { SimulatedRunner } from './simulated-runner';
import { SimulatedStack } from './simulated-stack';
import { StackLife } from './stack-life';
import { templatesOf } from './template';
import { judge } from './verdicts';
import { type AdvancePorts } from '../../../src/engine/advance';
import { type Result } from '../../../src/engine/core/result';
import { InMemoryLedger } from '../../engine/fakes/in-memory-ledger';
import { type Judged } from '../tally';

/** What a test breaks, to see that the simulation notices it. */
export interface Breakage {
  readonly ledger?: InMemoryLedger;
  readonly distort?: (ports: AdvancePorts) => AdvancePorts;
}

/** The result of the life of one stack. */
export interface Outcome extends Judged {
  readonly history: History;
  readonly trace: readonly string[];
}

/**
 * The life of one stack, from its creation to its deletion, with a shape, deployments and faults that follow from the
 * seed.
 */
export async function simulate(seed: number, { ledger = new InMemoryLedger(), distort = (ports) => ports }: Breakage = {}): Promise<Outcome> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const exercised = new Exercised();
  const surroundings: Surroundings = { random, scheduler, faultiness: faultinessOf(seed), exercised };
  const history = new History();
  const templates = templatesOf(seed % FAMILIES);
  const requests = new Requests(surroundings, history, templates.map(({ shape }) => shape), (request) => runner.send(request));
  const stack = new SimulatedStack(surroundings, requests);
  const permissions = new SimulatedPermissions(surroundings, () => stack.resources);
  const cleanRooms = new SimulatedCleanRooms(surroundings, {
    history,
    notDeployingFor: () => stack.notDeployingFor(),
    isPermitted: (membershipId) => permissions.allow(`membership/${membershipId}`),
  });
  const runner: SimulatedRunner = new SimulatedRunner(surroundings, {
    history,
    ledger,
    cleanRooms,
    stacks: { status: async () => describeStacks(surroundings, stack, permissions) },
    isDeploying: () => stack.notDeployingFor() === 0,
    isThere: () => [...stack.resources.values()].some(({ definition }) => definition.type === 'AWS::Lambda::Function'),
    accept: (request, body) => requests.accept(request, body),
    distort,
  });
  let hasLived = false;
  void new StackLife(surroundings, stack, templates)
    .live()
    .catch((error: unknown) => void history.unexpectedErrors.push(describeError(error)))
    .finally(() => (hasLived = true));
  history.hasEnded = (await scheduler.run(MAX_EVENTS)) && hasLived;
  cleanRooms.settle();
  history.texts.push(...ledger.records.values(), ...ledger.claims.keys(), ...ledger.claims.values());
  return { seed, history, verdicts: judge(history), counts: countsOf(history, exercised), trace: scheduler.trace };
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function countsOf(history: History, exercised: Exercised): ReadonlyMap<string, number> {
  const deletions = history.settlings.filter(({ status }) => status.startsWith('DELETE')).length;
  const deployments = (['a stack is created', 'a stack is updated', 'a failed deployment is tried again'] as const)
    .reduce((sum, exercise) => sum + exercised.countOf(exercise), 0);
  return new Map([
    ...exercised.counts,
    ['stacks', 1],
    ['deployments', deployments],
    ['deletions', deletions],
    ['requests', history.requests.length],
    ['answers', history.answers.length],
    ['jobs', history.jobs.length],
  ]);
}

function describeStacks({ random, faultiness, exercised }: Surroundings, stack: SimulatedStack, permissions: SimulatedPermissions): Result<string> {
  const action = 'cloudformation:DescribeStacks';
  if (!permissions.allow(action)) {
    exercised.note('permissions have not arrived at CloudFormation yet');
    return { refusal: { kind: 'denied', action, code: 'AccessDenied', message: 'simulated' } };
  }
  if (random.chance(faultiness.call)) {
    exercised.note('DescribeStacks: throttled');
    return { refusal: { kind: 'throttled', action, code: 'Throttling', message: 'simulated' } };
  }
  return { value: stack.status };
}

/** Some runs have few faults, and some have many. */
function faultinessOf(seed: number): Faultiness {
  return {
    crash: [0, 0.005, 0.02, 0.06][seed % 4],
    call: [0, 0.1, 0.3][seed % 3],
    stall: [0, 0.01, 0.03, 0.1, 0.02][seed % 5],
  };
}

/** Far longer than any life takes. */
const MAX_EVENTS = 400_000;
