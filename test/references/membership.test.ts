import { CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { Membership } from '../../src';
import { ACCOUNT, JobStack, jobPolicies, MEMBERSHIP_ID, newApp, onlyJobResource } from '../fixtures';

function newStack(region?: string, featureFlags: Record<string, unknown> = {}): Stack {
  return new Stack(newApp(featureFlags), 'Stack', { env: region === undefined ? undefined : { account: ACCOUNT, region } });
}

const ARN_START = 'arn:aws:cleanrooms:eu-central-1:111122223333:';

test('refers to a membership by its ID', () => {
  const { membershipRef } = Membership.fromMembershipId(newStack('eu-central-1'), 'Membership', MEMBERSHIP_ID);

  expect(membershipRef.membershipIdentifier).toBe(MEMBERSHIP_ID);
});

test.each([
  ['eu-central-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
])('has the ARN of a membership in %s, in the partition %s', (region, partition) => {
  const stack = newStack(region, recommendedFeatureFlags);
  const { membershipRef } = Membership.fromMembershipId(stack, 'Membership', MEMBERSHIP_ID);

  expect(stack.resolve(membershipRef.membershipArn)).toBe(`arn:${partition}:cleanrooms:${region}:${ACCOUNT}:membership/${MEMBERSHIP_ID}`);
});

test.each(['eu-central-1', 'cn-north-1', 'us-gov-west-1', 'a-new-region-1'])('leaves the partition of %s to CloudFormation without feature flags', (region) => {
  const stack = newStack(region);
  const { membershipRef } = Membership.fromMembershipId(stack, 'Membership', MEMBERSHIP_ID);

  expect(joined(stack.resolve(membershipRef.membershipArn))).toBe(
    `arn:{"Ref":"AWS::Partition"}:cleanrooms:${region}:${ACCOUNT}:membership/${MEMBERSHIP_ID}`,
  );
});

test('has an ARN also where the environment of the stack is unknown', () => {
  const stack = newStack();
  const { membershipRef } = Membership.fromMembershipId(stack, 'Membership', MEMBERSHIP_ID);

  expect(joined(stack.resolve(membershipRef.membershipArn))).toBe(
    `arn:{"Ref":"AWS::Partition"}:cleanrooms:{"Ref":"AWS::Region"}:{"Ref":"AWS::AccountId"}:membership/${MEMBERSHIP_ID}`,
  );
});

test('takes an ID that is a parameter of the stack', () => {
  const stack = newStack('eu-central-1');
  const id = new CfnParameter(stack, 'MembershipId').valueAsString;
  const { membershipRef } = Membership.fromMembershipId(stack, 'Membership', id);

  expect(stack.resolve(membershipRef.membershipIdentifier)).toEqual({ Ref: 'MembershipId' });
  expect(joined(stack.resolve(membershipRef.membershipArn))).toMatch(/:membership\/\{"Ref":"MembershipId"\}$/);
});

test('takes an ID that is part of a token', () => {
  const stack = newStack('eu-central-1');
  const arn = new CfnParameter(stack, 'MembershipArn').valueAsString;
  const { membershipRef } = Membership.fromMembershipId(stack, 'Membership', Fn.select(1, Fn.split('/', arn)));

  expect(stack.resolve(membershipRef.membershipIdentifier)).toEqual({ 'Fn::Select': [1, { 'Fn::Split': ['/', { Ref: 'MembershipArn' }] }] });
});

test.each([
  ['', '""', 0, ''],
  ['a-membership', '"a-membership"', 12, ''],
  [MEMBERSHIP_ID.toUpperCase(), `"${MEMBERSHIP_ID.toUpperCase()}"`, 36, '; write it in lower case'],
  [`${ARN_START}membership/a`, `"${ARN_START}membership/a"`, 57, '; of this ARN pass the ID after "membership/"'],
  [`${ARN_START}membership/a/analysistemplate/b`, `"${ARN_START}membership/a/an…"`, 76, '; of this ARN pass the ID after "membership/"'],
  [`${ARN_START}collaboration/a`, `"${ARN_START}collaboration/a"`, 60, '; this is the ARN of a resource of kind "collaboration"'],
])('throws where the ID is "%s"', (id, shown, length, wayOut) => {
  expect(() => Membership.fromMembershipId(newStack(), 'Membership', id)).toThrow(
    new Error(`Stack/Membership: membership: ${shown} (${length} characters) is not a membership ID, a UUID of 36 characters in lower case${wayOut}`),
  );
});

test('throws where the scope is forgotten or of another kind', () => {
  const from = (...args: unknown[]): unknown => Reflect.apply(Membership.fromMembershipId, Membership, args);

  expect(() => from('Membership', MEMBERSHIP_ID)).toThrow(
    new Error('scope: a text, where a construct is expected; the arguments are scope, id and what is referred to'),
  );
  expect(() => from(undefined, 'Membership', MEMBERSHIP_ID)).toThrow('scope: no value, where a construct is expected');
});

test('gives a job its ID, and the permissions of the job its ARN', () => {
  const stack = new JobStack();
  stack.addJob();

  expect(onlyJobResource(stack).Properties.MembershipIdentifier).toBe(MEMBERSHIP_ID);
  expect(JSON.stringify(jobPolicies(Template.fromStack(stack)))).toContain(`:membership/${MEMBERSHIP_ID}"`);
});

/** A resolved string as one text, with references as JSON. */
function joined(resolved: string | { 'Fn::Join': [string, unknown[]] }): string {
  return typeof resolved === 'string'
    ? resolved
    : resolved['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('');
}
