/** What is done to all resources of an app reaches those of this library, and leaves no job running. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aspects, Duration, NestedStack, PermissionsBoundary, RemovalPolicies, type Stack, Stage, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RESOURCE_TYPE, WAIT_RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { jobPolicies, JobStack, newApp } from '../fixtures';

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

describe('an aspect that names managed policies', () => {
  type Naming = (policy: iam.CfnManagedPolicy, name: string) => void;

  const setsProperty: Naming = (policy, name) => {
    policy.managedPolicyName = name;
  };

  /** As AddPermissionBoundary of cdk-enterprise-iac does. */
  const overridesProperty: Naming = (policy, name) => policy.addPropertyOverride('ManagedPolicyName', name);

  /** The one policy with the permissions of the jobs: its logical ID and its name. */
  function policyOf(jobs: number, name: (policy: iam.CfnManagedPolicy) => string, naming: Naming): { id: string; name: string } {
    const stack = new JobStack();
    for (let number = 1; number <= jobs; number++) {
      stack.addNumberedJob(number);
    }
    Aspects.of(stack).add({
      visit: (node) => {
        if (node instanceof iam.CfnManagedPolicy) {
          naming(node, name(node));
        }
      },
    });
    const [id, ...others] = Object.keys(jobPolicies(Template.fromStack(stack)));
    expect(others).toEqual([]);
    return { id, name: String(jobPolicies(Template.fromStack(stack))[id].ManagedPolicyName) };
  }

  test.each([['by its property', setsProperty], ['by an override', overridesProperty]])(
    'by their path, %s, gives a policy another name when it becomes another resource',
    (_, naming) => {
      const byPath = ({ node }: iam.CfnManagedPolicy) => `acme-${node.path.replace(/\W+/g, '-')}`;
      const [before, after] = [policyOf(1, byPath, naming), policyOf(2, byPath, naming)];

      expect(before.id).not.toBe(after.id);
      expect(before.name).not.toBe(after.name);
      expect([before.name, after.name]).toEqual(Array(2).fill(expect.stringMatching(/^acme-Stack-ProtectedJobPermissions/)));
    },
  );

  test('gives them names that IAM takes', () => {
    const { id, name } = policyOf(1, () => 'long'.repeat(32), setsProperty);

    expect(name).toHaveLength(128);
    expect(name.slice(-9)).toBe(id.replace('ProtectedJobPermissions', '-'));
  });
});

describe('where the CDK may make no roles and policies (iam.Role.customizeRoles)', () => {
  const ROLE_PATHS = ['AdvanceRole', 'Clock/Role', 'OnEventRole'].map((role) => `Stack/ProtectedJobRunner/${role}`);

  interface ReportedRole {
    readonly roleConstructPath: string;
    readonly identityPolicyStatements: readonly { readonly Action: string | string[] }[];
  }

  function synthesized(options: iam.CustomizeRolesOptions): { iamTypes: string[]; report: ReportedRole[]; errors: string[] } {
    const app = newApp();
    iam.Role.customizeRoles(app, options);
    const stack = new JobStack(app);
    stack.addJob();
    const assembly = app.synth();
    const { template, messages } = assembly.getStackByName('Stack');
    const resources: { Type: string }[] = Object.values(template.Resources);
    const report: { roles: ReportedRole[] } = JSON.parse(readFileSync(join(assembly.directory, 'iam-policy-report.json'), 'utf8'));
    return {
      iamTypes: resources.map(({ Type }) => Type).filter((type) => type.startsWith('AWS::IAM::')),
      // Every table of the CDK refers to the role of its service, and so reports it.
      report: report.roles.filter(({ roleConstructPath }) => !roleConstructPath.endsWith('Ledger/ScalingRole')),
      errors: messages.filter(({ level }) => level === 'error').map(({ id }) => id.replace(/^\//, '')),
    };
  }

  test('the first synth reports the roles and what they need, and marks each role that has no name yet', () => {
    const { iamTypes, report, errors } = synthesized({});

    expect(iamTypes).toEqual([]);
    expect(report.map(({ roleConstructPath }) => roleConstructPath).sort()).toEqual(ROLE_PATHS);
    const actionsOf = (path: string) =>
      report.find(({ roleConstructPath }) => roleConstructPath.endsWith(path))?.identityPolicyStatements.flatMap(({ Action }) => Action);
    expect(actionsOf('AdvanceRole')).toEqual(expect.arrayContaining(['cleanrooms:StartProtectedJob', 'dynamodb:PutItem', 'logs:PutLogEvents']));
    expect(actionsOf('OnEventRole')).toEqual(expect.arrayContaining(['states:StartExecution', 'dynamodb:PutItem']));
    expect(actionsOf('Clock/Role')).toEqual(expect.arrayContaining(['lambda:InvokeFunction']));
    expect([...new Set(errors)].sort()).toEqual(ROLE_PATHS);
  });

  test('no roles and policies are made once the names are given', () => {
    const { iamTypes, errors } = synthesized({ usePrecreatedRoles: Object.fromEntries(ROLE_PATHS.map((path, index) => [path, `team-${index}`])) });

    expect(iamTypes).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('only a report is made where that is all that is asked for', () => {
    expect(synthesized({ preventSynthesis: false }).report.map(({ roleConstructPath }) => roleConstructPath).sort()).toEqual(ROLE_PATHS);
  });
});
