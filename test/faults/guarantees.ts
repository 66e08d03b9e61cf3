/** What must hold, whatever goes wrong. Every part of the tries judges by these names, and reports one line for each. */
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
