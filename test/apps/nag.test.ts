import { type App, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type IConstruct, type MetadataEntry } from 'constructs';
import { JobStack, newApp } from '../fixtures';
import { fullestStack, narrowed, smallestStack, stackWithImportedLogGroup, stackWithRolesOfItsOwn } from './reviewed-stacks';
import { ProtectedJobRunner } from '../../src';

const REVIEWED = [
  ['the smallest', smallestStack],
  ['the fullest', fullestStack],
  ['one with roles of its own', stackWithRolesOfItsOwn],
  ['one with a log group that is a reference', stackWithImportedLogGroup],
] as const;

/** Each finding that is not acknowledged, with the constructs that have it. */
function findings(scope: IConstruct): string[] {
  const { violations } = new AwsSolutionsChecks().validateScope(scope);
  return violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`));
}

function acknowledgementsOf(scope: IConstruct): { path: string; data: Record<string, string> }[] {
  const isAcknowledgement = ({ type }: MetadataEntry) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY;
  return scope.node.findAll().flatMap(({ node }) => node.metadata.filter(isAcknowledgement).map(({ data }) => ({ path: node.path, data })));
}

describe.each(REVIEWED)('cdk-nag finds in a stack: %s', (_, newStack) => {
  const stack = newStack();

  test('nothing of AwsSolutions that is not acknowledged', () => {
    expect(findings(stack)).toEqual([]);
  });

  test('something again for each acknowledgement that is taken away, so none is for nothing, and each has a reason', () => {
    const acknowledgements = acknowledgementsOf(stack);
    expect(acknowledgements.length).toBeGreaterThan(0);
    for (const { path, data } of acknowledgements) {
      const [[finding, reason], ...others] = Object.entries(data);
      expect(others).toEqual([]);
      expect(reason).toMatch(/\w+ .*\.$/);

      delete data[finding];
      expect(findings(stack)).toEqual([expect.stringMatching(new RegExp(`^${escaped(`${finding} at ${path}`)}(/|$)`))]);
      data[finding] = reason;
    }
  });

  test('nothing in the template that tells of cdk-nag', () => {
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/cdk_nag|AwsSolutions|acknowledged/);
  });
});

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('cdk-nag finds nothing in a stage with a runner that several stacks share, nested ones too, with all recommended feature flags', () => {
  const app = newApp(recommendedFeatureFlags);
  const stage = new Stage(app, 'Prod');
  const runner = new ProtectedJobRunner(new Stack(stage, 'Shared'), 'Runner');
  const stack = new JobStack(stage, 'Jobs');
  stack.addJob('Uplift', { runner });
  stack.addJob('Nested', { runner, sequential: false }, new NestedStack(stack, 'WithSharedRunner'));
  stack.addJob('Nested', { sequential: false }, new NestedStack(stack, 'WithRunner'));
  app.synth();

  expect(findings(app)).toEqual([]);
});

test('a wildcard that somebody grants to a job is still a finding', () => {
  const stack = fullestStack();
  const job = stack.addJob('Other');
  iam.Grant.addToPrincipal({ grantee: job, actions: ['s3:*'], resourceArns: ['*'] });

  expect(findings(stack)).toEqual([
    'AwsSolutions-IAM5[Action::s3:*] at Fullest/ProtectedJobRunner/AdvanceRole/DefaultPolicy/Resource',
    'AwsSolutions-IAM5[Resource::*] at Fullest/ProtectedJobRunner/AdvanceRole/DefaultPolicy/Resource',
  ]);
});

test('a job that is narrowed has permissions without anything to acknowledge', () => {
  const stack = new JobStack();
  stack.addNumberedJob(1, narrowed(stack));

  expect(acknowledgementsOf(stack).filter(({ data }) => JSON.stringify(data).includes('cleanrooms'))).toEqual([]);
});

test('an acknowledgement is there once for a policy, however many jobs it is for', () => {
  const stack = new JobStack();
  for (const number of [1, 2, 3]) {
    stack.addNumberedJob(number);
  }

  const keys = acknowledgementsOf(stack).map(({ path, data }) => `${path} ${Object.keys(data).join()}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test('cdk-nag writes the acknowledgements into the template of who asks for that', () => {
  const app: App = newApp();
  new AwsSolutionsChecks(app, { writeSuppressionsToCloudFormation: true });
  const stack = new JobStack(app);
  stack.addJob();

  const written = Object.values<{ Metadata?: unknown }>(Template.fromStack(stack).toJSON().Resources).flatMap(({ Metadata }) => Metadata ?? []);
  expect(written).toHaveLength(3); // the policies of onEvent, of the clock and of the job
  expect(JSON.stringify(written)).toContain('"cdk_nag":{"rules_to_suppress":[{"id":"AwsSolutions-IAM5[');
});
