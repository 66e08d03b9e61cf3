import { Resource } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { arnSegment, environmentOf, referencePath } from './reference';
import { findConfiguredTableAssociationArnProblems } from '../contract/input-rules';
import { assertNoProblems, isKnownAtSynth } from '../synth/synth-check';

/**
 * Configured table associations that are not resources of this app.
 */
export class ConfiguredTableAssociation {
  /**
   * Refers to an existing configured table association. It may belong to another member of the collaboration, and so to
   * another account.
   *
   * @param scope the scope that the reference belongs to
   * @param id the reference's ID in that scope
   * @param configuredTableAssociationArn the association's ARN, or a token:
   *   `arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/configuredtableassociation/<ID>`
   * @throws if it is not such an ARN
   */
  public static fromConfiguredTableAssociationArn(
    scope: Construct,
    id: string,
    configuredTableAssociationArn: string,
  ): cleanrooms.IConfiguredTableAssociationRef {
    const path = referencePath(scope, id);
    assertNoProblems(scope, findConfiguredTableAssociationArnProblems(configuredTableAssociationArn, isKnownAtSynth), path);
    return new ReferencedConfiguredTableAssociation(scope, id, configuredTableAssociationArn);
  }

  private constructor() {}
}

class ReferencedConfiguredTableAssociation extends Resource implements cleanrooms.IConfiguredTableAssociationRef {
  public readonly configuredTableAssociationRef: cleanrooms.ConfiguredTableAssociationReference;

  constructor(scope: Construct, id: string, configuredTableAssociationArn: string) {
    super(scope, id, environmentOf(configuredTableAssociationArn));
    this.configuredTableAssociationRef = {
      configuredTableAssociationArn,
      membershipIdentifier: arnSegment(configuredTableAssociationArn, 1),
      configuredTableAssociationIdentifier: arnSegment(configuredTableAssociationArn, 3),
    };
  }
}
