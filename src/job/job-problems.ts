import { Stack, Token } from 'aws-cdk-lib';
import { findMismatches } from './belongs-together';
import { jobInputsOf } from './inputs-of-props';
import { ProtectedJobProps } from './protected-job-props';
import {
  findCollaborationArnProblems,
  findConfiguredTableAssociationArnProblems,
  findIntermediateTableArnProblems,
  findProblems,
} from '../contract/input-rules';
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
