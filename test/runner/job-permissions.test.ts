import { type App, Aspects, CfnParameter, CfnResource, type IAspect, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnCollaboration, CfnConfiguredTableAssociation } from 'aws-cdk-lib/aws-cleanrooms';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { AnalysisTemplate, Collaboration, ConfiguredTableAssociation, Membership, type ProtectedJobProps, ProtectedJobRunner } from '../../src';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
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
  TEMPLATE_ARN,
  TEMPLATE_ID,
  templateArn,
} from '../fixtures';

const OTHER_TEMPLATE_ARN = templateArn(numberedId(2));
const PARTNERS_ARN_START = 'arn:aws:cleanrooms:eu-central-1:444455556666:';
const COLLABORATION_ARN = `${PARTNERS_ARN_START}collaboration/${numberedId(7)}`;
const ASSOCIATION_ARN = `${PARTNERS_ARN_START}membership/${numberedId(8)}/configuredtableassociation/${numberedId(9)}`;
const INTERMEDIATE_TABLE_ARN = `${PARTNERS_ARN_START}membership/${numberedId(8)}/intermediatetable/${numberedId(10)}`;

const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

const policiesOf = (stack: Stack) => jobPolicies(Template.fromStack(stack));

function fill(stack: JobStack, numbers: number[]): void {
  numbers.forEach((number) => stack.addNumberedJob(number));
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('jobs of one stack', () => {
  test('of the same membership and template add nothing to the policy of the first', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two');
    const alone = new JobStack();
    alone.addJob('One');

    expect(policiesOf(stack)).toEqual(policiesOf(alone));
  });

  test('add nothing also where each brings references of its own', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', {
      membership: Membership.fromMembershipId(stack, 'SameMembership', MEMBERSHIP_ID),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'SameTemplate', TEMPLATE_ARN),
    });
    const alone = new JobStack();
    alone.addJob('One');

    expect(policiesOf(stack)).toEqual(policiesOf(alone));
  });

  test('of other memberships and templates share a policy while it has room', () => {
    const stack = new JobStack();
    fill(stack, upTo(10));
    const text = JSON.stringify(only(policiesOf(stack)));

    for (const id of upTo(10).map(numberedId)) {
      expect(text).toContain(`:membership/${id}"`);
      expect(text).toContain(templateArn(id, id));
    }
  });

  test('wait for the policy that permits them, and for no other policy', () => {
    const stack = new JobStack();
    fill(stack, upTo(25));
    const template = Template.fromStack(stack);
    const policies = jobPolicies(template);

    expect(Object.keys(policies)).toHaveLength(2);
    for (const { Properties, DependsOn } of Object.values(template.findResources(RESOURCE_TYPE))) {
      const permitting = Object.keys(policies).filter((id) => JSON.stringify(policies[id]).includes(`:membership/${Properties.MembershipIdentifier}"`));
      expect(DependsOn.filter((id: string) => id in policies)).toEqual(permitting);
      expect(permitting).toHaveLength(1);
    }
  });

  test('with a runner of their own have policies of their own, for its role', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { runner: new ProtectedJobRunner(stack, 'Runner') });
    const template = Template.fromStack(stack);
    const roles = ['ProtectedJobRunnerAdvance', 'RunnerAdvance'].map((prefix) => [{ Ref: findLogicalId(template, 'AWS::IAM::Role', prefix) }]);

    expect(Object.values(jobPolicies(template)).map(({ Roles }) => Roles)).toEqual(roles);
  });

  test('leave the default policy of the role as it is', () => {
    const [stack, stackWithoutJobs] = [new JobStack(), new Stack(newApp(), 'Stack')];
    stack.addJob();
    new ProtectedJobRunner(stackWithoutJobs, 'ProtectedJobRunner');
    const defaultPolicies = (of: Stack) => Template.fromStack(of).findResources('AWS::IAM::Policy');

    expect(defaultPolicies(stack)).toEqual(defaultPolicies(stackWithoutJobs));
  });
});

describe('the logical ID', () => {
  function idFor(props: (stack: JobStack) => Partial<ProtectedJobProps>): string {
    const stack = new JobStack();
    stack.addJob('Uplift', props(stack));
    return Object.keys(policiesOf(stack)).join();
  }

  test('is the same in every synth', () => {
    expect(idFor(() => ({}))).toMatch(/^ProtectedJobPermissions[0-9A-F]{8}$/);
    expect(idFor(() => ({}))).toBe(idFor(() => ({})));
  });

  test.each<[string, (stack: JobStack) => Partial<ProtectedJobProps>]>([
    ['the membership', (stack) => ({ membership: Membership.fromMembershipId(stack, 'Other', numberedId(2)) })],
    ['the template', (stack) => ({ analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Other', OTHER_TEMPLATE_ARN) })],
    ['the collaboration', (stack) => ({ collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', COLLABORATION_ARN) })],
    ['the tables', () => ({ configuredTableAssociations: [] })],
    ['the intermediate tables', () => ({ intermediateTableArns: [] })],
    ['the runner', (stack) => ({ runner: new ProtectedJobRunner(stack, 'Runner') })],
  ])('changes with %s', (_, props) => {
    expect(idFor(props)).not.toBe(idFor(() => ({})));
  });

  test('does not change with the other props of the job, nor with its ID', () => {
    const stack = new JobStack();
    stack.addJob('Other', { parameters: { a: 'b' }, resultReceiver: ACCOUNT, triggers: { c: 'd' } });

    expect(Object.keys(policiesOf(stack)).join()).toBe(idFor(() => ({})));
  });

  /** CloudFormation edits a policy before it sends the Delete of a job that is removed, which could then not cancel. */
  test('is never that of another content, whichever jobs come and go', () => {
    const some = upTo(25);
    const all = upTo(45);
    const selections = [[0], [0, 1], some, [...some, 30], some.slice(3), [30, ...some], [...all].reverse(), all.filter((number) => number % 2)];
    const contents = new Map<string, Set<string>>();
    for (const numbers of selections) {
      const stack = new JobStack();
      fill(stack, numbers);
      for (const [id, policy] of Object.entries(policiesOf(stack))) {
        contents.set(id, (contents.get(id) ?? new Set()).add(JSON.stringify(policy)));
      }
    }

    expect(contents.size).toBeGreaterThan(selections.length);
    expect([...contents.values()].filter(({ size }) => size > 1)).toEqual([]);
  });

  test('of policies for memberships of two stacks with the same logical ID there differs', () => {
    const app = newApp();
    const stacks = ['ProducerA', 'ProducerB'].map((id) => {
      const stack = new JobStack(app, `${id}Jobs`);
      stack.addJob('Uplift', { membership: newResources(new Stack(app, id)).membership, runner: new ProtectedJobRunner(stack, 'Runner') });
      return stack;
    });

    const ids = stacks.flatMap((stack) => Object.keys(policiesOf(stack)));
    expect(new Set(ids).size).toBe(2);
  });

  test('is what a job depends on', () => {
    const stack = new JobStack();
    const job = stack.addJob();
    const template = Template.fromStack(stack);
    const [id] = Object.keys(jobPolicies(template));

    expect(template.findResources(RESOURCE_TYPE)[logicalIdOf(job)].DependsOn).toContain(id);
  });
});

/** The ARN of a resource as the CDK writes it for a stack in Frankfurt. */
const arn = (account: string, resource: string) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cleanrooms:eu-central-1:${account}:${resource}`]],
});

const ANY_TABLE = arn('*', 'membership/*/configuredtableassociation/*');
const ANY_INTERMEDIATE_TABLE = arn('*', 'membership/*/intermediatetable/*');
const ANY_COLLABORATION = arn('*', 'collaboration/*');

function statements(membershipArn: unknown, read: unknown[]): unknown[] {
  return [
    {
      Sid: 'RunJobs',
      Effect: 'Allow',
      Action: ['cleanrooms:StartProtectedJob', 'cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
      Resource: membershipArn,
    },
    {
      Sid: 'StartOnTemplatesAndTables',
      Effect: 'Allow',
      Action: ['cleanrooms:StartProtectedJob', 'cleanrooms:GetCollaborationAnalysisTemplate', 'cleanrooms:GetSchema'],
      Resource: read,
    },
    { Sid: 'ReadStackStatus', Effect: 'Allow', Action: 'cloudformation:DescribeStacks', Resource: { Ref: 'AWS::StackId' } },
  ];
}

describe('the policy of a job', () => {
  function policyOf(props: (stack: JobStack) => Partial<ProtectedJobProps>): Record<string, unknown> {
    const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
    stack.addJob('Uplift', props(stack));
    return only(policiesOf(stack));
  }

  /** What it may read, which the props narrow. */
  function readBy(props: (stack: JobStack) => Partial<ProtectedJobProps>): unknown {
    const document: unknown = policyOf(props).PolicyDocument;
    return typeof document === 'object' && document !== null && 'Statement' in document && Array.isArray(document.Statement)
      ? document.Statement.find(({ Sid }) => Sid === 'StartOnTemplatesAndTables').Resource
      : undefined;
  }

  const membershipArn = arn(ACCOUNT, `membership/${MEMBERSHIP_ID}`);

  test('lets the runner start, watch and cancel jobs of the membership with the template, read the status of the stack, and no more', () => {
    expect(policyOf(() => ({}))).toEqual({
      Description: `Runs protected jobs with the memberships ${MEMBERSHIP_ID}`,
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: statements(membershipArn, [TEMPLATE_ARN, ANY_TABLE, ANY_INTERMEDIATE_TABLE, ANY_COLLABORATION]),
      },
      Roles: [{ Ref: expect.stringMatching(/^ProtectedJobRunnerAdvanceRole/) }],
    });
  });

  test('refers to a membership and a template that are resources, and to the collaboration of the membership', () => {
    expect(policyOf(newResources)).toMatchObject({
      Description: { 'Fn::Join': ['', ['Runs protected jobs with the memberships ', { Ref: 'NewMembership' }]] },
      PolicyDocument: {
        Statement: statements({ 'Fn::GetAtt': ['NewMembership', 'Arn'] }, [
          { 'Fn::GetAtt': ['NewTemplate', 'Arn'] },
          ANY_TABLE,
          ANY_INTERMEDIATE_TABLE,
          { 'Fn::GetAtt': ['NewMembership', 'CollaborationArn'] },
        ]),
      },
    });
  });

  test('has only the collaboration that is passed', () => {
    expect(readBy((stack) => ({ collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', COLLABORATION_ARN) }))).toEqual([
      TEMPLATE_ARN, ANY_TABLE, ANY_INTERMEDIATE_TABLE, COLLABORATION_ARN,
    ]);
  });

  test('has the collaboration that is passed rather than that of the membership', () => {
    const collaboration = (stack: Stack) =>
      new CfnCollaboration(stack, 'Ours', { name: 'n', description: 'd', creatorDisplayName: 'c', queryLogStatus: 'ENABLED' });

    expect(readBy((stack) => ({ ...newResources(stack), collaboration: collaboration(stack) }))).toEqual([
      { 'Fn::GetAtt': ['NewTemplate', 'Arn'] }, ANY_TABLE, ANY_INTERMEDIATE_TABLE, { 'Fn::GetAtt': ['Ours', 'Arn'] },
    ]);
  });

  test('has only the configured table associations that are passed, resources and others', () => {
    const associations = (stack: Stack) => [
      ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'Partners', ASSOCIATION_ARN),
      new CfnConfiguredTableAssociation(stack, 'Ours', {
        name: 'n', membershipIdentifier: MEMBERSHIP_ID, configuredTableIdentifier: numberedId(11), roleArn: 'arn:aws:iam::111122223333:role/r',
      }),
    ];

    expect(readBy((stack) => ({ configuredTableAssociations: associations(stack) }))).toEqual([
      TEMPLATE_ARN, ASSOCIATION_ARN, { 'Fn::GetAtt': ['Ours', 'Arn'] }, ANY_INTERMEDIATE_TABLE, ANY_COLLABORATION,
    ]);
  });

  test('has only the intermediate tables that are passed', () => {
    expect(readBy(() => ({ intermediateTableArns: [INTERMEDIATE_TABLE_ARN] }))).toEqual([
      TEMPLATE_ARN, ANY_TABLE, INTERMEDIATE_TABLE_ARN, ANY_COLLABORATION,
    ]);
  });

  test('has an intermediate table that is a resource of the app', () => {
    const table = (stack: Stack) => new CfnResource(stack, 'Ours', { type: 'AWS::CleanRooms::IntermediateTable' });

    expect(readBy((stack) => ({ intermediateTableArns: [table(stack).getAtt('Arn').toString()] }))).toEqual([
      TEMPLATE_ARN, ANY_TABLE, { 'Fn::GetAtt': ['Ours', 'Arn'] }, ANY_COLLABORATION,
    ]);
  });

  test('has no wildcard where all is passed', () => {
    const text = JSON.stringify(policyOf((stack) => ({
      collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', COLLABORATION_ARN),
      configuredTableAssociations: [ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'Table', ASSOCIATION_ARN)],
      intermediateTableArns: [],
    })));

    expect(text).toContain('StartProtectedJob');
    expect(text).not.toContain('*');
  });

  test('can not hold more tables than a policy has room for', () => {
    const associations = (stack: Stack, count: number) =>
      upTo(count).map((number) => ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, `Table${number}`, ASSOCIATION_ARN.replace(/.$/, `${number}`)));

    expect(() => policyOf((stack) => ({ configuredTableAssociations: associations(stack, 25) }))).not.toThrow();
    expect(() => policyOf((stack) => ({ configuredTableAssociations: associations(stack, 50) }))).toThrow(
      'configuredTableAssociations, intermediateTableArns: with 53 ARNs of what the job reads, its permissions take more than the 6144 ' +
      'characters of an IAM policy; leave out the longer list to allow any of its tables',
    );
  });
});

describe('memberships and templates whose values come later', () => {
  /** Jobs whose memberships and templates get these numbers after they are defined, by literals or by tokens. */
  function stackWith(numbers: readonly number[], text: (produce: () => string) => string, props: Partial<ProtectedJobProps> = {}): JobStack {
    const stack = new JobStack();
    let known: readonly number[] = [];
    const idOf = (index: number) => numberedId(known[index]);
    numbers.forEach((_, index) =>
      stack.addJob(`Job${index}`, {
        membership: Membership.fromMembershipId(stack, `Membership${index}`, text(() => idOf(index))),
        analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, `Template${index}`, text(() => templateArn(idOf(index), idOf(index)))),
        ...props,
      }),
    );
    known = numbers;
    return stack;
  }

  const later = (produce: () => string) => Lazy.string({ produce });

  /** The template that has the jobs by literals. */
  function templateByLiterals(numbers: readonly number[]): unknown {
    const stack = new JobStack();
    numbers.forEach((number, index) => {
      const id = numberedId(number);
      stack.addJob(`Job${index}`, {
        membership: Membership.fromMembershipId(stack, `Membership${index}`, id),
        analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, `Template${index}`, templateArn(id, id)),
      });
    });
    return Template.fromStack(stack).toJSON();
  }

  test.each([
    ['that differ', [1, 2]],
    ['that are the same', [1, 1]],
    ['some of which are the same', [1, 2, 1, 3, 2]],
  ])('%s are permitted as by literals', (_, numbers) => {
    expect(Template.fromStack(stackWith(numbers, later)).toJSON()).toEqual(templateByLiterals(numbers));
  });

  test('take one policy, on which every job depends, if they are all the same', () => {
    const numbers = Array.from({ length: 40 }, () => 1);
    expect(Template.fromStack(stackWith(numbers, later)).toJSON()).toEqual(templateByLiterals(numbers));
  });

  test('are not asked for before the app is complete', () => {
    const produce = jest.fn(() => numberedId(1));
    const stack = stackWith([1, 2], () => Lazy.uncachedString({ produce }), {
      intermediateTableArns: [Lazy.uncachedString({ produce })],
    });

    expect(produce).not.toHaveBeenCalled();
    Template.fromStack(stack);
    expect(produce).toHaveBeenCalled();
  });

  test('of roles too, which then have the same name', () => {
    const stack = new JobStack();
    const roles = ['First', 'Second'].map((id) => iam.Role.fromRoleName(stack, `${id}Role`, Lazy.string({ produce: () => 'shared' })));
    roles.forEach((advanceRole, index) => {
      const runner = new ProtectedJobRunner(stack, `Runner${index}`, { advanceRole, addPermissionsToRoles: true });
      stack.addJob(`Job${index}`, { runner });
    });

    expect(only(policiesOf(stack)).Roles).toEqual(['shared']);
  });

  test('can be too long for a policy, which is an error at synth', () => {
    const stack = new JobStack();
    const tables = upTo(50).map((number) => Lazy.string({ produce: () => INTERMEDIATE_TABLE_ARN.replace(/.$/, `${number}`) }));
    stack.addJob('Uplift', { intermediateTableArns: tables });

    expect(() => Template.fromStack(stack)).toThrow('configuredTableAssociations, intermediateTableArns: with 53 ARNs of what the job reads');
  });
});

/** The IDs that a membership and a template have got from Clean Rooms. */
interface PhysicalIds {
  readonly membership: string;
  readonly analysisTemplate: string;
}

describe('the description after a deployment', () => {
  function deployedDescription(addJob: (stack: JobStack) => void, physicalIds?: PhysicalIds): unknown {
    const stack = new JobStack();
    addJob(stack);
    const template = Template.fromStack(stack);
    return deployed(template, only(jobPolicies(template)).Description, physicalIds);
  }

  const withResources = (stack: JobStack) => void stack.addJob('Uplift', newResources(stack));

  /**
   * CloudFormation replaces a managed policy whose description changes, and keeps the old one until the jobs have
   * ended.
   */
  test('is another one after a membership is replaced behind its reference', () => {
    const before = { membership: numberedId(1), analysisTemplate: numberedId(2) };

    expect(deployedDescription(withResources, { ...before, membership: numberedId(3) })).not.toBe(deployedDescription(withResources, before));
  });

  test('has the membership ID that a parameter of the stack brings', () => {
    const stack = new JobStack();
    const membershipId = new CfnParameter(stack, 'Id').valueAsString;
    stack.addJob('Uplift', { membership: Membership.fromMembershipId(stack, 'AMembership', membershipId) });

    expect(only(policiesOf(stack)).Description).toEqual({ 'Fn::Join': ['', ['Runs protected jobs with the memberships ', { Ref: 'Id' }]] });
  });
});

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

  function attributeOf(id: string, name: string): string {
    switch (`${types[id].Type}.${name}`) {
      case 'AWS::CleanRooms::Membership.Arn': return longArn('cleanrooms', `membership/${membership}`);
      case 'AWS::CleanRooms::Membership.CollaborationArn': return longArn('cleanrooms', `collaboration/${membership}`);
      case 'AWS::CleanRooms::AnalysisTemplate.Arn': return longArn('cleanrooms', `membership/${membership}/analysistemplate/${analysisTemplate}`);
      default: throw new Error(`no ${name} of a ${types[id].Type}`);
    }
  }

  function resolve(part: unknown): unknown {
    if (Array.isArray(part)) {
      return part.map(resolve);
    }
    if (typeof part !== 'object' || part === null) {
      return part;
    }
    const resolved = Object.entries(part).map(([key, content]): [string, unknown] => [key, resolve(content)]);
    const [key, content] = resolved[0];
    const args = Array.isArray(content) ? content : [content];
    switch (key) {
      case 'Ref': return types[args[0]]?.Type === 'AWS::CleanRooms::Membership' ? membership : PSEUDO_PARAMETERS[args[0]];
      case 'Fn::Join': return args[1].join(args[0]);
      case 'Fn::GetAtt': return attributeOf(args[0], args[1]);
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

  function newRoom(env: Environment): Room {
    const app = newApp();
    const stack = new JobStack(app, 'Stack', { env });
    return { app, env, stack, runner: new ProtectedJobRunner(stack, 'Runner') };
  }

  function synthesizes({ app }: Room): boolean {
    try {
      app.synth();
      return true;
    } catch (error) {
      if (String(error).includes('[Stack/Runner] runner: its jobs need')) {
        return false;
      }
      throw error;
    }
  }

  function filled(env: Environment, addJob: AddJob, jobs: number): Room {
    const room = newRoom(env);
    upTo(jobs).forEach((number) => addJob(room, number));
    return room;
  }

  const withIds: AddJob = ({ stack, runner }, number) => {
    stack.addNumberedJob(number, { runner });
  };
  const withResources: AddJob = ({ stack, runner }, number) => {
    stack.addJob(`Job${number}`, { ...newResources(new Construct(stack, `Pair${number}`)), runner, sequential: false });
  };
  const withStacks: AddJob = ({ app, env, runner }, number) => {
    new JobStack(app, `Stack${number}`, { env }).addNumberedJob(number, { runner });
  };


  describe.each<[string, Environment, AddJob, { jobs: number; policies: number }]>([
    ['for IDs, where the environment is unknown', undefined, withIds, { jobs: 90, policies: 5 }],
    ['for IDs, where the environment is known', FRANKFURT, withIds, { jobs: 90, policies: 5 }],
    ['for resources', undefined, withResources, { jobs: 50, policies: 5 }],
    ['for stacks with one job each', undefined, withStacks, { jobs: 9, policies: 9 }],
  ])('%s', (_, env, addJob, expected) => {
    test(`${expected.jobs} memberships and templates fit, each policy into the limits of IAM`, () => {
      const room = filled(env, addJob, expected.jobs);
      expect(synthesizes(room)).toBe(true);
      const templates = room.app.node.children.filter((child) => child instanceof Stack).map((stack) => Template.fromStack(stack));
      const policies = templates.flatMap((template) =>
        Object.values(jobPolicies(template)).map(({ PolicyDocument, Description }) => ({
          document: JSON.stringify(deployed(template, PolicyDocument)),
          description: deployed(template, Description),
        })));

      expect(policies).toHaveLength(expected.policies);
      for (const { document, description } of policies) {
        expect(document.length).toBeLessThanOrEqual(6_144);
        expect(description).toMatch(/^[\w -]{1,1000}$/);
      }
    });
  });

  test('fit twice for one stack, whose policies may all be replaced at once, and so not six', () => {
    const room = newRoom(undefined);
    let number = 0;
    const policyCount = () => room.stack.node.findAll().filter((construct) => construct instanceof iam.CfnManagedPolicy).length;
    while (policyCount() <= 5) {
      withIds(room, number++);
    }

    expect(synthesizes(room)).toBe(false);
  });

  test('are fewer by those that an aspect puts on the role', () => {
    class Inspection implements IAspect {
      visit(node: IConstruct): void {
        if (node instanceof iam.Role) {
          node.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
        }
      }
    }
    const room = filled(undefined, withStacks, 9);
    Aspects.of(room.app).add(new Inspection());

    expect(synthesizes(room)).toBe(false);
  });
});
