import { type Guarantee, GUARANTEES, type Verdict, type Verdicts } from './guarantees';

/** The result of one try. */
export interface Judged {
  /** How to repeat it. */
  readonly seed: number;
  readonly verdicts: Verdicts;
  /** How often each thing happened that is counted. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A try that broke a guarantee. */
export interface Violation {
  readonly seed: number;
  readonly broken: ReadonlyArray<{ readonly guarantee: Guarantee; readonly detail: string }>;
}

/** The figures of many tries, as plain data, so that one process can send them to another. */
export interface Figures {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Adds up the figures of many tries. */
export class Tally {
  readonly violations: Violation[] = [];
  private readonly countsByName: Record<string, number> = {};
  private readonly verdictsByGuarantee: Record<string, Record<string, number>> = {};

  add({ seed, verdicts, counts }: Judged): void {
    const broken = GUARANTEES.flatMap((guarantee) =>
      verdicts[guarantee].filter(({ kind }) => kind === 'violated').map(({ detail }) => ({ guarantee, detail })),
    );
    if (broken.length > 0) {
      this.violations.push({ seed, broken });
    }
    GUARANTEES.forEach((guarantee) => verdicts[guarantee].forEach((verdict) => this.count(guarantee, nameOf(verdict), 1)));
    counts.forEach((count, name) => addTo(this.countsByName, name, count));
  }

  addFigures({ violations, counts, verdicts }: Figures): void {
    this.violations.push(...violations);
    this.violations.sort((a, b) => a.seed - b.seed);
    Object.entries(counts).forEach(([name, count]) => addTo(this.countsByName, name, count));
    Object.entries(verdicts).forEach(([guarantee, ofIt]) => {
      Object.entries(ofIt).forEach(([name, count]) => this.count(guarantee, name, count));
    });
  }

  get figures(): Figures {
    return { violations: this.violations, counts: this.countsByName, verdicts: this.verdictsByGuarantee };
  }

  countOf(name: string): number {
    return this.countsByName[name] ?? 0;
  }

  /** The guarantees that were broken at least once. */
  get broken(): ReadonlySet<Guarantee> {
    return new Set(this.violations.flatMap(({ broken }) => broken.map(({ guarantee }) => guarantee)));
  }

  /** How often each guarantee was seen to hold. */
  get kept(): Readonly<Partial<Record<Guarantee, number>>> {
    return Object.fromEntries(GUARANTEES.map((guarantee) => [guarantee, this.verdictsByGuarantee[guarantee]?.kept ?? 0]));
  }

  /** One line per guarantee, and below it the cases that it excludes. */
  lines(): string[] {
    return GUARANTEES.flatMap((guarantee) => this.linesOn(guarantee));
  }

  private count(guarantee: string, name: string, count: number): void {
    this.verdictsByGuarantee[guarantee] ??= {};
    addTo(this.verdictsByGuarantee[guarantee], name, count);
  }

  private linesOn(guarantee: Guarantee): string[] {
    const { kept = 0, violated = 0, ...excuses } = this.verdictsByGuarantee[guarantee] ?? {};
    const first = this.violations.find(({ broken }) => broken.some((one) => one.guarantee === guarantee));
    const since = first === undefined ? '' : ` (first at seed ${first.seed})`;
    const line = `${violated === 0 ? 'ok  ' : 'FAIL'} ${guarantee}: ${kept} kept, ${violated} violated${since}`;
    return [line, ...Object.entries(excuses).map(([excuse, count]) => `       ${count} excluded: ${excuse}`)];
  }
}

function nameOf({ kind, detail }: Verdict): string {
  return kind === 'excused' ? detail : kind;
}

function addTo(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}
