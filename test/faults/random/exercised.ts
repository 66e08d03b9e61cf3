/** What goes wrong without anybody's doing. */
export const FAULTS = [
  'an event is delivered twice',
  'an event is delivered late',
  'every delivery of an event fails',
  'a function crashes before a call',
  'a function crashes after a call',
  'a function runs into its timeout',
  'a call takes many seconds',
  'the ledger or the clock answers 500 without having done it',
  'the ledger or the clock answers 500 after having done it',
  'a start is carried out, and its caller gets a 500',
  'a start is carried out, and its caller has given up',
  'StartProtectedJob: throttled',
  'StartProtectedJob: denied',
  'StartProtectedJob: unknown',
  'StartProtectedJob: quota without a reason',
  'StartProtectedJob: quota, for another job runs',
  'GetProtectedJob: throttled',
  'GetProtectedJob: denied',
  'GetProtectedJob: unknown',
  'GetProtectedJob: the job does not show yet',
  'ListProtectedJobs: throttled',
  'ListProtectedJobs: denied',
  'ListProtectedJobs: unknown',
  'ListProtectedJobs: a job does not show yet',
  'UpdateProtectedJob: throttled',
  'UpdateProtectedJob: denied',
  'UpdateProtectedJob: unknown',
  'UpdateProtectedJob: the job does not show yet',
  'UpdateProtectedJob: the job has ended',
  'DescribeStacks: throttled',
  'permissions have not arrived at Clean Rooms yet',
  'permissions have not arrived at CloudFormation yet',
  'a response URL answers 403',
  'a response URL answers 500',
  'a response URL answers 403 for ever',
  'a response URL answers 500 for minutes',
  'a job fails',
  'a job is cancelled by somebody',
  'a job ends in an undocumented status',
  'a job hangs',
  'a job hangs while it is being cancelled',
  'a job succeeds while it is being cancelled',
  'a job fails while it is being cancelled',
  'a sibling fails',
] as const;

/** What deployments were like. */
export const SITUATIONS = [
  'a stack is created',
  'a stack is updated',
  'a create is rolled back',
  'an update is rolled back',
  'a rollback is continued after it failed',
  'a stack is deleted while it is created',
  'an update is cancelled',
  'a create failed with its rollback disabled',
  'an update failed with its rollback disabled',
  'a failed deployment is tried again',
  'a retry repeats the ID of the failed request',
  'a retry has a fresh request ID',
  'a retry creates without a Delete before',
  'a failed update is rolled back by hand',
  'CloudFormation gives up on a request',
  'a cleanup deletes a job',
  'a cleanup deletes a slice',
  'an update adds a job',
  'an update adds a slice',
  'an update changes nothing but a timeout',
  'an update goes back to former inputs',
  'an update moves a job to another membership',
  'two jobs of a stack have the same inputs',
  'jobs of one membership are in line',
  'jobs of one membership are not in line',
  'a timeout takes two or three slices',
  'a timeout takes more than three slices',
  'a slice hands over to the next one',
  'a job is started',
  'a job is cancelled',
] as const;

export type Exercise = (typeof FAULTS)[number] | (typeof SITUATIONS)[number];

/** How often each fault and each situation really happened. It shows if one of them was never tried. */
export class Exercised {
  readonly counts = new Map<string, number>();

  note(exercise: Exercise): void {
    this.counts.set(exercise, this.countOf(exercise) + 1);
  }

  countOf(exercise: Exercise): number {
    return this.counts.get(exercise) ?? 0;
  }
}
