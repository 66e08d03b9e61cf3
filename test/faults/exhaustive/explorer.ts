import { Identities } from './identity';
import { type Violation, violationsAtEnd, violationsOf, violationsOfText } from './invariants';
import { type Scenario } from './scenarios';
import { type State } from './state';
import { Steps } from './steps';

/** What an exploration has found. */
export interface Exploration {
  readonly scenario: string;
  /** The different states that were visited, and how many of them are ends. */
  readonly states: number;
  readonly ends: number;
  /** The way to the first state in which something is wrong. */
  readonly violation?: Violation & { readonly trace: readonly string[] };
}

/** How a state was reached. */
interface Way {
  readonly from?: Way;
  readonly step: string;
  readonly length: number;
}

interface Reached {
  readonly state: State;
  readonly way: Way;
}

/** Visits every state that the scenario can come to within its bounds, and stops at the first violation. */
export async function explore(scenario: Scenario): Promise<Exploration> {
  return new Exploring(scenario).run();
}

class Exploring {
  private readonly identities = new Identities();
  private readonly visited = new Set<string>();
  private readonly toVisit: Reached[] = [];
  private readonly said: Violation[] = [];
  private readonly steps: Steps;
  private ends = 0;

  constructor(private readonly scenario: Scenario) {
    this.steps = new Steps(scenario, this.identities, (text, isError) => this.hear(text, isError));
  }

  async run(): Promise<Exploration> {
    this.reach({ state: await this.beginning(), way: { step: 'the beginning', length: 0 } });
    for (let reached = this.toVisit.pop(); reached !== undefined; reached = this.toVisit.pop()) {
      const found = await this.visit(reached);
      if (found !== undefined) {
        return { ...this.figures(), violation: { ...found.violation, trace: traceOf(found.way) } };
      }
    }
    return this.figures();
  }

  private figures(): Exploration {
    return { scenario: this.scenario.name, states: this.visited.size, ends: this.ends };
  }

  private async visit({ state, way }: Reached): Promise<{ violation: Violation; way: Way } | undefined> {
    const steps = this.steps.of(state);
    if (steps.length === 0) {
      this.ends += 1;
    }
    const [atEnd] = steps.length === 0 ? violationsAtEnd(state) : way.length > LONGEST_WAY ? [RUNS_FOR_EVER] : [];
    if (atEnd !== undefined) {
      return { violation: atEnd, way };
    }
    for (const step of steps) {
      const after = await step.take();
      const wayAfter = { from: way, step: step.name, length: way.length + 1 };
      const [violation] = [...this.said.splice(0), ...violationsOf({ before: state, after })];
      if (violation !== undefined) {
        return { violation, way: wayAfter };
      }
      this.reach({ state: after, way: wayAfter });
    }
    return undefined;
  }

  private reach(reached: Reached): void {
    const identity = this.identities.of(reached.state);
    if (!this.visited.has(identity)) {
      this.visited.add(identity);
      this.toVisit.push(reached);
    }
  }

  private hear(text: string, isError: boolean): void {
    this.said.push(...violationsOfText(text));
    if (isError && !EXPECTED_ERRORS.includes(text)) {
      this.said.push({ guarantee: 'nothing throws or runs for ever', detail: text });
    }
  }

  /** Runs what happened before the exploration to its end, without any mishap. */
  private async beginning(): Promise<State> {
    const calm = new Steps({ ...this.scenario, steps: this.scenario.before }, this.identities, () => {});
    let state: State = { ...NOTHING_YET, mishapsLeft: 0 };
    for (let [step] = calm.of(state); step !== undefined; [step] = calm.of(state)) {
      state = await step.take();
    }
    return { ...state, stepsDone: 0, mishapsLeft: this.scenario.mishaps.count, stackStatus: 'UPDATE_COMPLETE' };
  }
}

/** Thrown on purpose, so that the caller tries again. */
const EXPECTED_ERRORS = [
  'RunnerError: the answer could not be delivered',
  'RunnerError: the request can not be taken in, and its clock answers it',
  'Error: the clock can not be used',
];

/** Far more than any way has. A way that is longer never ends. */
const LONGEST_WAY = 2_000;

const RUNS_FOR_EVER: Violation = { guarantee: 'nothing throws or runs for ever', detail: `more than ${LONGEST_WAY} steps` };

const NOTHING_YET: Omit<State, 'mishapsLeft'> = {
  now: Date.UTC(2026, 0, 1),
  stackStatus: 'REVIEW_IN_PROGRESS',
  ledger: { records: {}, requests: {}, claims: {} },
  jobs: [],
  requests: [],
  deliveries: [],
  executions: [],
  clockNames: {},
  invocations: [],
  stepsDone: 0,
};

function traceOf(way: Way): string[] {
  return way.from === undefined ? [] : [...traceOf(way.from), way.step];
}
