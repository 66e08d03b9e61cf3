/** What is done to all resources of an app reaches those of this library, and leaves no job running. */
import { Duration, NestedStack, PermissionsBoundary, RemovalPolicies, type Stack, Stage, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RESOURCE_TYPE, WAIT_RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack, newApp } from '../fixtures';

const ROLES = 3;

const BOUNDARY = 'arn:aws:iam::111122223333:policy/Boundary';

function resourcesOf(stack: Stack, type: string): Record<string, Record<string, unknown>>[] {
  return Object.values(Template.fromStack(stack).findResources(type));
}

describe('a permissions boundary', () => {
  function boundariesOf(stack: Stack): unknown[] {
    return resourcesOf(stack, 'AWS::IAM::Role').map(({ Properties }) => Properties.PermissionsBoundary);
  }

  test('of an app is on every role, also in a nested stack', () => {
    const app = newApp();
    const parent = new JobStack(app);
    const nested = new NestedStack(parent, 'Nested');
    parent.addJob('Uplift', {}, nested);
    parent.addJob('Reach');
    iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.fromManagedPolicyArn(parent, 'Boundary', BOUNDARY));

    expect(boundariesOf(parent)).toEqual(Array(ROLES).fill(BOUNDARY));
    expect(boundariesOf(nested)).toEqual(Array(ROLES).fill(BOUNDARY));
  });

  test('of a stage is on every role', () => {
    const stage = new Stage(newApp(), 'Production', { permissionsBoundary: PermissionsBoundary.fromArn(BOUNDARY) });
    const stack = new JobStack(stage);
    stack.addJob();

    expect(boundariesOf(stack)).toEqual(Array(ROLES).fill(BOUNDARY));
  });
});

test.each([
  'AWS::DynamoDB::Table',
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::StepFunctions::StateMachine',
])('a tag of the app is on each %s', (type) => {
  const app = newApp();
  const stack = new JobStack(app);
  stack.addJob();
  Tags.of(app).add('owner', 'us');
  const resources = resourcesOf(stack, type);

  expect(resources.length).toBeGreaterThan(0);
  resources.forEach(({ Properties }) => expect(Properties.Tags).toEqual([{ Key: 'owner', Value: 'us' }]));
});

describe('a removal policy of the app', () => {
  function stackWithRetainedResources(): JobStack {
    const app = newApp();
    const stack = new JobStack(app);
    stack.addJob('Uplift', { timeout: Duration.hours(2) });
    RemovalPolicies.of(app).retain();
    return stack;
  }

  test.each(['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup'])('is that of the %s', (type) => {
    const resources = resourcesOf(stackWithRetainedResources(), type);

    expect(resources).toEqual([expect.objectContaining({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })]);
  });

  test.each([RESOURCE_TYPE, WAIT_RESOURCE_TYPE])('does not retain a %s, for nobody would cancel its job', (type) => {
    const resources = resourcesOf(stackWithRetainedResources(), type);

    expect(resources.length).toBeGreaterThan(0);
    resources.forEach((resource) => expect(resource).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' }));
  });
});
