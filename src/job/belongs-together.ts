import { type Stack, Token } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';

/** What a job brings together. */
interface Parts {
  readonly membership: cleanrooms.IMembershipRef;
  readonly analysisTemplate: cleanrooms.IAnalysisTemplateRef;
  readonly collaboration?: cleanrooms.ICollaborationRef;
}

/**
 * Why a job's membership, template and collaboration can not belong together or to its stack, as far as that is known at synth: whatever is
 * a token passes.
 *
 * @internal
 */
export function findMismatches(stack: Stack, { membership, analysisTemplate, collaboration }: Parts): string[] {
  const here: Place = { account: stack.account, region: stack.region };
  const ours = placeOf(membership.membershipRef.membershipArn, membership.env);
  const theirs = placeOf(analysisTemplate.analysisTemplateRef.analysisTemplateArn, analysisTemplate.env);
  return [
    ...(['account', 'region'] as const).flatMap((part) =>
      differ(ours[part], here[part])
        ? [`membership: it is in ${part} ${ours[part]}, the job's stack in ${here[part]}; a job runs in the account and region of its membership`]
        : [],
    ),
    ...findRegionMismatch('analysisTemplate', theirs, ours),
    ...findRegionMismatch('collaboration', collaboration && placeOf(collaboration.collaborationRef.collaborationArn, collaboration.env), ours),
    ...findMembershipMismatch(theirs, { ...ours, membershipId: membership.membershipRef.membershipIdentifier }),
  ];
}

interface Place {
  readonly account: string;
  readonly region: string;
  /** The membership that it belongs to, where that is known. */
  readonly membershipId?: string;
}

/** An ARN says more than the environment of a construct that refers to it, which may be that of the stack around it. */
function placeOf(arn: string, environment: Place): Place {
  const match = Token.isUnresolved(arn) ? null : /^arn:[^:]+:cleanrooms:([^:]+):([^:]+):(?:membership\/([^/]+))?/.exec(arn);
  return match === null ? environment : { region: match[1], account: match[2], membershipId: match[3] };
}

function findRegionMismatch(prop: string, place: Place | undefined, membership: Place): string[] {
  return place !== undefined && differ(place.region, membership.region)
    ? [`${prop}: it is in region ${place.region}, the membership in ${membership.region}; a collaboration is in one region`]
    : [];
}

/** An account has one membership per collaboration (CreateMembership refuses a second one). */
function findMembershipMismatch(template: Place, membership: Place & { readonly membershipId: string }): string[] {
  const isSameAccount = isKnown(template.account) && template.account === membership.account && template.region === membership.region;
  return isSameAccount && template.membershipId !== undefined && differ(template.membershipId, membership.membershipId)
    ? [
      `analysisTemplate: it belongs to membership ${template.membershipId} of the same account and region, and so to another collaboration ` +
          `than membership ${membership.membershipId}`,
    ]
    : [];
}

function differ(one: string, other: string): boolean {
  return isKnown(one) && isKnown(other) && one !== other;
}

function isKnown(value: string): boolean {
  return !Token.isUnresolved(value);
}
