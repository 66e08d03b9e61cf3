import { Random } from './random';
import { MAX_SLICE_SECONDS, MAX_TIMEOUT_SECONDS } from '../../../src/contract/custom-resource';

/** A job of a stack, without the values that are parameters of its template. */
export interface JobShape {
  readonly name: string;
  /** From 1 to 3. */
  readonly membership: number;
  /** Jobs with the same number have the same inputs, so their runs can not be told apart. */
  readonly inputs: number;
  readonly isSequential: boolean;
  readonly timeoutSeconds: number;
}

export type StackShape = readonly JobShape[];

/**
 * The shapes that a stack takes in its life, each with one change compared to the first. There are only a few families,
 * because synthesizing a template takes long.
 */
export function familyOf(number: number): readonly StackShape[] {
  const random = new Random(FIRST_FAMILY + number);
  const jobs = newJobs(random, number);
  return [jobs, withOtherTimeout(random, jobs), withJobAdded(random, jobs), withJobRemoved(random, jobs), withJobMoved(random, jobs)];
}

/** A prime number, so that every shape is combined with every frequency of faults. */
export const FAMILIES = 23;

const FIRST_FAMILY = 1_000;

function newJobs(random: Random, number: number): StackShape {
  const memberships = random.whole(1, 3);
  const count = random.pick([1, 1, 2, 3, random.whole(4, 7)]);
  const isSequential = random.chance(0.6);
  const jobs: JobShape[] = [];
  for (let index = 1; index <= count; index++) {
    const twin = index > 1 && random.chance(0.25) ? jobs[index - 2] : undefined;
    jobs.push({
      name: `Job${index}`,
      membership: twin?.membership ?? random.whole(1, memberships),
      inputs: twin?.inputs ?? index,
      isSequential: isSequential && random.chance(0.8),
      timeoutSeconds: number === 0 ? MAX_TIMEOUT_SECONDS : timeoutOf(random),
    });
  }
  return jobs;
}

function timeoutOf(random: Random): number {
  return random.pick([60, 300, 900, MAX_SLICE_SECONDS, MAX_SLICE_SECONDS, MAX_SLICE_SECONDS + 60, 2 * MAX_SLICE_SECONDS, 3 * MAX_SLICE_SECONDS]);
}

function withOtherTimeout(random: Random, jobs: StackShape): StackShape {
  const { name, timeoutSeconds } = random.pick(jobs);
  const other = timeoutSeconds > MAX_SLICE_SECONDS ? MAX_SLICE_SECONDS : random.pick([2, 3]) * MAX_SLICE_SECONDS;
  return jobs.map((job) => (job.name === name ? { ...job, timeoutSeconds: other } : job));
}

function withJobAdded(random: Random, jobs: StackShape): StackShape {
  const number = jobs.length + 1;
  const { membership } = random.pick(jobs);
  return [...jobs, { name: `Job${number}`, membership, inputs: number, isSequential: jobs[0].isSequential, timeoutSeconds: timeoutOf(random) }];
}

function withJobRemoved(random: Random, jobs: StackShape): StackShape {
  const { name } = random.pick(jobs);
  return jobs.length === 1 ? jobs : jobs.filter((job) => job.name !== name);
}

/** Jobs with the same inputs stay together. */
function withJobMoved(random: Random, jobs: StackShape): StackShape {
  const { inputs, membership } = random.pick(jobs);
  return jobs.map((job) => (job.inputs === inputs ? { ...job, membership: (membership % 3) + 1 } : job));
}
