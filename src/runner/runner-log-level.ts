/**
 * How much the functions of a runner log, from most to least. What happened with a job is logged from `INFO` on.
 */
export enum RunnerLogLevel {
  /** Everything that `INFO` has, and every wait between two looks at a job. */
  DEBUG = 'DEBUG',

  /** Every request of CloudFormation's, every step of a job, and everything that `WARN` has. */
  INFO = 'INFO',

  /** Calls that were refused, such as a start while another job runs with the membership, and everything that `ERROR` has. */
  WARN = 'WARN',

  /** Requests that can not be understood, and requests that the runner gives up. */
  ERROR = 'ERROR',
}
