import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ACCOUNT, findLogicalId, jobPolicies, JobStack, MEMBERSHIP_ID, newApp, newResources, numberedId, only, TEMPLATE_ARN, templateArn } from './fixtures';
import { AnalysisTemplate, Membership, ProtectedJobRunner } from '../src';

const OTHER_TEMPLATE_ARN = templateArn(numberedId(2));

const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

const policiesOf = (stack: Stack) => jobPolicies(Template.fromStack(stack));

describe('jobs of one stack', () => {
  test('of the same membership and template share one policy', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two');

    expect(Object.keys(policiesOf(stack))).toHaveLength(1);
  });

  test('share it also where each brings references of its own', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', {
      membership: Membership.fromMembershipId(stack, 'SameMembership', MEMBERSHIP_ID),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'SameTemplate', TEMPLATE_ARN),
    });

    expect(Object.keys(policiesOf(stack))).toHaveLength(1);
  });

  test('of another template have a second policy, and the first stays as it was', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Other', OTHER_TEMPLATE_ARN) });
    const alone = new JobStack();
    alone.addJob('One');

    expect(Object.keys(policiesOf(stack))).toHaveLength(2);
    expect(policiesOf(stack)).toMatchObject(policiesOf(alone));
  });

  test('of another membership have a second policy', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { membership: Membership.fromMembershipId(stack, 'Other', numberedId(2)) });

    expect(Object.keys(policiesOf(stack))).toHaveLength(2);
  });

  test('with a runner of their own have a second policy, for its role', () => {
    const stack = new JobStack();
    stack.addJob('One');
    stack.addJob('Two', { runner: new ProtectedJobRunner(stack, 'Runner') });
    const template = Template.fromStack(stack);

    expect(new Set(Object.values(jobPolicies(template)).map(({ Roles }) => JSON.stringify(Roles)))).toEqual(
      new Set(['ProtectedJobRunnerAdvance', 'RunnerAdvance'].map((prefix) => JSON.stringify([{ Ref: findLogicalId(template, 'AWS::IAM::Role', prefix) }]))),
    );
  });
});

describe('the logical ID', () => {
  const onlyId = (stack: Stack): string => Object.keys(policiesOf(stack)).join();

  function idOf(membershipId: string, arn: string): string {
    const stack = new JobStack();
    stack.addJob('Uplift', {
      membership: Membership.fromMembershipId(stack, 'AMembership', membershipId),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'ATemplate', arn),
    });
    return onlyId(stack);
  }

  test('is the same in every synth', () => {
    expect(idOf(MEMBERSHIP_ID, TEMPLATE_ARN)).toMatch(/^ProtectedJobPermissions[0-9A-F]{8}$/);
    expect(idOf(MEMBERSHIP_ID, TEMPLATE_ARN)).toBe(idOf(MEMBERSHIP_ID, TEMPLATE_ARN));
  });

  test('changes with the membership and with the template, since the policy is never edited', () => {
    const all = [idOf(MEMBERSHIP_ID, TEMPLATE_ARN), idOf(numberedId(2), TEMPLATE_ARN), idOf(MEMBERSHIP_ID, OTHER_TEMPLATE_ARN)];

    expect(new Set(all).size).toBe(3);
  });

  test('does not change with the other props of the job, nor with its ID', () => {
    const stack = new JobStack();
    stack.addJob('Other', { parameters: { a: 'b' }, resultReceiver: ACCOUNT, triggers: { c: 'd' } });
    const plain = new JobStack();
    plain.addJob();

    expect(onlyId(stack)).toBe(onlyId(plain));
  });

  test('does not change when a job is added before', () => {
    const stack = new JobStack();
    stack.addNumberedJob(1);
    stack.addJob();
    const plain = new JobStack();
    plain.addJob();

    expect(Object.keys(policiesOf(stack))).toContain(onlyId(plain));
  });

  test('differs for memberships of two stacks that have the same logical ID there', () => {
    const app = newApp();
    const stack = new JobStack(app);
    for (const id of ['ProducerA', 'ProducerB']) {
      stack.addJob(id, { membership: newResources(new Stack(app, id)).membership });
    }
    const policies = Object.values(policiesOf(stack));

    expect(policies).toHaveLength(2);
    expect(policies.map((policy) => /"(Producer[AB]):/.exec(JSON.stringify(policy))?.[1])).toEqual(['ProducerA', 'ProducerB']);
  });
});

describe('the policy', () => {
  const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
  stack.addJob();
  const template = Template.fromStack(stack);
  const arn = (account: string, resource: string) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cleanrooms:eu-central-1:${account}:${resource}`]],
  });
  const membershipArn = arn(ACCOUNT, `membership/${MEMBERSHIP_ID}`);

  test('allows to start the job, to watch and cancel it, and to read the status of the stack, and no more', () => {
    expect(only(jobPolicies(template)).PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Start',
          Effect: 'Allow',
          Action: 'cleanrooms:StartProtectedJob',
          Resource: [
            membershipArn,
            TEMPLATE_ARN,
            arn('*', 'membership/*/configuredtableassociation/*'),
            arn('*', 'membership/*/intermediatetable/*'),
          ],
        },
        {
          Sid: 'WatchAndCancel',
          Effect: 'Allow',
          Action: ['cleanrooms:GetProtectedJob', 'cleanrooms:ListProtectedJobs', 'cleanrooms:UpdateProtectedJob'],
          Resource: membershipArn,
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
    });
  });

  test('belongs to the role of the advance function alone', () => {
    expect(only(jobPolicies(template)).Roles).toEqual([{ Ref: findLogicalId(template, 'AWS::IAM::Role', 'ProtectedJobRunnerAdvance') }]);
  });

  test("is not the role's default policy, which stays the same with every job", () => {
    const stackWithoutJobs = new Stack(newApp(), 'Stack', { env: FRANKFURT });
    new ProtectedJobRunner(stackWithoutJobs, 'ProtectedJobRunner');
    const defaultPolicy = (of: Template) => of.findResources('AWS::IAM::Policy')[findLogicalId(of, 'AWS::IAM::Policy', 'ProtectedJobRunnerAdvance')];

    expect(defaultPolicy(template)).toEqual(defaultPolicy(Template.fromStack(stackWithoutJobs)));
  });
});

describe('jobs of several stacks that share a runner', () => {
  /** The names of the policies that the jobs bring to the role of the shared runner. */
  function policyNames(app: App, stacks: Stack[]): unknown[] {
    app.synth();
    return stacks.flatMap((stack) => Object.values(policiesOf(stack)).map(({ PolicyName }) => PolicyName));
  }

  // A role has one inline policy of a name: of two resources with the same one, the second fails or takes the place of the first.
  test.each([['unknown', undefined], ['known', FRANKFURT]])(
    'give the role policies of different names for the same membership and template, where the environment is %s',
    (_, env) => {
      const app = newApp();
      const runner = new ProtectedJobRunner(new Stack(app, 'Shared', { env }), 'Runner');
      const stacks = ['One', 'Two'].map((id) => new JobStack(app, id, { env }));
      stacks.forEach((stack) => stack.addJob('Uplift', { runner }));

      const names = policyNames(app, stacks);
      expect(names).toHaveLength(2);
      expect(new Set(names).size).toBe(2);
    },
  );

  test('give the role policies of different names for a membership and a template of the stack of the runner', () => {
    const app = newApp();
    const shared = new Stack(app, 'Shared');
    const runner = new ProtectedJobRunner(shared, 'Runner');
    const resources = newResources(shared);
    const stacks = ['One', 'Two'].map((id) => new JobStack(app, id));
    stacks.forEach((stack) => stack.addJob('Uplift', { ...resources, runner }));

    const names = policyNames(app, stacks);
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(2);
  });
});

describe('as many policies as synth allows', () => {
  const LONGEST: Record<string, string> = {
    'AWS::Partition': 'aws-us-gov',
    'AWS::Region': 'ap-southeast-1',
    'AWS::AccountId': ACCOUNT,
  };

  /** The stack's ID where its name has so many characters. */
  const stackId = (nameLength: number) => `arn:aws:cloudformation:ap-southeast-1:${ACCOUNT}:stack/${'s'.repeat(nameLength)}/${MEMBERSHIP_ID}`;

  /** A value as it arrives in IAM, where it says nothing about the length of a reference to another resource. */
  function deployed(value: unknown, stackNameLength: number): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => deployed(item, stackNameLength));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [[key, content]] = [...Object.entries(value), ['', undefined]];
    if (key === 'Ref') {
      return content === 'AWS::StackId' ? stackId(stackNameLength) : LONGEST[String(content)];
    }
    if (key === 'Fn::Join' && Array.isArray(content)) {
      const parts = deployed(content[1], stackNameLength);
      return Array.isArray(parts) ? parts.join('') : parts;
    }
    if (key === 'Fn::GetAtt' && Array.isArray(content)) {
      return `arn:aws-us-gov:dynamodb:ap-southeast-1:${ACCOUNT}:table/${'s'.repeat(stackNameLength)}-${content[0]}-0123456789ABC`;
    }
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, deployed(entry, stackNameLength)]));
  }

  /** The stack with the most jobs of different memberships and templates that synthesizes. */
  function fullestStack(env: { account: string; region: string } | undefined): JobStack {
    let fullest: JobStack | undefined;
    for (let jobs = 1; jobs < 30; jobs++) {
      const app = newApp();
      const stack = new JobStack(app, 'Stack', { env });
      for (let number = 0; number < jobs; number++) {
        stack.addNumberedJob(number);
      }
      try {
        app.synth();
      } catch {
        break;
      }
      fullest = stack;
    }
    return fullest ?? new JobStack();
  }

  const environments: [string, { account: string; region: string } | undefined][] = [
    ['unknown', undefined],
    ['known', { account: ACCOUNT, region: 'ap-southeast-1' }],
  ];

  describe.each(environments)('where the environment is %s', (_, env) => {
    const template = Template.fromStack(fullestStack(env));
    const role = { Ref: findLogicalId(template, 'AWS::IAM::Role', 'ProtectedJobRunnerAdvance') };
    const policies = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [role] } }));

    test('are enough for some memberships', () => {
      expect(policies.length - 1).toBeGreaterThanOrEqual(5);
    });

    test.each([20, 128])('fit into the 10,240 characters of the role of a stack whose name has %i characters', (stackNameLength) => {
      const sizes = policies.map(({ Properties }) => JSON.stringify(deployed(Properties.PolicyDocument, stackNameLength)).length);

      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_240);
    });
  });
});
