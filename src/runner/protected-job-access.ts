import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';

/**
 * What a protected job runs with and reads. The permissions of its runner follow from it.
 */
export interface ProtectedJobAccess {
  /**
   * The membership to run the job with: a `CfnMembership`, or `Membership.fromMembershipId()`. One job at a time can run per
   * membership: see `sequential`.
   */
  readonly membership: cleanrooms.IMembershipRef;

  /**
   * The analysis template to run: a `CfnAnalysisTemplate`, or `AnalysisTemplate.fromAnalysisTemplateArn()`.
   */
  readonly analysisTemplate: cleanrooms.IAnalysisTemplateRef;

  /**
   * The collaboration of the membership: a `CfnCollaboration`, or `Collaboration.fromCollaborationArn()`. The runner may then read templates
   * and table schemas, on which a start depends, of this collaboration only.
   *
   * @default - the collaboration of a membership that is a `CfnMembership`; of another membership, any collaboration in the region
   */
  readonly collaboration?: cleanrooms.ICollaborationRef;

  /**
   * The configured table associations that the template reads, those of other members too: `CfnConfiguredTableAssociation`, or
   * `ConfiguredTableAssociation.fromConfiguredTableAssociationArn()`. The runner may then start jobs on these only. Where one is
   * missing, Clean Rooms denies the start. About 25 fit into the permissions of a job.
   *
   * @default - any configured table association in the region, of any member
   */
  readonly configuredTableAssociations?: cleanrooms.IConfiguredTableAssociationRef[];

  /**
   * The ARNs of the intermediate tables that the template reads,
   * `arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/intermediatetable/<ID>`, those of other members too. The runner may then
   * start jobs on these only: `[]` for a template that reads none. Of a `CfnIntermediateTable`, which newer versions of `aws-cdk-lib` have, it is the
   * `attrArn`.
   *
   * @default - any intermediate table in the region, of any member
   */
  readonly intermediateTableArns?: string[];
}
