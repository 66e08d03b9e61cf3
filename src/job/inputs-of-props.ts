import { Duration } from 'aws-cdk-lib';
import { type ProtectedJobProps } from './protected-job-props';
import { ProtectedJobType } from './protected-job-type';
import { type Worker } from './worker';
import { MAX_SLICE_SECONDS } from '../contract/custom-resource';
import { assertNothingLeft, type Complete, type JobInputs } from '../contract/job-inputs';

/**
 * The inputs that the props ask for, with the defaults that are this library's. Durations are not rounded: a fraction of a second is
 * refused like any other number that is not whole.
 *
 * @internal
 */
export function jobInputsOf(props: ProtectedJobProps): JobInputs {
  const {
    membership,
    analysisTemplate,
    type = ProtectedJobType.PYSPARK,
    parameters,
    worker,
    resultReceiver,
    computePayer,
    triggers,
    timeout = DEFAULT_TIMEOUT,
    pollInterval,
    // What is no input of the job: what it may read, and what the construct does.
    collaboration,
    configuredTableAssociations,
    intermediateTableArns,
    failDeployment,
    waitForCompletion,
    sequential,
    stackOutputs,
    runner,
    ...others
  } = props;
  assertNothingLeft(others);
  const inputs: Complete<JobInputs> = {
    type: type.name,
    membershipIdentifier: membership.membershipRef.membershipIdentifier,
    analysisTemplateArn: analysisTemplate.analysisTemplateRef.analysisTemplateArn,
    parameters,
    ...workerInputs(worker),
    resultReceiver,
    computePayer,
    triggers,
    timeoutSeconds: timeout.toSeconds({ integral: false }),
    pollIntervalSeconds: pollInterval?.toSeconds({ integral: false }),
  };
  return inputs;
}

function workerInputs(worker: Worker | undefined): Complete<Pick<JobInputs, 'workerType' | 'workerNumber' | 'sparkProperties'>> {
  const { type, number, sparkProperties, ...others } = worker ?? {};
  assertNothingLeft(others);
  return { workerType: type?.name, workerNumber: number, sparkProperties };
}

const DEFAULT_TIMEOUT = Duration.seconds(MAX_SLICE_SECONDS);
