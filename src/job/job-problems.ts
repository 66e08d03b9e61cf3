import { Annotations, type Stack, Token } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { findMismatches } from './belongs-together';
import { jobInputsOf } from './inputs-of-props';
import { type ProtectedJobProps } from './protected-job-props';
import {
  findCollaborationArnProblems,
  findConfiguredTableAssociationArnProblems,
  findIntermediateTableArnProblems,
  findProblems,
} from '../contract/input-rules';
import { USUAL_VCPU_QUOTA, vcpusOf } from '../contract/vcpus';
import { isKnownAtSynth } from '../synth/synth-check';

/**
 * What is wrong with the props of a job, as far as it can be known at synth. Whether things belong together is only asked of those that
 * are well formed.
 *
 * @internal
 */
export function findJobProblems(stack: Stack, props: ProtectedJobProps): string[] {
  const problems = [...findProblems(jobInputsOf(props), isKnownAtSynth), ...findUselessProps(props), ...findNarrowingProblems(props)];
  return problems.length > 0 ? problems : findMismatches(stack, props);
}

/**
 * What may go wrong at deploy, and is no mistake in itself.
 *
 * @internal
 */
export function warnOfJob(job: Construct, { worker }: ProtectedJobProps): void {
  const isKnown = worker !== undefined && isKnownAtSynth(worker.number);
  const vcpus = isKnown ? vcpusOf({ workerType: worker.type.name, workerNumber: worker.number }) : undefined;
  if (vcpus !== undefined && vcpus > USUAL_VCPU_QUOTA) {
    Annotations.of(job).addWarningV2(
      'cdk-cleanrooms-protected-job:vcpus',
      `worker.number: ${worker?.number} workers of type ${worker?.type.name} have ${vcpus} vCPU, where an account can have ${USUAL_VCPU_QUOTA} at once ` +
        '(1024 in us-east-1) unless AWS has raised its quota L-26B93E43; Clean Rooms refuses the job otherwise. Set a lower number, or have the quota raised',
    );
  }
}

/** What only matters to a deployment that waits. */
function findUselessProps({ waitForCompletion = true, failDeployment, pollInterval }: ProtectedJobProps): string[] {
  const useless = Object.entries({ failDeployment, pollInterval }).filter(([, value]) => value !== undefined);
  return waitForCompletion ? [] : useless.map(([name]) => `${name}: has no effect with waitForCompletion: false; remove one of them`);
}

/** References as another library may bring them: nobody has looked at their ARNs yet. */
function findNarrowingProblems(props: ProtectedJobProps): string[] {
  const { collaboration, configuredTableAssociations = [], intermediateTableArns = [] } = props;
  if (Token.isUnresolved(intermediateTableArns)) {
    return ['intermediateTableArns: a list that is a token can not be part of a policy; pass its elements, as Fn.select() returns them'];
  }
  const associationArns = configuredTableAssociations.map((association) => association.configuredTableAssociationRef.configuredTableAssociationArn);
  return [
    ...(collaboration === undefined ? [] : findCollaborationArnProblems(collaboration.collaborationRef.collaborationArn, isKnownAtSynth)),
    ...associationArns.flatMap((arn) => findConfiguredTableAssociationArnProblems(arn, isKnownAtSynth)),
    ...intermediateTableArns.flatMap((arn) => findIntermediateTableArnProblems(arn, isKnownAtSynth)),
  ];
}
