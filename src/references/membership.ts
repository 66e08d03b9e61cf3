import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { referencePath } from './reference';
import { findMembershipIdentifierProblems } from '../contract/input-rules';
import { assertNoProblems, isKnownAtSynth } from '../synth/synth-check';

/**
 * Memberships that are not resources of this app.
 */
export class Membership {
  /**
   * Refers to an existing membership in the account and region of the stack.
   *
   * @param scope the scope that the reference belongs to
   * @param id the reference's ID in that scope
   * @param membershipId the membership's ID: a UUID in lower case, or a token
   * @throws if the membership ID is not a UUID in lower case
   */
  public static fromMembershipId(scope: Construct, id: string, membershipId: string): cleanrooms.IMembershipRef {
    const path = referencePath(scope, id);
    assertNoProblems(scope, findMembershipIdentifierProblems(membershipId, isKnownAtSynth), path);
    return new ReferencedMembership(scope, id, membershipId);
  }

  private constructor() {}
}

class ReferencedMembership extends Resource implements cleanrooms.IMembershipRef {
  public readonly membershipRef: cleanrooms.MembershipReference;

  constructor(scope: Construct, id: string, membershipId: string) {
    super(scope, id);
    this.membershipRef = {
      membershipIdentifier: membershipId,
      membershipArn: Stack.of(this).formatArn({
        service: 'cleanrooms',
        resource: 'membership',
        resourceName: membershipId,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    };
  }
}
