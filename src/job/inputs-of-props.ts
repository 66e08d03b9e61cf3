import { Duration } from 'aws-cdk-lib';
import { ProtectedJobProps } from './protected-job-props';
import { ProtectedJobType } from './protected-job-type';
import { MAX_SLICE_SECONDS } from '../contract/custom-resource';
import { JobInputs } from '../contract/job-inputs';

/**
 * The inputs that the props ask for, with the defaults that are this library's. Durations are not rounded: a fraction of a second is
 * refused like any other number that is not whole.
 *
 * @internal
 */
export function jobInputsOf(props: ProtectedJobProps): JobInputs {
  const { membership, analysisTemplate, type = ProtectedJobType.PYSPARK, worker, timeout = DEFAULT_TIMEOUT, pollInterval } = props;
  return {
    type: type.name,
    membershipIdentifier: membership.membershipRef.membershipIdentifier,
    analysisTemplateArn: analysisTemplate.analysisTemplateRef.analysisTemplateArn,
    parameters: props.parameters,
    workerType: worker?.type.name,
    workerNumber: worker?.number,
    sparkProperties: worker?.sparkProperties,
    resultReceiver: props.resultReceiver,
    computePayer: props.computePayer,
    triggers: props.triggers,
    timeoutSeconds: timeout.toSeconds({ integral: false }),
    pollIntervalSeconds: pollInterval?.toSeconds({ integral: false }),
  };
}

const DEFAULT_TIMEOUT = Duration.seconds(MAX_SLICE_SECONDS);
