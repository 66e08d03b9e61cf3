import { Outcome } from './simulation';
import { GUARANTEES, Verdict } from './violations';

/** The figures of many runs. */
export class Tally {
  firstViolation?: Outcome;
  /** The first seed at which each guarantee was violated. */
  readonly seeds = new Map<string, number>();
  private runs = 0;
  private readonly counts = { resources: 0, requests: 0, jobs: 0, answers: 0 };
  private readonly verdicts = new Map<string, Map<string, number>>();

  add(outcome: Outcome): void {
    const { history, verdicts } = outcome;
    this.runs += 1;
    this.counts.resources += new Set(history.requests.map(({ resource }) => resource)).size;
    this.counts.requests += history.requests.length;
    this.counts.jobs += history.jobs.length;
    this.counts.answers += history.answers.length;
    verdicts.forEach((ofRun, guarantee) => ofRun.forEach((verdict) => this.count(outcome, guarantee, verdict)));
  }

  /** One line per guarantee, and below it what it excludes. */
  lines(): string[] {
    const { resources, requests, jobs, answers } = this.counts;
    const total = `${this.runs} stacks, ${resources} resources, ${requests} requests, ${jobs} jobs, ${answers} answers`;
    return [total, ...Object.keys(GUARANTEES).flatMap((guarantee) => this.linesOn(guarantee))];
  }

  private count(outcome: Outcome, guarantee: string, { kind, detail }: Verdict): void {
    const counts = this.verdicts.get(guarantee) ?? new Map<string, number>();
    const what = kind === 'excused' ? detail : kind;
    this.verdicts.set(guarantee, counts.set(what, (counts.get(what) ?? 0) + 1));
    if (kind === 'violated') {
      this.firstViolation ??= outcome;
      this.seeds.set(guarantee, this.seeds.get(guarantee) ?? outcome.seed);
    }
  }

  private linesOn(guarantee: string): string[] {
    const { kept = 0, violated = 0, ...excuses } = Object.fromEntries(this.verdicts.get(guarantee) ?? []);
    const since = violated > 0 ? ` (first at seed ${this.seeds.get(guarantee)})` : '';
    const line = `${violated === 0 ? 'ok  ' : 'FAIL'} ${guarantee}: ${kept} kept, ${violated} violated${since}`;
    return [line, ...Object.entries(excuses).map(([excuse, count]) => `       ${count} excluded: ${excuse}`)];
  }
}
