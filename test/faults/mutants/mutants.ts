import { type Guarantee } from '../guarantees';

/** A fault put into the engine on purpose, and the guarantee that it breaks. */
export interface Mutant {
  readonly name: string;
  /** A file of the engine, and the text in it that is replaced. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
  readonly breaks: Guarantee;
  /** The scenario that shows it. */
  readonly scenario: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'who loses a conditional save goes on all the same',
    file: 'advance.ts',
    text: 'await ledger.save(decision.record);',
    replacement: '(await ledger.save(decision.record)) ?? decision.record;',
    breaks: 'no job runs on after the stack has settled',
    scenario: 'Create and Delete',
  },
  {
    name: 'a start of which nobody knows what came is simply repeated',
    file: 'core/absorb.ts',
    text: 'const isUnknown = refusal.kind === \'unknown\' && lease !== undefined;',
    replacement: 'const isUnknown = false && lease !== undefined;',
    breaks: 'a run that is asked for starts one job at most',
    scenario: 'Create',
  },
  {
    name: 'a start after which the function crashed is simply repeated',
    file: 'core/decision.ts',
    text: 'unknownStarts: { since: run.unknownStarts?.since ?? start, until: end },',
    replacement: '',
    breaks: 'a run that is asked for starts one job at most',
    scenario: 'Create',
  },
  {
    name: 'a job with another receiver of its results is taken for the own one',
    file: 'core/job-identity.ts',
    text: '    receiverPair(identity, job),\n',
    replacement: '',
    breaks: 'attributes are those of the job',
    scenario: 'Create',
  },
  {
    name: 'a job of which Clean Rooms shows the defaults of the template is not recognized',
    file: 'core/job-identity.ts',
    text: 'own === undefined || shown === undefined || own === shown',
    replacement: 'own === shown',
    breaks: 'a run that is asked for starts one job at most',
    scenario: 'Create',
  },
  {
    name: 'a job that Clean Rooms lists late is not waited for',
    file: 'core/decision.ts',
    text: 'return run?.unknownStarts !== undefined && time < run.unknownStarts.until + JOB_LIST_LAG;',
    replacement: 'return false;',
    breaks: 'a run that is asked for starts one job at most',
    scenario: 'Create',
  },
  {
    name: 'a start is sent however late it comes',
    file: 'effects.ts',
    text: 'if (now() + START_ABORT > leaseEnd) {',
    replacement: 'if (false) {',
    breaks: 'no job is started in a rollback',
    scenario: 'a start that stalls past its lease, and a Delete',
  },
  {
    name: 'the stack is not asked whether it still deploys',
    file: 'core/decision.ts',
    text: 'if (MAY_START.includes(stackStatus)) {',
    replacement: 'if (true) {',
    breaks: 'no job is started in a rollback',
    scenario: 'a start that stalls past its lease, and a Delete',
  },
  {
    name: 'the last state of the clock sends another answer than the one that was saved',
    file: 'give-up.ts',
    text: 'const answer = record.request.answer ?? newAnswer(',
    replacement: 'const answer = newAnswer(',
    breaks: 'no request gets two different answers',
    scenario: 'Create',
  },
  {
    name: 'a Delete does not wait for the end of the job',
    file: 'core/decision.ts',
    text: 'if (record.run !== undefined && mustStop(record, record.run)) {',
    replacement: 'if (record.run !== undefined && record.request.type !== \'Delete\' && mustStop(record, record.run)) {',
    breaks: 'no job runs when CloudFormation is told',
    scenario: 'Create and Delete',
  },
  {
    name: 'a Delete believes at once that there is no job',
    file: 'core/decision.ts',
    text: 'if (lookup === undefined) {\n    return { kind: \'stopped\'',
    replacement: 'if (true) {\n    return { kind: \'stopped\'',
    breaks: 'no job runs when CloudFormation is told',
    scenario: 'Create and Delete',
  },
  {
    name: 'only the latest success is remembered',
    file: 'core/absorb.ts',
    text: 'successes: [...latest, success]',
    replacement: 'successes: [success]',
    breaks: 'a rollback restores the attributes',
    scenario: 'Update and its rollback',
  },
  {
    name: 'any success will do',
    file: 'core/decision.ts',
    text: 'record.successes.find(({ runKey }) => runKey === record.request.runKey)',
    replacement: 'record.successes.at(0)',
    breaks: 'attributes are those of the job',
    scenario: 'Update',
  },
  {
    name: 'a success is forgotten',
    file: 'core/decision.ts',
    text: 'if (success !== undefined && !(success',
    replacement: 'if (success !== undefined && record.formerRequests.length === 0 && !(success',
    breaks: 'no run again after its success',
    scenario: 'Update to other inputs and back',
  },
  {
    name: 'an answer that did not arrive is not sent again',
    file: 'core/absorb.ts',
    text: 'const settled = outcome === \'accepted\' || ',
    replacement: 'const settled = true || ',
    breaks: 'every request is answered in time',
    scenario: 'Create',
  },
  {
    name: 'a request that is delivered again is a new one',
    file: 'core/receive.ts',
    text: 'if (record.request.key === request.key) {',
    replacement: 'if (false) {',
    breaks: 'a run that is asked for starts one job at most',
    scenario: 'Create, delivered twice',
  },
  {
    name: 'the reason is as long as it is',
    file: 'core/answer-body.ts',
    text: 'const MAX_ANSWER_BYTES = 4096;',
    replacement: 'const MAX_ANSWER_BYTES = 40_960;',
    breaks: 'an answer fits 4096 bytes',
    scenario: 'Create',
  },
  {
    name: 'what a job says of its failure is passed on as it is',
    file: 'redacting-clean-rooms.ts',
    text: 'return { value: { ...result.value, error: this.redacted(error) } };',
    replacement: 'return { value: { ...result.value, error } };',
    breaks: 'no value or response URL is told or kept',
    scenario: 'Create',
  },
  {
    name: 'an answer of before is sent although a retry has the ID of its request',
    file: 'core/receive.ts',
    text: 'former.answer !== undefined && wouldAnswer(former.answer, request) ?',
    replacement: 'false ?',
    breaks: 'no job runs when CloudFormation is told',
    scenario: 'a retry with the same RequestId and a fresh response URL',
  },
  {
    name: 'any time is believed',
    file: 'core/receive.ts',
    text: 'return time > now + CLOCK_SKEW;',
    replacement: 'return false;',
    breaks: 'every request is answered in time',
    scenario: 'Update after an event with a forged time',
  },
  {
    name: 'what is said of the job of another run is passed on',
    file: 'redacting-clean-rooms.ts',
    text: 'const isOwn = job.valid && (runKey === undefined || runKey === job.runKey);',
    replacement: 'const isOwn = job.valid;',
    breaks: 'no value or response URL is told or kept',
    scenario: 'Update and its rollback, which may not cancel',
  },
  {
    name: 'a cancellation that was accepted is taken for the end of the job',
    file: 'core/absorb.ts',
    text: 'if (result.refusal === undefined) {\n    return absorbed;\n  }\n  return result.refusal.kind',
    replacement: 'if (result.refusal === undefined) {\n    return withoutRun(absorbed);\n  }\n  return result.refusal.kind',
    breaks: 'no job runs when CloudFormation is told',
    scenario: 'Create and Delete',
  },
];
