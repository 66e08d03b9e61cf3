/** What must hold after each deployment, however it is tried. The figures are printed under these names. */
export const GUARANTEES = [
  'a run that is asked for starts one job at most',
  'no second job while one runs',
  'no run again after its success',
  'no job is started in a rollback',
  'every request is answered in time',
  'no request gets two different answers',
  'no job runs when CloudFormation is told',
  'no job runs on after the stack has settled',
  'attributes are those of the job',
  'a rollback restores the attributes',
  'no stack is trapped in UPDATE_ROLLBACK_FAILED',
  'an answer fits 4096 bytes',
  'no value or response URL is told or kept',
  'nothing throws or runs for ever',
] as const;

export type Guarantee = (typeof GUARANTEES)[number];

/**
 * What was found out about one thing that a guarantee is about. An excuse is a case that only has to satisfy a weaker
 * rule, and does satisfy it.
 */
export interface Verdict {
  readonly kind: 'kept' | 'excused' | 'violated';
  readonly detail: string;
}

export type Verdicts = Readonly<Record<Guarantee, readonly Verdict[]>>;

export const KEPT: Verdict = { kind: 'kept', detail: '' };

export function violated(detail: string): Verdict {
  return { kind: 'violated', detail };
}

export function excused(detail: string): Verdict {
  return { kind: 'excused', detail };
}

export function keptIf(condition: boolean, detail: string): Verdict {
  return condition ? KEPT : violated(detail);
}
