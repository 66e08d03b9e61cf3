import { type ProtectedJobProps } from './protected-job-props';
import { type Worker } from './worker';
import { ProtectedJobRunner } from '../runner/protected-job-runner';
import { BOOLEAN, duration, findKindProblems, listOf, MAP, NUMBER, objectWith, type PropKinds, TEXT } from '../synth/prop-kinds';

const WORKER_KINDS: PropKinds<Worker> = {
  type: objectWith('name', 'a WorkerType, such as WorkerType.CR_1X,', true),
  number: NUMBER,
  sparkProperties: MAP,
};

const JOB_KINDS: PropKinds<ProtectedJobProps> = {
  membership: objectWith('membershipRef', 'a membership, such as Membership.fromMembershipId() returns,', true),
  analysisTemplate: objectWith('analysisTemplateRef', 'an analysis template, such as AnalysisTemplate.fromAnalysisTemplateArn() returns,', true),
  collaboration: objectWith('collaborationRef', 'a collaboration, such as Collaboration.fromCollaborationArn() returns,'),
  configuredTableAssociations: listOf(
    objectWith(
      'configuredTableAssociationRef',
      'a configured table association, such as ConfiguredTableAssociation.fromConfiguredTableAssociationArn() returns,',
    ),
  ),
  intermediateTableArns: listOf(TEXT),
  type: objectWith('name', 'a ProtectedJobType, such as ProtectedJobType.PYSPARK,'),
  parameters: MAP,
  worker: {
    expected: 'an object with type and number',
    fits: (value) => typeof value === 'object' && value !== null,
    findProblemsInside: (prop, value) => findKindProblems<Worker>(WORKER_KINDS, value, `${prop}.`),
  },
  resultReceiver: TEXT,
  computePayer: TEXT,
  triggers: MAP,
  timeout: duration('Duration.minutes(55)'),
  pollInterval: duration('Duration.seconds(30)'),
  failDeployment: BOOLEAN,
  waitForCompletion: BOOLEAN,
  sequential: BOOLEAN,
  stackOutputs: BOOLEAN,
  runner: { expected: 'a ProtectedJobRunner', fits: (value) => value instanceof ProtectedJobRunner },
};

/**
 * Props of a kind that they can not be of. Nothing else can be asked of them then.
 *
 * @internal
 */
export function findJobKindProblems(props: unknown): string[] {
  return findKindProblems<ProtectedJobProps>(JOB_KINDS, props);
}
