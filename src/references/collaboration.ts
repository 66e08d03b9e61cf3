import { Resource } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { arnSegment, environmentOf, referencePath } from './reference';
import { findCollaborationArnProblems } from '../contract/input-rules';
import { assertNoProblems, isKnownAtSynth } from '../synth/synth-check';

/**
 * Collaborations that are not resources of this app.
 */
export class Collaboration {
  /**
   * Refers to an existing collaboration. It belongs to the account that created it, which may be another one than the
   * stack's.
   *
   * @param scope the scope that the reference belongs to
   * @param id the reference's ID in that scope
   * @param collaborationArn the collaboration's ARN, or a token:
   *   `arn:<partition>:cleanrooms:<region>:<account>:collaboration/<ID>`
   * @throws if it is not such an ARN
   */
  public static fromCollaborationArn(scope: Construct, id: string, collaborationArn: string): cleanrooms.ICollaborationRef {
    const path = referencePath(scope, id);
    assertNoProblems(scope, findCollaborationArnProblems(collaborationArn, isKnownAtSynth), path);
    return new ReferencedCollaboration(scope, id, collaborationArn);
  }

  private constructor() {}
}

class ReferencedCollaboration extends Resource implements cleanrooms.ICollaborationRef {
  public readonly collaborationRef: cleanrooms.CollaborationReference;

  constructor(scope: Construct, id: string, collaborationArn: string) {
    super(scope, id, environmentOf(collaborationArn));
    this.collaborationRef = { collaborationArn, collaborationIdentifier: arnSegment(collaborationArn, 1) };
  }
}
