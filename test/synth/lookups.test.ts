import { ContextProvider, Duration, type Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { type Construct } from 'constructs';
import {
  AnalysisTemplate,
  Collaboration,
  ConfiguredTableAssociation,
  Membership,
  type ProtectedJobProps,
  ProtectedJobRunner,
  type ProtectedJobRunnerProps,
  ProtectedJobType,
  WorkerType,
} from '../../src';
import { ACCOUNT, JobStack, MEMBERSHIP_ID, newApp, templateArn, TEMPLATE_ARN, UncheckedMembership, UncheckedTemplate } from '../fixtures';

const env = { account: ACCOUNT, region: 'eu-central-1' };

const lookup = (scope: Construct, name = '/lookup') => ssm.StringParameter.valueFromLookup(scope, name);

/** What the CDK CLI is asked to look up. */
function lookedUp(stack: Stack): string[] {
  return (Stage.of(stack)?.synth().manifest.missing ?? []).map(({ provider }) => provider);
}

describe('a value that is still to be looked up does not fail the first synth', () => {
  test.each<[string, (stack: JobStack) => Partial<ProtectedJobProps>]>([
    ['a membership ID', (stack) => ({ membership: Membership.fromMembershipId(stack, 'Ref', lookup(stack)) })],
    ['a template ARN', (stack) => ({ analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Ref', lookup(stack)) })],
    [
      'a part of a template ARN',
      (stack) => ({ analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Ref', templateArn('t', lookup(stack, 'of-the-team'))) }),
    ],
    ['a region', (stack) => ({ analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Ref', TEMPLATE_ARN.replace('eu-central-1', lookup(stack))) })],
    ['a collaboration ARN', (stack) => ({ collaboration: Collaboration.fromCollaborationArn(stack, 'Ref', lookup(stack)) })],
    [
      'an association ARN',
      (stack) => ({ configuredTableAssociations: [ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'Ref', lookup(stack))] }),
    ],
    ['the ID of a membership of another library', (stack) => ({ membership: new UncheckedMembership(stack, 'Ref', lookup(stack)) })],
    ['the ARN of a template of another library', (stack) => ({ analysisTemplate: new UncheckedTemplate(stack, 'Ref', lookup(stack)) })],
    ['intermediate tables', (stack) => ({ intermediateTableArns: lookup(stack).split(',') })],
    ['a type', (stack) => ({ type: ProtectedJobType.of(lookup(stack)) })],
    ['a parameter name', (stack) => ({ parameters: { [lookup(stack)]: 'x' } })],
    ['a parameter', (stack) => ({ parameters: { day: lookup(stack) } })],
    ['a worker type', (stack) => ({ worker: { type: WorkerType.of(lookup(stack)), number: 4 } })],
    ['a worker number', (stack) => ({ worker: { type: WorkerType.CR_1X, number: Number(lookup(stack)) } })],
    ['a result receiver', (stack) => ({ resultReceiver: lookup(stack) })],
    ['a compute payer', (stack) => ({ computePayer: lookup(stack) })],
    ['a timeout', (stack) => ({ timeout: Duration.minutes(Number(lookup(stack))) })],
    ['a timeout whose dummy is far too long', (stack) => ({ timeout: Duration.minutes(lookup(stack).length * 1e6) })],
    ['a poll interval', (stack) => ({ pollInterval: Duration.seconds(Number(lookup(stack))) })],
    [
      'a dummy value of the user',
      (stack) => ({ resultReceiver: ContextProvider.getValue(stack, { provider: 'plugin', props: {}, dummyValue: 'someone' }).value }),
    ],
    ['a value with a default', (stack) => ({ resultReceiver: ssm.StringParameter.valueFromLookup(stack, '/lookup', 'nobody') })],
  ])('%s', (_, propsOf) => {
    const stack = new JobStack(newApp(), 'Stack', { env });
    stack.addJob('Uplift', propsOf(stack));

    expect(lookedUp(stack)).toHaveLength(1);
  });

  test.each<[string, (stack: Stack) => ProtectedJobRunnerProps]>([
    ['a role', (stack) => ({ advanceRole: iam.Role.fromLookup(stack, 'Role', { roleName: 'advance' }) })],
    ['a VPC', (stack) => ({ vpc: ec2.Vpc.fromLookup(stack, 'Vpc', { isDefault: true }) })],
    [
      'isolated subnets',
      (stack) => ({ vpc: ec2.Vpc.fromLookup(stack, 'Vpc', { vpcName: 'ours' }), vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }),
    ],
    ['a runtime', (stack) => ({ runtime: new lambda.Runtime(lookup(stack)) })],
  ])('%s of a runner', (_, propsOf) => {
    const stack = new JobStack(newApp(), 'Stack', { env });
    stack.addJob('Uplift', { runner: new ProtectedJobRunner(stack, 'Runner', propsOf(stack)) });

    expect(lookedUp(stack)).toHaveLength(1);
  });

  test('and is not searched for cycles, which two memberships with one dummy value may seem to make', () => {
    const stack = new JobStack(newApp(), 'Stack', { env });
    const [first, second] = ['First', 'Second'].map((id) => {
      const membershipId = ssm.StringParameter.valueFromLookup(stack, `/${id}`, 'unknown');
      return stack.addJob(id, { membership: Membership.fromMembershipId(stack, `${id}Membership`, membershipId) });
    });
    first.node.addDependency(second);

    expect(lookedUp(stack)).toHaveLength(2);
  });
});

test('what is wrong is a warning until all values are there', () => {
  const stack = new JobStack(newApp(), 'Stack', { env });
  stack.addJob('Uplift', { resultReceiver: lookup(stack) });

  Annotations.fromStack(stack).hasWarning(
    '/Stack/Uplift',
    Match.stringLikeRegexp('Stack/Uplift: resultReceiver: "dummy-value-for-/lookup" .* \\(an error once all values are there; '),
  );
});

describe('a value that was looked up', () => {
  const stackWith = (value: string) =>
    new JobStack(newApp({ [`ssm:account=${ACCOUNT}:parameterName=/lookup:region=eu-central-1`]: value }), 'Stack', { env });

  test('is used', () => {
    const stack = stackWith(MEMBERSHIP_ID);

    expect(Membership.fromMembershipId(stack, 'Ref', lookup(stack)).membershipRef.membershipIdentifier).toBe(MEMBERSHIP_ID);
    expect(lookedUp(stack)).toEqual([]);
  });

  test('is checked', () => {
    const stack = stackWith('ours');

    expect(() => Membership.fromMembershipId(stack, 'Ref', lookup(stack))).toThrow('Stack/Ref: membership: "ours" (4 characters) is not a membership ID');
  });
});
