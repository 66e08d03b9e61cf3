import { canonicalHash } from './canonical-hash';
import { Job } from './job';
import { JobIdentity } from './record';
import { JobInputs } from '../../contract/job-inputs';

/**
 * What is kept of a run's inputs to recognize its job by, should the answer to its start get lost: a hash in place of the
 * parameters, whose values do not belong into the ledger's records.
 */
export function identityOf(inputs: JobInputs): JobIdentity {
  return {
    analysisTemplateArn: inputs.analysisTemplateArn,
    parametersHash: hashOf(inputs.parameters),
    workerType: inputs.workerType,
    workerNumber: inputs.workerNumber,
  };
}

/** Whether the job can be the one that was started with this identity. What Clean Rooms does not return is no difference. */
export function matches(identity: JobIdentity, job: Job): boolean {
  return (
    job.analysisTemplateArn === identity.analysisTemplateArn &&
    sameIfBoth(identity.parametersHash, job.parameters && hashOf(job.parameters)) &&
    sameIfBoth(identity.workerType, job.workerType) &&
    sameIfBoth(identity.workerNumber, job.workerNumber)
  );
}

function hashOf(parameters: Readonly<Record<string, string>> | undefined): string {
  return canonicalHash(parameters ?? {});
}

function sameIfBoth<T>(a: T | undefined, b: T | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
