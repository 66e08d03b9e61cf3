import { CfnParameter, CfnResource, Duration, Fn, NestedStack, Stack, Stage, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { Construct } from 'constructs';
import {
  AnalysisTemplate,
  Collaboration,
  ConfiguredTableAssociation,
  Membership,
  ProtectedJob,
  type ProtectedJobProps,
  ProtectedJobRunner,
  ProtectedJobType,
  WorkerType,
} from '../../src';
import { ATTRIBUTE_NAMES, type AttributeName, NOT_APPLICABLE, RESOURCE_TYPE } from '../../src/contract/custom-resource';
import {
  ACCOUNT,
  findLogicalId,
  jobPolicies,
  JobStack,
  logicalIdOf,
  MEMBERSHIP_ID,
  newApp,
  newResources,
  only,
  onlyJobResource,
  TEMPLATE_ARN,
} from '../fixtures';

const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };
const BEIJING = { account: ACCOUNT, region: 'cn-north-1' };

describe('the custom resource', () => {
  const required = {
    Type: 'PYSPARK',
    MembershipIdentifier: MEMBERSHIP_ID,
    AnalysisTemplateArn: TEMPLATE_ARN,
    ConstructPath: 'Stack/Uplift',
    ServiceTimeout: '3600',
    Timeout: '3300',
  };

  test.each<[string, Partial<ProtectedJobProps>, Record<string, unknown>]>([
    ['nothing else when no optional prop is set', {}, {}],
    ['the type', { type: ProtectedJobType.of('PYSPARK_2') }, { Type: 'PYSPARK_2' }],
    ['the default type', { type: ProtectedJobType.PYSPARK }, {}],
    ['the parameters', { parameters: { start: '2026-01-01', empty: '' } }, { Parameters: { start: '2026-01-01', empty: '' } }],
    ['the worker', { worker: { type: WorkerType.CR_4X, number: 32 } }, { WorkerType: 'CR.4X', WorkerNumber: '32' }],
    ['a worker type of its own', { worker: { type: WorkerType.of('CR.16X'), number: 4 } }, { WorkerType: 'CR.16X', WorkerNumber: '4' }],
    [
      'the Spark properties',
      { worker: { type: WorkerType.CR_1X, number: 4, sparkProperties: { 'spark.sql.shuffle.partitions': '64' } } },
      { WorkerType: 'CR.1X', WorkerNumber: '4', SparkProperties: { 'spark.sql.shuffle.partitions': '64' } },
    ],
    ['the result receiver', { resultReceiver: '444455556666' }, { ResultReceiverAccountId: '444455556666' }],
    ['the triggers', { triggers: { at: '2026-10-01T00:00:00Z' } }, { Triggers: { at: '2026-10-01T00:00:00Z' } }],
    ['the timeout', { timeout: Duration.minutes(10) }, { Timeout: '600', ServiceTimeout: '900' }],
    ['the shortest timeout', { timeout: Duration.seconds(60) }, { Timeout: '60', ServiceTimeout: '360' }],
    ['the longest timeout of one slice', { timeout: Duration.minutes(55) }, { Timeout: '3300', ServiceTimeout: '3600' }],
    ['no sign of the stack outputs', { stackOutputs: false }, {}],
  ])('holds %s', (_, props, expected) => {
    const stack = new JobStack();
    stack.addJob('Uplift', props);

    const { ServiceToken, ...properties } = onlyJobResource(stack).Properties;
    expect(properties).toEqual({ ...required, ...expected });
    expect(ServiceToken).toEqual({ 'Fn::GetAtt': [findLogicalId(Template.fromStack(stack), 'AWS::Lambda::Function', 'ProtectedJobRunnerOnEvent'), 'Arn'] });
  });

  test('refers to a membership and a template of the same stack', () => {
    const stack = new JobStack();
    stack.addJob('Uplift', newResources(stack));

    expect(onlyJobResource(stack).Properties).toMatchObject({
      MembershipIdentifier: { Ref: 'NewMembership' },
      AnalysisTemplateArn: { 'Fn::GetAtt': ['NewTemplate', 'Arn'] },
    });
  });

  test('waits for its permissions and for all that makes the event function work', () => {
    const stack = new JobStack();
    stack.addJob();
    const template = Template.fromStack(stack);

    expect(new Set(onlyJobResource(stack).DependsOn)).toEqual(new Set([
      ...Object.keys(jobPolicies(template)),
      findLogicalId(template, 'AWS::Lambda::Function', 'ProtectedJobRunnerOnEvent'),
      findLogicalId(template, 'AWS::Lambda::EventInvokeConfig'),
      findLogicalId(template, 'AWS::IAM::Policy', 'ProtectedJobRunnerOnEvent'),
    ]));
  });

  test('is deleted with the stack, which ends its job', () => {
    const stack = new JobStack();
    stack.addJob();

    Template.fromStack(stack).hasResource(RESOURCE_TYPE, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });
});

describe('the attributes', () => {
  const strings: Record<Exclude<AttributeName, 'ResultReceivers'>, (job: ProtectedJob) => string> = {
    JobId: (job) => job.jobId,
    Status: (job) => job.status,
    ResultLocation: (job) => job.resultLocation,
    ResultBucketName: (job) => job.resultBucketName,
    ResultKeyPrefix: (job) => job.resultKeyPrefix,
    MembershipId: (job) => job.membershipId,
    MembershipArn: (job) => job.membershipArn,
    CreateTime: (job) => job.createTime,
    DurationInMillis: (job) => job.durationInMillis,
    BilledUnits: (job) => job.billedUnits,
    ErrorCode: (job) => job.errorCode,
    ErrorMessage: (job) => job.errorMessage,
    ErrorRetryable: (job) => job.errorRetryable,
  };

  function consumerProperties(stack: Stack): unknown {
    const [consumer] = Object.values(Template.fromStack(stack).findResources('Test::Consumer'));
    return consumer.Properties;
  }

  test.each(Object.entries(strings))('hand %s to another resource', (name, attribute) => {
    const stack = new JobStack();
    const job = stack.addJob();
    new CfnResource(stack, 'Consumer', { type: 'Test::Consumer', properties: { Value: attribute(job) } });

    expect(consumerProperties(stack)).toEqual({ Value: { 'Fn::GetAtt': [logicalIdOf(job), name] } });
  });

  test('hand ResultReceivers to another resource as a list', () => {
    const stack = new JobStack();
    const job = stack.addJob();
    new CfnResource(stack, 'Consumer', {
      type: 'Test::Consumer',
      properties: { All: job.resultReceivers, First: Fn.select(0, job.resultReceivers) },
    });

    const all = { 'Fn::Split': [',', { 'Fn::GetAtt': [logicalIdOf(job), 'ResultReceivers'] }] };
    expect(consumerProperties(stack)).toEqual({ All: all, First: { 'Fn::Select': [0, all] } });
  });

  test('are all that an answer has', () => {
    expect(new Set([...Object.keys(strings), 'ResultReceivers'])).toEqual(new Set(ATTRIBUTE_NAMES));
  });

  test('reach another stack of the app', () => {
    const app = newApp();
    const stack = new JobStack(app);
    const job = stack.addJob();
    const other = new Stack(app, 'Other');
    new CfnResource(other, 'Consumer', { type: 'Test::Consumer', properties: { Value: job.resultLocation, All: job.resultReceivers } });

    expect(consumerProperties(other)).toEqual({
      Value: { 'Fn::ImportValue': expect.stringContaining('ResultLocation') },
      All: { 'Fn::Split': [',', { 'Fn::ImportValue': expect.stringContaining('ResultReceivers') }] },
    });
    Template.fromStack(stack).hasOutput('*', { Value: { 'Fn::GetAtt': [logicalIdOf(job), 'ResultReceivers'] } });
  });

  test.each<[string, (job: ProtectedJob) => unknown]>([
    ['status', (job) => job.status],
    ['resultLocation', (job) => job.resultLocation],
    ['resultBucketName', (job) => job.resultBucketName],
    ['resultKeyPrefix', (job) => job.resultKeyPrefix],
    ['resultReceivers', (job) => job.resultReceivers],
    ['durationInMillis', (job) => job.durationInMillis],
    ['billedUnits', (job) => job.billedUnits],
    ['errorCode', (job) => job.errorCode],
    ['errorMessage', (job) => job.errorMessage],
    ['errorRetryable', (job) => job.errorRetryable],
  ])('of the end are an error where nobody waits for it: %s', (name, attribute) => {
    const job = new JobStack().addJob('Uplift', { waitForCompletion: false });
    expect(() => attribute(job)).toThrow(`Stack/Uplift: ${name}: the deployment does not wait`);
  });

  test('of the start are there where nobody waits for the end', () => {
    const job = new JobStack().addJob('Uplift', { waitForCompletion: false });
    expect([job.jobId, job.membershipId, job.membershipArn, job.createTime].every(Token.isUnresolved)).toBe(true);
  });

  test('have a public word for what does not apply', () => {
    expect(ProtectedJob.NOT_APPLICABLE).toBe(NOT_APPLICABLE);
  });
});

describe('the stack outputs', () => {
  function outputs(stack: Stack): Record<string, unknown> {
    const found = Object.entries(Template.fromStack(stack).findOutputs('*'));
    return Object.fromEntries(found.map(([name, output]) => [name, output.Value]));
  }

  test('are named after the construct', () => {
    const stack = new JobStack();
    const job = stack.addJob('Uplift');

    expect(outputs(stack)).toEqual({
      UpliftJobId: { 'Fn::GetAtt': [logicalIdOf(job), 'JobId'] },
      UpliftResultLocation: { 'Fn::GetAtt': [logicalIdOf(job), 'ResultLocation'] },
    });
  });

  test('are only the job ID where nobody waits for the end', () => {
    const stack = new JobStack();
    stack.addJob('Uplift', { waitForCompletion: false });

    expect(Object.keys(outputs(stack))).toEqual(['UpliftJobId']);
  });

  test('have no names that are too long for CloudFormation', () => {
    const stack = new JobStack();
    stack.addJob('L'.repeat(245));

    expect(Object.keys(outputs(stack))).toEqual([`${'L'.repeat(245)}JobId`, expect.stringMatching(/^L{240}[0-9A-F]{8}$/)]);
  });

  test('say what they are', () => {
    const stack = new JobStack();
    stack.addJob('Uplift');

    Template.fromStack(stack).hasOutput('UpliftJobId', { Description: 'The ID of the Clean Rooms protected job' });
    Template.fromStack(stack).hasOutput('UpliftResultLocation', { Description: 'Where the results of the Clean Rooms protected job are' });
  });

  test.each([
    ['false', { stackOutputs: false }, 0],
    ['true', { stackOutputs: true }, 2],
    ['left out', {}, 2],
  ])('are there as asked for where stackOutputs is %s', (_, props, count) => {
    const stack = new JobStack();
    stack.addJob('Uplift', props);

    expect(Object.keys(outputs(stack))).toHaveLength(count);
  });

  test('hold the path and a hash where the construct is not directly in the stack', () => {
    const stack = new JobStack();
    stack.addJob('Uplift', {}, new Construct(stack, 'Monthly'));

    expect(Object.keys(outputs(stack))).toEqual([
      expect.stringMatching(/^MonthlyUpliftJobId[0-9A-F]{8}$/),
      expect.stringMatching(/^MonthlyUpliftResultLocation[0-9A-F]{8}$/),
    ]);
  });

  test('hold a hash where the ID has a dash', () => {
    const stack = new JobStack();
    stack.addJob('up-lift');

    expect(Object.keys(outputs(stack))).toEqual([
      expect.stringMatching(/^upliftJobId[0-9A-F]{8}$/),
      expect.stringMatching(/^upliftResultLocation[0-9A-F]{8}$/),
    ]);
  });

  test('are each job\'s own where IDs differ by a dash only', () => {
    const stack = new JobStack();
    const jobs = [stack.addJob('up-lift'), stack.addJob('uplift'), stack.addJob('upli-ft')];

    const jobIds = jobs.map((job) => ({ 'Fn::GetAtt': [logicalIdOf(job), 'JobId'] }));
    expect(Object.entries(outputs(stack)).filter(([name]) => name.includes('JobId')).map(([, value]) => value)).toEqual(jobIds);
    expect(new Set(jobs.map(logicalIdOf)).size).toBe(3);
  });

  test('are each job\'s own where jobs in several scopes have the same ID', () => {
    const stack = new JobStack();
    const jobs = [
      stack.addJob('Uplift'),
      stack.addJob('Uplift', {}, new Construct(stack, 'Monthly')),
      stack.addJob('Uplift', {}, new Construct(stack, 'Weekly')),
    ];

    const jobIds = jobs.map((job) => ({ 'Fn::GetAtt': [logicalIdOf(job), 'JobId'] }));
    expect(Object.entries(outputs(stack)).filter(([name]) => name.includes('JobId')).map(([, value]) => value)).toEqual(jobIds);
    expect(new Set(jobs.map(logicalIdOf)).size).toBe(3);
  });
});

describe('the runner', () => {
  const resourceCount = (stack: Stack) => Object.keys(Template.fromStack(stack).toJSON().Resources).length;

  test('is one for all jobs of a stack, wherever they are in it', () => {
    const stack = new JobStack();
    stack.addJob('Uplift');
    stack.addJob('Uplift', {}, new Construct(stack, 'Monthly'));
    stack.addNumberedJob(1);
    const template = Template.fromStack(stack);

    template.resourceCountIs(RESOURCE_TYPE, 3);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
  });

  describe('costs', () => {
    function countWithJobs(addJobs: (stack: JobStack) => void): number {
      const stack = new JobStack();
      new ProtectedJobRunner(stack, 'ProtectedJobRunner'); // the stack's own, which has no job yet
      addJobs(stack);
      return resourceCount(stack);
    }

    const withoutJob = countWithJobs(() => {});
    const withOneJob = withoutJob + 2;

    test('the first job of a stack a policy besides the job itself', () => {
      expect(countWithJobs((stack) => stack.addJob())).toBe(withOneJob);
    });

    test.each([1, 2, 10])('%i further jobs of the same membership and template no more than the jobs themselves', (jobs) => {
      const count = countWithJobs((stack) => {
        stack.addJob();
        for (let number = 1; number <= jobs; number++) {
          stack.addJob(`Job${number}`, { parameters: { number: `${number}` } });
        }
      });

      expect(count).toBe(withOneJob + jobs);
    });

    test.each([1, 2, 3])('%i further jobs of other memberships and templates no more, while the policy has room', (jobs) => {
      const count = countWithJobs((stack) => {
        stack.addJob();
        for (let number = 1; number <= jobs; number++) {
          stack.addNumberedJob(number);
        }
      });

      expect(count).toBe(withOneJob + jobs);
    });
  });

  test('of its own serves the job that it is passed to, and no default one is made', () => {
    const stack = new JobStack();
    const runner = new ProtectedJobRunner(stack, 'Runner');
    stack.addJob('Uplift', { runner });
    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.hasResourceProperties(RESOURCE_TYPE, {
      ServiceToken: { 'Fn::GetAtt': [findLogicalId(template, 'AWS::Lambda::Function', 'RunnerOnEvent'), 'Arn'] },
    });
  });

  test('is each stack\'s own by default', () => {
    const app = newApp();
    const stacks = ['One', 'Two'].map((id) => new JobStack(app, id));
    stacks.forEach((stack) => stack.addJob());

    for (const template of stacks.map((stack) => Template.fromStack(stack))) {
      template.resourceCountIs('AWS::Lambda::Function', 2);
      template.hasResourceProperties(RESOURCE_TYPE, {
        ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ProtectedJobRunnerOnEvent'), 'Arn'] },
      });
    }
  });

  test.each([['unknown', undefined], ['known', FRANKFURT]])('serves a job of another stack where the environment is %s', (_, env) => {
    const app = newApp();
    const shared = new Stack(app, 'Shared', { env });
    const runner = new ProtectedJobRunner(shared, 'Runner');
    const stack = new JobStack(app, 'Jobs', { env });
    stack.addJob('Uplift', { runner });
    const jobs = Template.fromStack(stack);

    // The stack of the jobs depends on that of the runner and not the other way round.
    expect(stack.dependencies).toEqual([shared]);
    expect(shared.dependencies).toEqual([]);
    jobs.resourceCountIs('AWS::Lambda::Function', 0);
    jobs.hasResourceProperties(RESOURCE_TYPE, { ServiceToken: { 'Fn::ImportValue': Match.stringLikeRegexp('^Shared:.*RunnerOnEvent') } });
    const roleName = { 'Fn::ImportValue': expect.stringMatching(/^Shared:.*RunnerAdvanceRole/) };
    expect(only(jobPolicies(jobs)).Roles).toEqual([roleName]);
    expect(jobPolicies(Template.fromStack(shared))).toEqual({});
    expect(new Set(onlyJobResource(stack).DependsOn)).toEqual(new Set(Object.keys(jobPolicies(jobs))));
  });
});

describe('a job that is granted something', () => {
  test('has it in the role that starts, watches and cancels jobs', () => {
    const stack = new JobStack();
    const job = stack.addJob();
    new s3.Bucket(stack, 'Results').grantRead(job);
    const template = Template.fromStack(stack);

    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['s3:GetObject*']) })]) },
      Roles: [{ Ref: findLogicalId(template, 'AWS::IAM::Role', 'ProtectedJobRunnerAdvance') }],
    });
  });

  test('keeps its other permissions as they are', () => {
    const [stack, without] = [new JobStack(), new JobStack()];
    new s3.Bucket(stack, 'Results').grantRead(stack.addJob());
    without.addJob();

    expect(jobPolicies(Template.fromStack(stack))).toEqual(jobPolicies(Template.fromStack(without)));
  });
});

describe('nested stacks', () => {
  function nest(parent: Stack): { nested: NestedStack; membership: ProtectedJobProps['membership']; analysisTemplate: ProtectedJobProps['analysisTemplate'] } {
    const nested = new NestedStack(parent, 'Nested');
    return {
      nested,
      membership: Membership.fromMembershipId(nested, 'Membership', MEMBERSHIP_ID),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(nested, 'Template', TEMPLATE_ARN),
    };
  }

  test('get a runner of their own, and outputs', () => {
    const parent = new Stack(newApp(), 'Parent');
    const { nested, membership, analysisTemplate } = nest(parent);
    new ProtectedJob(nested, 'Uplift', { membership, analysisTemplate });
    const template = Template.fromStack(nested);

    template.resourceCountIs(RESOURCE_TYPE, 1);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    expect(Object.keys(template.findOutputs('*'))).toEqual(['UpliftJobId', 'UpliftResultLocation']);
    Template.fromStack(parent).resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('can use the runner of their parent, which is there before them', () => {
    const parent = new Stack(newApp(), 'Parent');
    const runner = new ProtectedJobRunner(parent, 'Runner');
    const { nested, membership, analysisTemplate } = nest(parent);
    new ProtectedJob(nested, 'Uplift', { membership, analysisTemplate, runner });
    const template = Template.fromStack(nested);
    const parentTemplate = Template.fromStack(parent);

    template.resourceCountIs('AWS::Lambda::Function', 0);
    expect(Object.keys(jobPolicies(template))).toHaveLength(1);
    parentTemplate.hasResource('AWS::CloudFormation::Stack', {
      DependsOn: Match.arrayWith([findLogicalId(parentTemplate, 'AWS::Lambda::EventInvokeConfig')]),
    });
  });

  test('can have the runner of a job of their parent', () => {
    const parent = new JobStack();
    const runner = new ProtectedJobRunner(new NestedStack(parent, 'Nested'), 'Runner');
    parent.addJob('Uplift', { runner });
    const template = Template.fromStack(parent);

    template.resourceCountIs('AWS::Lambda::Function', 0);
    expect(new Set(onlyJobResource(parent).DependsOn)).toEqual(new Set([
      ...Object.keys(jobPolicies(template)),
      findLogicalId(template, 'AWS::CloudFormation::Stack'),
    ]));
  });
});

test('stages have the same resources', () => {
  const app = newApp();
  const resources = ['Test', 'Production'].map((id) => {
    const stack = new JobStack(new Stage(app, id));
    stack.addJob();
    return Object.values(Template.fromStack(stack).toJSON().Resources).length;
  });

  expect(app.synth().nestedAssemblies).toHaveLength(2);
  expect(resources[0]).toBeGreaterThan(1);
  expect(resources[1]).toBe(resources[0]);
});

describe('tokens', () => {
  test('can stand for every input, as parameters of the stack', () => {
    const stack = new JobStack();
    const text = new CfnParameter(stack, 'Text').valueAsString;
    const number = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    stack.addJob('Uplift', {
      type: ProtectedJobType.of(text),
      membership: Membership.fromMembershipId(stack, 'AnyMembership', text),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'AnyTemplate', text),
      parameters: { name: text, joined: `prefix-${text}` },
      worker: { type: WorkerType.of(text), number, sparkProperties: { name: text } },
      resultReceiver: text,
      computePayer: text,
      triggers: { name: text },
      timeout: Duration.seconds(number),
      pollInterval: Duration.seconds(number),
      collaboration: Collaboration.fromCollaborationArn(stack, 'AnyCollaboration', text),
      configuredTableAssociations: [ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'AnyAssociation', text)],
      intermediateTableArns: [text],
    });

    const ref = { Ref: 'Text' };
    expect(onlyJobResource(stack).Properties).toEqual({
      ServiceToken: expect.anything(),
      ConstructPath: 'Stack/Uplift',
      ServiceTimeout: '3600', // whatever the timeout turns out to be
      Type: ref,
      MembershipIdentifier: ref,
      AnalysisTemplateArn: ref,
      Parameters: { name: ref, joined: { 'Fn::Join': ['', ['prefix-', ref]] } },
      WorkerType: ref,
      WorkerNumber: { Ref: 'Number' },
      SparkProperties: { name: ref },
      ResultReceiverAccountId: ref,
      ComputePayerAccountId: ref,
      Triggers: { name: ref },
      Timeout: { Ref: 'Number' },
      PollInterval: { Ref: 'Number' },
    });
  });

  test('can stand for the membership and the template that come from another stack', () => {
    const app = newApp();
    const producer = new Stack(app, 'Producer');
    const stack = new JobStack(app);
    stack.addJob('Uplift', newResources(producer));

    expect(onlyJobResource(stack).Properties).toMatchObject({
      MembershipIdentifier: { 'Fn::ImportValue': expect.stringMatching(/^Producer:.*NewMembership/) },
      AnalysisTemplateArn: { 'Fn::ImportValue': expect.stringMatching(/^Producer:.*NewTemplate/) },
    });
    expect(stack.dependencies).toEqual([producer]);
  });
});

describe('the partition', () => {
  /** The template as text, less the service principals, which are the same in all partitions. */
  function textWithoutPrincipals(stack: Stack): string {
    return JSON.stringify(Template.fromStack(stack).toJSON(), (key, value: unknown) => (key === 'Principal' ? undefined : value));
  }

  function templateInChina(stack: Stack): ProtectedJobProps['analysisTemplate'] {
    const arn = `arn:aws-cn:cleanrooms:cn-north-1:${ACCOUNT}:membership/${MEMBERSHIP_ID}/analysistemplate/${MEMBERSHIP_ID}`;
    return AnalysisTemplate.fromAnalysisTemplateArn(stack, 'ChineseTemplate', arn);
  }

  test.each([
    ['in China', newApp, BEIJING],
    ['in China with all feature flags', () => newApp(recommendedFeatureFlags), BEIJING],
    ['anywhere', newApp, undefined],
    ['anywhere with all feature flags', () => newApp(recommendedFeatureFlags), undefined],
  ])('is nowhere hard-coded for a stack %s', (_, makeApp, env) => {
    const stack = new JobStack(makeApp(), 'Stack', { env });
    stack.addJob('Uplift', { analysisTemplate: templateInChina(stack) });
    const text = textWithoutPrincipals(stack);

    expect(text).toContain('cleanrooms:StartProtectedJob');
    expect(text).not.toMatch(/arn:aws:/);
    expect(text).not.toMatch(/amazonaws\.com/);
    expect(text).toContain('"URL_SUFFIX":{"Ref":"AWS::URLSuffix"}');
  });

  test('is that of the membership in the region of the stack', () => {
    const stack = new JobStack(newApp(recommendedFeatureFlags), 'Stack', { env: BEIJING });
    stack.addJob('Uplift', { analysisTemplate: templateInChina(stack) });

    expect(textWithoutPrincipals(stack)).toContain(`"arn:aws-cn:cleanrooms:cn-north-1:${ACCOUNT}:membership/${MEMBERSHIP_ID}"`);
  });
});

test('runs once per set of inputs: two synths of the same app give the same template', () => {
  const [first, second] = [1, 2].map(() => {
    const stack = new JobStack();
    stack.addJob('Uplift', { parameters: { a: 'b' }, triggers: { c: 'd' } });
    return Template.fromStack(stack).toJSON();
  });

  expect(second).toEqual(first);
});
