import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  ACCOUNT,
  findLogicalId,
  jobPolicies,
  JobStack,
  logicalIdOf,
  MEMBERSHIP_ID,
  newApp,
  newResources,
  numberedId,
  only,
  pairPolicies,
  stackPolicies,
  TEMPLATE_ARN,
  TEMPLATE_ID,
  templateArn,
} from './fixtures';
import { AnalysisTemplate, Membership, ProtectedJobRunner } from '../src';
import { RESOURCE_TYPE } from '../src/contract';

const OTHER_TEMPLATE_ARN = templateArn(numberedId(2));

const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

const policiesOf = (stack: Stack) => jobPolicies(Template.fromStack(stack));
const stackPoliciesOf = (stack: Stack) => stackPolicies(Template.fromStack(stack));
const pairPoliciesOf = (stack: Stack) => pairPolicies(Template.fromStack(stack));

/** How many policies the stack has for all of its jobs, and how many for pairs of a membership and a template. */
const countsOf = (stack: Stack) => ({ stack: Object.keys(stackPoliciesOf(stack)).length, pairs: Object.keys(pairPoliciesOf(stack)).length });

describe('jobs of one stack', () => {
  test('of the same membership and template share their policies', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two');

    expect(countsOf(stack)).toEqual({ stack: 1, pairs: 1 });
  });

  test('share them also where each brings references of its own', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', {
      membership: Membership.fromMembershipId(stack, 'SameMembership', MEMBERSHIP_ID),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'SameTemplate', TEMPLATE_ARN),
    });

    expect(countsOf(stack)).toEqual({ stack: 1, pairs: 1 });
  });

  test('of another template share the policy of the stack and have one of their own, and the others stay as they were', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Other', OTHER_TEMPLATE_ARN) });
    const alone = new JobStack();
    alone.addJob('One');

    expect(countsOf(stack)).toEqual({ stack: 1, pairs: 2 });
    expect(stackPoliciesOf(stack)).toEqual(stackPoliciesOf(alone));
    expect(policiesOf(stack)).toMatchObject(policiesOf(alone));
  });

  test('of another membership share the policy of the stack and have one of their own, and the others stay as they were', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { membership: Membership.fromMembershipId(stack, 'Other', numberedId(2)) });
    const alone = new JobStack();
    alone.addJob('One');

    expect(countsOf(stack)).toEqual({ stack: 1, pairs: 2 });
    expect(stackPoliciesOf(stack)).toEqual(stackPoliciesOf(alone));
    expect(policiesOf(stack)).toMatchObject(policiesOf(alone));
  });

  test('wait for the policy of the stack and for that of their own membership and template, and for no other policy', () => {
    const stack = new JobStack();
    const jobs = [stack.addJob(), stack.addNumberedJob(1)];
    const template = Template.fromStack(stack);

    const policies = jobPolicies(template);
    const waitedFor = jobs.map((job) => {
      const dependencies: string[] = template.findResources(RESOURCE_TYPE)[logicalIdOf(job)].DependsOn;
      return dependencies.filter((id) => id in policies).map((id) => policies[id].PolicyName).sort();
    });
    const pairPolicy = (ids: string) => expect.stringMatching(new RegExp(`^ProtectedJob[0-9A-F]{8}-${ids}$`));
    const stackPolicy = only(stackPolicies(template)).PolicyName;
    expect(waitedFor).toEqual([
      [pairPolicy(`${MEMBERSHIP_ID}-${TEMPLATE_ID}`), stackPolicy],
      [pairPolicy(`${numberedId(1)}-${numberedId(1)}`), stackPolicy],
    ]);
  });

  test('with a runner of their own have policies of their own, for its role', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { runner: new ProtectedJobRunner(stack, 'Runner') });
    const template = Template.fromStack(stack);
    const roles = ['ProtectedJobRunnerAdvance', 'RunnerAdvance'].map((prefix) => ({ Ref: findLogicalId(template, 'AWS::IAM::Role', prefix) }));

    expect(Object.values(stackPolicies(template)).map(({ RoleName }) => RoleName)).toEqual(roles);
    expect(Object.values(pairPolicies(template)).map(({ RoleName }) => RoleName)).toEqual(roles);
  });
});

describe('the logical IDs', () => {
  const idsOf = (stack: Stack) => ({
    stack: Object.keys(stackPoliciesOf(stack)).join(),
    pair: Object.keys(pairPoliciesOf(stack)).join(),
  });

  function idsFor(membershipId: string, arn: string): { stack: string; pair: string } {
    const stack = new JobStack();
    stack.addJob('Uplift', {
      membership: Membership.fromMembershipId(stack, 'AMembership', membershipId),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'ATemplate', arn),
    });
    return idsOf(stack);
  }

  test('are the same in every synth', () => {
    expect(idsFor(MEMBERSHIP_ID, TEMPLATE_ARN)).toEqual({
      stack: expect.stringMatching(/^ProtectedJobStackPermissions[0-9A-F]{8}$/),
      pair: expect.stringMatching(/^ProtectedJobPermissions[0-9A-F]{8}$/),
    });
    expect(idsFor(MEMBERSHIP_ID, TEMPLATE_ARN)).toEqual(idsFor(MEMBERSHIP_ID, TEMPLATE_ARN));
  });

  test('change for the pair with the membership and with the template, since the policy is never edited', () => {
    const all = [idsFor(MEMBERSHIP_ID, TEMPLATE_ARN), idsFor(numberedId(2), TEMPLATE_ARN), idsFor(MEMBERSHIP_ID, OTHER_TEMPLATE_ARN)];

    expect(new Set(all.map(({ pair }) => pair)).size).toBe(3);
    expect(new Set(all.map(({ stack }) => stack)).size).toBe(1);
  });

  test('change with the stack and with the runner', () => {
    const stacks = [new JobStack(), new JobStack(newApp(), 'AnotherStack')];
    stacks.forEach((stack) => stack.addJob());
    const withRunner = new JobStack();
    withRunner.addJob('Uplift', { runner: new ProtectedJobRunner(withRunner, 'Runner') });

    const all = [...stacks, withRunner].map(idsOf);
    expect(new Set(all.map(({ pair }) => pair)).size).toBe(3);
    expect(new Set(all.map(({ stack }) => stack)).size).toBe(3);
  });

  test('do not change with the other props of the job, nor with its ID', () => {
    const stack = new JobStack();
    stack.addJob('Other', { parameters: { a: 'b' }, resultReceiver: ACCOUNT, triggers: { c: 'd' } });
    const plain = new JobStack();
    plain.addJob();

    expect(idsOf(stack)).toEqual(idsOf(plain));
  });

  test('do not change when a job is added before', () => {
    const stack = new JobStack();
    stack.addNumberedJob(1);
    stack.addJob();
    const plain = new JobStack();
    plain.addJob();

    expect(idsOf(stack).stack).toBe(idsOf(plain).stack);
    expect(Object.keys(pairPoliciesOf(stack))).toContain(idsOf(plain).pair);
  });

  test('differ for memberships of two stacks that have the same logical ID there', () => {
    const app = newApp();
    const stack = new JobStack(app);
    for (const id of ['ProducerA', 'ProducerB']) {
      stack.addJob(id, { membership: newResources(new Stack(app, id)).membership });
    }
    const policies = Object.values(pairPoliciesOf(stack));

    expect(countsOf(stack)).toEqual({ stack: 1, pairs: 2 });
    for (const property of ['PolicyDocument', 'PolicyName']) {
      expect(policies.map((policy) => /"(Producer[AB]):/.exec(JSON.stringify(policy[property]))?.[1])).toEqual(['ProducerA', 'ProducerB']);
    }
  });
});

describe('the policies', () => {
  const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
  stack.addJob();
  const template = Template.fromStack(stack);
  const role = { Ref: findLogicalId(template, 'AWS::IAM::Role', 'ProtectedJobRunnerAdvance') };
  const arn = (account: string, resource: string) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cleanrooms:eu-central-1:${account}:${resource}`]],
  });

  /** The resource whose ID begins so, whose name and role no edit can change, and the hash of its ID. */
  function resourceOf(of: Template, prefix: string): { resource: unknown; hash: string } {
    const id = findLogicalId(of, 'AWS::IAM::RolePolicy', prefix);
    return { resource: of.toJSON().Resources[id], hash: id.slice(-8) };
  }

  const pairStatements = (membership: unknown, analysisTemplate: unknown) => [
    { Sid: 'Start', Effect: 'Allow', Action: 'cleanrooms:StartProtectedJob', Resource: [membership, analysisTemplate] },
    {
      Sid: 'WatchAndCancel',
      Effect: 'Allow',
      Action: ['cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
      Resource: membership,
    },
  ];

  test('are these two role policies and no others', () => {
    expect(Object.keys(template.findResources('AWS::IAM::RolePolicy')).sort()).toEqual([
      expect.stringMatching(/^ProtectedJobPermissions[0-9A-F]{8}$/),
      expect.stringMatching(/^ProtectedJobStackPermissions[0-9A-F]{8}$/),
    ]);
  });

  test('of the stack allow to start jobs on any tables, what that depends on, and to read the status of the stack, and no more', () => {
    const { resource, hash } = resourceOf(template, 'ProtectedJobStackPermissions');

    expect(resource).toEqual({
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        PolicyName: `ProtectedJobStack${hash}`,
        RoleName: role,
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'StartOnTables',
              Effect: 'Allow',
              Action: 'cleanrooms:StartProtectedJob',
              Resource: [
                arn('*', 'membership/*/configuredtableassociation/*'),
                arn('*', 'membership/*/intermediatetable/*'),
              ],
            },
            {
              Sid: 'StartDependencies',
              Effect: 'Allow',
              Action: ['cleanrooms:GetCollaborationAnalysisTemplate', 'cleanrooms:GetSchema'],
              Resource: arn('*', 'collaboration/*'),
            },
            {
              Sid: 'ReadStackStatus',
              Effect: 'Allow',
              Action: 'cloudformation:DescribeStacks',
              Resource: { Ref: 'AWS::StackId' },
            },
          ],
        },
      },
    });
  });

  test('of a membership and a template allow to start their jobs, to watch and to cancel them, and no more', () => {
    const { resource, hash } = resourceOf(template, 'ProtectedJobPermissions');

    expect(resource).toEqual({
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        PolicyName: `ProtectedJob${hash}-${MEMBERSHIP_ID}-${TEMPLATE_ID}`,
        RoleName: role,
        PolicyDocument: { Version: '2012-10-17', Statement: pairStatements(arn(ACCOUNT, `membership/${MEMBERSHIP_ID}`), TEMPLATE_ARN) },
      },
    });
  });

  test('of a membership and a template that are resources refer to them', () => {
    const withResources = new JobStack();
    withResources.addJob('Uplift', newResources(withResources));
    const { resource, hash } = resourceOf(Template.fromStack(withResources), 'ProtectedJobPermissions');

    expect(resource).toEqual({
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        PolicyName: { 'Fn::Join': ['', [`ProtectedJob${hash}-`, { Ref: 'NewMembership' }, '-', idOfTemplate({ Ref: 'NewTemplate' })]] },
        RoleName: role,
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: pairStatements({ 'Fn::GetAtt': ['NewMembership', 'Arn'] }, { 'Fn::GetAtt': ['NewTemplate', 'Arn'] }),
        },
      },
    });
  });

  test("are not in the role's default policy, which stays the same with every job", () => {
    const stackWithoutJobs = new Stack(newApp(), 'Stack', { env: FRANKFURT });
    new ProtectedJobRunner(stackWithoutJobs, 'ProtectedJobRunner');
    const defaultPolicies = (of: Template) => of.findResources('AWS::IAM::Policy');

    expect(defaultPolicies(template)).toEqual(defaultPolicies(Template.fromStack(stackWithoutJobs)));
  });
});

/** The ID of a template out of what CloudFormation refers to it with, `<template ID>|<membership ID>`. */
function idOfTemplate(reference: unknown): unknown {
  return { 'Fn::Select': [0, { 'Fn::Split': ['|', reference] }] };
}

describe('the name of the policy of a membership and a template', () => {
  /** What the name is put together from after its hash. */
  function partsOf(stack: Stack): unknown[] {
    const [id, { PolicyName }] = Object.entries(pairPoliciesOf(stack))[0];
    const [start, ...parts] = joinedParts(PolicyName);
    expect(start).toBe(`ProtectedJob${id.slice(-8)}-`);
    return parts;
  }

  function joinedParts(value: unknown): unknown[] {
    return typeof value === 'object' && value !== null && 'Fn::Join' in value && Array.isArray(value['Fn::Join']) ? value['Fn::Join'][1] : [];
  }

  test('has the IDs of resources of another stack, as that stack exports them', () => {
    const app = newApp();
    const producer = new Stack(app, 'Producer');
    const stack = new JobStack(app);
    stack.addJob('Uplift', newResources(producer));

    expect(partsOf(stack)).toEqual([
      { 'Fn::ImportValue': expect.stringMatching(/^Producer:.*RefNewMembership/) },
      '-',
      idOfTemplate({ 'Fn::ImportValue': expect.stringMatching(/^Producer:.*RefNewTemplate/) }),
    ]);
  });

  test('has the IDs that parameters of the stack bring', () => {
    const stack = new JobStack();
    const [membershipId, arn] = ['Id', 'Arn'].map((id) => new CfnParameter(stack, id).valueAsString);
    stack.addJob('Uplift', {
      membership: Membership.fromMembershipId(stack, 'AMembership', membershipId),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'ATemplate', arn),
    });

    const padded = { 'Fn::Join': ['', [{ Ref: 'Arn' }, '////']] };
    expect(partsOf(stack)).toEqual([{ Ref: 'Id' }, '-', { 'Fn::Select': [3, { 'Fn::Split': ['/', padded] }] }]);
  });

  describe('after a deployment', () => {
    function deployedName(addJob: (stack: JobStack) => void, physicalIds?: PhysicalIds): unknown {
      const stack = new JobStack();
      addJob(stack);
      const template = Template.fromStack(stack);
      return deployed(template, only(pairPolicies(template)).PolicyName, physicalIds);
    }

    const withIds = (stack: JobStack) => void stack.addJob();
    const withResources = (stack: JobStack) => void stack.addJob('Uplift', newResources(stack));

    test.each([['IDs', withIds], ['resources', withResources]])('is one that IAM takes, where they are %s', (_, addJob) => {
      const name = deployedName(addJob);

      expect(name).toMatch(new RegExp(`^ProtectedJob[0-9A-F]{8}-${MEMBERSHIP_ID}-${TEMPLATE_ID}$`));
      expect(name).toMatch(/^[\w+=,.@-]{1,128}$/);
    });

    test.each<[string, Partial<PhysicalIds>]>([
      ['membership', { membership: numberedId(3) }],
      ['template', { analysisTemplate: numberedId(3) }],
    ])('is another one after the %s is replaced behind its reference', (_, replaced) => {
      const before = { membership: numberedId(1), analysisTemplate: numberedId(2) };

      expect(deployedName(withResources, { ...before, ...replaced })).not.toBe(deployedName(withResources, before));
    });
  });
});

describe('jobs of several stacks that share a runner', () => {
  /** The names of the policies that the jobs bring to the role of the shared runner. */
  function policyNames(app: App, stacks: Stack[]): string[] {
    app.synth();
    return stacks.flatMap((stack) => Object.values(policiesOf(stack)).map(({ PolicyName }) => JSON.stringify(PolicyName)));
  }

  /** The stacks reach a name by different references, which may have the same value: only their texts tell whether they differ. */
  const ownTexts = (names: string[]) => names.map((name) => /ProtectedJob(Stack)?[0-9A-F]{8}/.exec(name)?.[0]);

  // A role has one inline policy of a name: of two resources with the same one, the second fails or takes the place of the first.
  test.each([['unknown', undefined], ['known', FRANKFURT]])(
    'give the role policies of different names for the same membership and template, where the environment is %s',
    (_, env) => {
      const app = newApp();
      const runner = new ProtectedJobRunner(new Stack(app, 'Shared', { env }), 'Runner');
      const stacks = ['One', 'Two'].map((id) => new JobStack(app, id, { env }));
      stacks.forEach((stack) => stack.addJob('Uplift', { runner }));

      const names = ownTexts(policyNames(app, stacks));
      expect(names).toHaveLength(4);
      expect(new Set(names).size).toBe(4);
    },
  );

  test('give the role policies of different names for a membership and a template of the stack of the runner', () => {
    const app = newApp();
    const shared = new Stack(app, 'Shared');
    const runner = new ProtectedJobRunner(shared, 'Runner');
    const resources = newResources(shared);
    const stacks = ['One', 'Two'].map((id) => new JobStack(app, id));
    stacks.forEach((stack) => stack.addJob('Uplift', { ...resources, runner }));

    const names = ownTexts(policyNames(app, stacks));
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
  });
});

/** The IDs that a membership and a template have got from Clean Rooms. */
interface PhysicalIds {
  readonly membership: string;
  readonly analysisTemplate: string;
}

/** The longest that a stack can have. */
const STACK_NAME = 's'.repeat(128);

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': ACCOUNT,
  'AWS::StackId': longArn('cloudformation', `stack/${STACK_NAME}/${MEMBERSHIP_ID}`),
};

function longArn(service: string, resource: string): string {
  return `arn:aws-us-gov:${service}:ap-southeast-1:${ACCOUNT}:${resource}`;
}

/** The value as it arrives in AWS, where each reference has got a value of the greatest length. */
function deployed(
  template: Template,
  value: unknown,
  { membership, analysisTemplate }: PhysicalIds = { membership: MEMBERSHIP_ID, analysisTemplate: TEMPLATE_ID },
): unknown {
  const types: Record<string, { Type: string }> = template.toJSON().Resources;

  function refOf(id: string): string | undefined {
    switch (types[id]?.Type) {
      case 'AWS::CleanRooms::Membership': return membership;
      case 'AWS::CleanRooms::AnalysisTemplate': return `${analysisTemplate}|${membership}`;
      default: return PSEUDO_PARAMETERS[id]; // none for AWS::NoValue
    }
  }

  function arnOf(id: string): string {
    switch (types[id].Type) {
      case 'AWS::CleanRooms::Membership': return longArn('cleanrooms', `membership/${membership}`);
      case 'AWS::CleanRooms::AnalysisTemplate': return longArn('cleanrooms', `membership/${membership}/analysistemplate/${analysisTemplate}`);
      case 'AWS::DynamoDB::Table': return longArn('dynamodb', `table/${STACK_NAME}-${id}-0123456789ABC`);
      default: throw new Error(`${id}: no ARN of a ${types[id].Type}`);
    }
  }

  function resolve(part: unknown): unknown {
    if (Array.isArray(part)) {
      return part.map(resolve).filter((item) => item !== undefined);
    }
    if (typeof part !== 'object' || part === null) {
      return part;
    }
    const resolved = Object.entries(part).map(([key, content]): [string, unknown] => [key, resolve(content)]);
    const [key, content] = resolved[0];
    const args = Array.isArray(content) ? content : [content];
    switch (key) {
      case 'Ref': return refOf(String(content));
      case 'Fn::Join': return args[1].join(args[0]);
      case 'Fn::Split': return args[1].split(args[0]);
      case 'Fn::Select': return args[1][args[0]];
      case 'Fn::GetAtt': return arnOf(args[0]);
      default: return Object.fromEntries(resolved);
    }
  }

  return resolve(value);
}

describe('as many policies as synth allows', () => {
  type Environment = { readonly account: string; readonly region: string } | undefined;

  /** What takes in one job after the other. */
  interface Room {
    readonly app: App;
    readonly env: Environment;
    readonly stack: JobStack;
    readonly runner: ProtectedJobRunner;
  }

  type AddJob = (room: Room, number: number) => void;

  /** The runner's own policies are the longest that it can have. */
  function newRoom(env: Environment): Room {
    const app = newApp();
    const stack = new JobStack(app, 'Stack', { env });
    const logGroup = logs.LogGroup.fromLogGroupName(stack, 'OurLogs', 'l'.repeat(512));
    return { app, env, stack, runner: new ProtectedJobRunner(stack, 'Runner', { logGroup }) };
  }

  function fill(env: Environment, addJob: AddJob, jobs: number): Room {
    const room = newRoom(env);
    for (let number = 0; number < jobs; number++) {
      addJob(room, number);
    }
    return room;
  }

  function synthesizes({ app }: Room): boolean {
    try {
      app.synth();
      return true;
    } catch (error) {
      if (String(error).includes('[Stack/Runner] runner: its jobs need policies of about')) {
        return false;
      }
      throw error;
    }
  }

  /** How many jobs fit, so that with one more synth fails. */
  function countOfFullest(env: Environment, addJob: AddJob): number {
    const refused = Array.from({ length: 30 }, (_, index) => index + 1).find((jobs) => !synthesizes(fill(env, addJob, jobs)));
    if (refused === undefined) {
      throw new Error('synth allows any number of jobs');
    }
    return refused - 1;
  }

  const withIds: AddJob = ({ stack, runner }, number) => {
    stack.addNumberedJob(number, { runner });
  };
  const withResources: AddJob = ({ stack, runner }, number) => {
    stack.addJob(`Job${number}`, { ...newResources(new Construct(stack, `Pair${number}`)), runner });
  };
  const withStacks: AddJob = ({ app, env, runner }, number) => {
    new JobStack(app, `Stack${number}`, { env }).addNumberedJob(number, { runner });
  };

  const SYDNEY = { account: ACCOUNT, region: 'ap-southeast-2' };

  describe.each<[string, Environment, AddJob, number]>([
    ['for IDs, where the environment is unknown', undefined, withIds, 5],
    ['for IDs, where the environment is known', SYDNEY, withIds, 5],
    ['for resources', undefined, withResources, 4],
    ['for stacks with one job each', undefined, withStacks, 2],
  ])('%s', (_, env, addJob, expected) => {
    const count = countOfFullest(env, addJob);
    const { app, stack: runnerStack } = fill(env, addJob, count);
    const templates = app.node.children.filter((child) => child instanceof Stack).map((stack) => Template.fromStack(stack));

    const sizeOf = (template: Template, policyDocument: unknown) => JSON.stringify(deployed(template, policyDocument)).length;
    const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);

    test(`are those of ${expected} memberships and templates`, () => {
      expect(count).toBe(expected);
      expect(templates.flatMap((template) => Object.keys(pairPolicies(template)))).toHaveLength(expected);
    });

    test("fit twice into the 10,240 characters of the role, beside the runner's own", () => {
      const ofRunner = Template.fromStack(runnerStack);
      const role = { Ref: findLogicalId(ofRunner, 'AWS::IAM::Role', 'RunnerAdvance') };
      const { Properties: own } = only(ofRunner.findResources('AWS::IAM::Policy', { Properties: { Roles: [role] } }));
      const ownSize = sizeOf(ofRunner, own.PolicyDocument);
      const jobSizes = templates.flatMap((template) =>
        Object.values(jobPolicies(template)).map(({ PolicyDocument }) => sizeOf(template, PolicyDocument)));

      expect(jobSizes.length).toBeGreaterThan(expected); // those of the stacks, too
      expect(ownSize).toBeLessThanOrEqual(1_500);
      expect(ownSize + 2 * sum(jobSizes)).toBeLessThanOrEqual(10_240);
    });
  });
});
