import { type Stack } from 'aws-cdk-lib';
import { type Collaborator, type Journey } from './journey';
import { ProtectedJob, type ProtectedJobProps } from '../../src';

const MINUTE = 60_000;
export const SECRET = 'a-secret-value-of-a-parameter';

/**
 * From now on, the parameter `outcome` of a job says how it ends: never, with a failure, or with success within
 * minutes.
 */
export function decideByOutcome({ aws }: Journey): void {
  Object.assign(aws.cleanRooms.jobDurations, { submitted: 10_000, run: MINUTE, cancelling: 20_000 });
  aws.cleanRooms.setRunTime((job) => (job.parameters.outcome === 'endless' ? 24 * 60 * MINUTE : undefined));
  aws.cleanRooms.failJobs((job) =>
    job.parameters.outcome === 'failure' ? { code: 'MALFORMED_SCRIPT', message: `column ${SECRET} is missing` } : undefined,
  );
}

export function addJob(scope: Stack, id: string, collaborator: Collaborator, props: Partial<ProtectedJobProps> = {}): ProtectedJob {
  return new ProtectedJob(scope, id, {
    membership: collaborator.membership(scope, `${id}Membership`),
    analysisTemplate: collaborator.analysisTemplate(scope, `${id}Template`),
    ...props,
  });
}
