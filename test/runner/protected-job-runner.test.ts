import { NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { ProtectedJobRunner, type ProtectedJobRunnerProps } from '../../src';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { findLogicalId, JobStack, newApp, only } from '../fixtures';

const stackWithRunner = (): Stack => {
  const stack = new Stack(newApp(), 'Stack');
  new ProtectedJobRunner(stack, 'Runner');
  return stack;
};

const template = Template.fromStack(stackWithRunner());

const ids = {
  ledger: findLogicalId(template, 'AWS::DynamoDB::Table'),
  logs: findLogicalId(template, 'AWS::Logs::LogGroup'),
  clock: findLogicalId(template, 'AWS::StepFunctions::StateMachine'),
  onEvent: findLogicalId(template, 'AWS::Lambda::Function', 'RunnerOnEvent'),
  advance: findLogicalId(template, 'AWS::Lambda::Function', 'RunnerAdvance'),
};

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

test('consists of these resources and no others', () => {
  const types = Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type);

  expect(types.sort()).toEqual([
    'AWS::DynamoDB::Table',
    'AWS::IAM::Policy', // of onEvent
    'AWS::IAM::Policy', // of advance
    'AWS::IAM::Policy', // of the clock
    'AWS::IAM::Role',
    'AWS::IAM::Role',
    'AWS::IAM::Role',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::Function',
    'AWS::Lambda::Function',
    'AWS::Logs::LogGroup',
    'AWS::StepFunctions::StateMachine',
  ]);
});

test.each([
  ['AWS::DynamoDB::Table', 'TableName'],
  ['AWS::IAM::Role', 'RoleName'],
  ['AWS::Lambda::Function', 'FunctionName'],
  ['AWS::Logs::LogGroup', 'LogGroupName'],
  ['AWS::StepFunctions::StateMachine', 'StateMachineName'],
])('gives no %s a physical name, which would stop a replacement and a second runner', (type, name) => {
  template.allResourcesProperties(type, { [name]: Match.absent() });
});

test('has no parameters of its own, and no outputs in a stack with jobs', () => {
  const withJob = new JobStack();
  withJob.addJob('Uplift', { stackOutputs: false });
  for (const each of [template, Template.fromStack(withJob)]) {
    expect(Object.keys(each.findParameters('*'))).toEqual(['BootstrapVersion']);
  }
  expect(Template.fromStack(withJob).findOutputs('*')).toEqual({});
});

describe('the exports of a runner in a stack without jobs', () => {
  function exportsOf(jobs: number, props: (stack: Stack) => ProtectedJobRunnerProps = () => ({})): Record<string, unknown> {
    const app = newApp();
    const shared = new Stack(app, 'Shared');
    const runner = new ProtectedJobRunner(shared, 'Runner', props(shared));
    const stack = new JobStack(app, 'Jobs');
    for (let number = 0; number < jobs; number++) {
      stack.addNumberedJob(number, { runner });
    }
    return Template.fromStack(shared).findOutputs('*');
  }

  test('are there before the first job of another stack and after the last, which CloudFormation would not let take them away', () => {
    const exports = exportsOf(1);

    expect(Object.keys(exports)).toEqual([
      expect.stringMatching(/^ExportsOutputFnGetAttRunnerOnEvent.*Arn/),
      expect.stringMatching(/^ExportsOutputRefRunnerAdvanceRole/),
    ]);
    expect(exportsOf(0)).toEqual(exports);
  });

  test('have no role where that is of the user', () => {
    const advanceRole = (stack: Stack) => iam.Role.fromRoleArn(stack, 'Ours', 'arn:aws:iam::111122223333:role/Ours');

    expect(Object.keys(exportsOf(0, (stack) => ({ advanceRole: advanceRole(stack) })))).toEqual([expect.stringMatching(/RunnerOnEvent.*Arn/)]);
  });

  test('are none in a nested stack, which hands its values to the stack around it', () => {
    const nested = new NestedStack(new Stack(newApp(), 'Outer'), 'Nested');
    new ProtectedJobRunner(nested, 'Runner');

    expect(Template.fromStack(nested).findOutputs('*')).toEqual({});
  });
});

describe('the ledger', () => {
  test('has one key, whose schema never changes', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      GlobalSecondaryIndexes: Match.absent(),
    });
  });

  test('forgets by its TTL attribute, can be restored and is paid for by use', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  });

  test('is deleted with the stack', () => {
    template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });
});

describe('the functions', () => {
  test.each([['onEvent', ids.onEvent], ['advance', ids.advance]])('run %s on the pinned runtime and architecture', (_, logicalId) => {
    expect(template.findResources('AWS::Lambda::Function')[logicalId].Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 256,
    });
  });

  test('have as much time as the longest of their effects needs', () => {
    const functions = template.findResources('AWS::Lambda::Function');

    expect(functions[ids.onEvent].Properties.Timeout).toBe(300);
    expect(functions[ids.advance].Properties.Timeout).toBe(120);
  });

  test('know the ledger and the URL suffix, and onEvent the clock; advance does not know what calls it', () => {
    const functions = template.findResources('AWS::Lambda::Function');
    const variables = { LEDGER_TABLE_NAME: { Ref: ids.ledger }, URL_SUFFIX: { Ref: 'AWS::URLSuffix' } };

    expect(functions[ids.onEvent].Properties.Environment).toEqual({ Variables: { ...variables, CLOCK_ARN: { Ref: ids.clock } } });
    expect(functions[ids.advance].Properties.Environment).toEqual({ Variables: variables });
  });

  test('have code of their own', () => {
    const functions = template.findResources('AWS::Lambda::Function');

    expect(functions[ids.onEvent].Properties.Code.S3Key).not.toEqual(functions[ids.advance].Properties.Code.S3Key);
  });

  test('are not called with an event older than 5 minutes, and twice more after a failure', () => {
    const config = only(template.findResources('AWS::Lambda::EventInvokeConfig'));

    expect(config.Properties).toEqual({
      FunctionName: { Ref: ids.onEvent },
      Qualifier: '$LATEST',
      MaximumEventAgeInSeconds: 300,
      MaximumRetryAttempts: 2,
    });
  });
});

describe('the logs', () => {
  test('are kept for one month and deleted with the stack', () => {
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
  });

  test('of both functions go to one log group', () => {
    template.allResourcesProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: ids.logs } } });
  });

  test('go to a log group that is passed, and none is made', () => {
    const stack = new Stack(newApp());
    new ProtectedJobRunner(stack, 'Runner', { logGroup: logs.LogGroup.fromLogGroupName(stack, 'OurLogs', '/our/logs') });
    const withLogGroup = Template.fromStack(stack);

    withLogGroup.resourceCountIs('AWS::Logs::LogGroup', 0);
    withLogGroup.allResourcesProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: '/our/logs' } });
    for (const role of ['RunnerOnEvent', 'RunnerAdvance']) {
      const [logging] = statements(withLogGroup, role).filter(({ actions }) => actions.includes('logs:PutLogEvents'));
      expect(JSON.stringify(logging.resources)).toMatch(/:log-group:\/our\/logs:\*"/);
    }
  });
});

/** What `{ "Fn::Join": ["", […]] }` joins, with each ARN of the advance function as `<advance>`. */
function definitionText(definition: { 'Fn::Join': [string, unknown[]] }): string {
  const advance = JSON.stringify(arnOf(ids.advance));
  const [separator, parts] = definition['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part) === advance ? '<advance>' : '<other>')).join(separator);
}

describe('the clock', () => {
  const stateMachine = only(template.findResources('AWS::StepFunctions::StateMachine'));
  const definition: { States: Record<string, Record<string, unknown>> } & Record<string, unknown> =
    JSON.parse(definitionText(stateMachine.Properties.DefinitionString));

  test('is a standard workflow, which can run for hours', () => {
    expect(stateMachine.Properties.StateMachineType).toBe('STANDARD');
  });

  test('has these states and no others, and begins with a tick', () => {
    expect({ ...definition, States: Object.keys(definition.States).sort() }).toEqual({
      StartAt: 'Advance',
      States: ['Advance', 'Done', 'GiveUp', 'IsFinished', 'Wait'],
    });
  });

  test('calls the advance function with its own input, retries any error, and gives up after that', () => {
    expect(definition.States.Advance).toEqual({
      Type: 'Task',
      Resource: '<advance>',
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 10 }],
      // Beside the input, whose keys are still needed.
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'GiveUp' }],
      Next: 'IsFinished',
    });
  });

  test('ends when the request is finished, and waits otherwise', () => {
    expect(definition.States.IsFinished).toEqual({
      Type: 'Choice',
      Choices: [{ Variable: '$.finished', BooleanEquals: true, Next: 'Done' }],
      Default: 'Wait',
    });
    expect(definition.States.Done).toEqual({ Type: 'Succeed' });
  });

  test('waits for as long as the advance function says, and calls it again', () => {
    expect(definition.States.Wait).toEqual({ Type: 'Wait', SecondsPath: '$.waitSeconds', Next: 'Advance' });
  });

  test('gives up with nothing but the keys of the request and its own input, retrying any error', () => {
    expect(definition.States.GiveUp).toEqual({
      Type: 'Task',
      Resource: '<advance>',
      Parameters: { 'resourceKey.$': '$.resourceKey', 'requestKey.$': '$.requestKey', 'giveUp': true, 'execution.$': '$$.Execution.Input' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 20 }],
      Next: 'IsFinished', // as after any other call: a job that is left is still cancelled
    });
  });

  test('logs every step, without the data of executions, to the log group of the functions, and is traced', () => {
    expect(stateMachine.Properties.LoggingConfiguration).toEqual({
      Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: arnOf(ids.logs) } }],
      IncludeExecutionData: false,
      Level: 'ALL',
    });
    expect(stateMachine.Properties.TracingConfiguration).toEqual({ Enabled: true });
  });
});

interface Statement {
  readonly actions: string[];
  readonly resources: unknown[];
}

/**
 * The statements of the policies of the one role whose logical ID begins so, less `AWS::NoValue`, which stands for
 * nothing.
 */
function statements(of: Template, rolePrefix: string): Statement[] {
  const role = findLogicalId(of, 'AWS::IAM::Role', rolePrefix);
  const policies = [
    ...Object.values(of.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: role }] } })),
    ...Object.values(of.findResources('AWS::IAM::ManagedPolicy', { Properties: { Roles: [{ Ref: role }] } })),
  ];
  return policies.flatMap(({ Properties }) => {
    const found: { Effect: string; Action: string | string[]; Resource: unknown }[] = Properties.PolicyDocument.Statement;
    return found.map(({ Effect, Action, Resource }) => {
      expect(Effect).toBe('Allow');
      return {
        actions: [Action].flat(),
        resources: [Resource].flat().filter((resource) => JSON.stringify(resource) !== '{"Ref":"AWS::NoValue"}'),
      };
    });
  });
}

/** The ARNs of the executions of a state machine. */
function executionsOf(stateMachine: string): unknown {
  const name = { 'Fn::GetAtt': [stateMachine, 'Name'] };
  const [partition, region, account] = ['Partition', 'Region', 'AccountId'].map((part) => ({ Ref: `AWS::${part}` }));
  return { 'Fn::Join': ['', ['arn:', partition, ':states:', region, ':', account, ':execution:', name, ':*']] };
}

describe('the roles', () => {
  const writeLogs: Statement = { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [arnOf(ids.logs)] };
  const useLedger: Statement = { actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], resources: [arnOf(ids.ledger)] };

  test('have no managed policies and no permissions outside of their policies', () => {
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent(), Policies: Match.absent() });
  });

  function trustOf(prefix: string): unknown {
    return template.findResources('AWS::IAM::Role')[findLogicalId(template, 'AWS::IAM::Role', prefix)].Properties.AssumeRolePolicyDocument.Statement;
  }

  test.each(['RunnerOnEvent', 'RunnerAdvance'])('%s can be taken by Lambda alone', (prefix) => {
    expect(trustOf(prefix)).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }]);
  });

  test('RunnerClock can be taken by Step Functions alone, for state machines of the stack\'s account and region', () => {
    const [partition, region, account] = ['Partition', 'Region', 'AccountId'].map((part) => ({ Ref: `AWS::${part}` }));
    const stateMachines = { 'Fn::Join': ['', ['arn:', partition, ':states:', region, ':', account, ':stateMachine:*']] };

    expect(trustOf('RunnerClock')).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'states.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': stateMachines } },
      },
    ]);
  });

  test('belong to one function each', () => {
    const functions = template.findResources('AWS::Lambda::Function');

    expect(functions[ids.onEvent].Properties.Role).toEqual(arnOf(findLogicalId(template, 'AWS::IAM::Role', 'RunnerOnEvent')));
    expect(functions[ids.advance].Properties.Role).toEqual(arnOf(findLogicalId(template, 'AWS::IAM::Role', 'RunnerAdvance')));
    expect(only(template.findResources('AWS::StepFunctions::StateMachine')).Properties.RoleArn).toEqual(
      arnOf(findLogicalId(template, 'AWS::IAM::Role', 'RunnerClock')),
    );
  });

  test('let onEvent write its logs and the ledger, start the clock, and look at executions of this clock alone', () => {
    expect(statements(template, 'RunnerOnEvent')).toEqual([
      writeLogs,
      useLedger,
      { actions: ['states:StartExecution'], resources: [{ Ref: ids.clock }] },
      { actions: ['states:DescribeExecution'], resources: [executionsOf(ids.clock)] },
    ]);
  });

  test('let advance write its logs and the ledger, and nothing of Clean Rooms before there is a job', () => {
    expect(statements(template, 'RunnerAdvance')).toEqual([writeLogs, useLedger]);
  });

  test('let the clock call the advance function, hand over its log and be traced', () => {
    expect(statements(template, 'RunnerClock')).toEqual([
      { actions: ['lambda:InvokeFunction'], resources: [arnOf(ids.advance)] },
      { actions: expect.arrayContaining(['logs:CreateLogDelivery', 'logs:PutResourcePolicy']), resources: ['*'] },
      { actions: expect.arrayContaining(['xray:PutTraceSegments']), resources: ['*'] },
    ]);
  });

  test('allow no action by a wildcard, also with a job', () => {
    const stack = new JobStack();
    stack.addJob();
    const withJob = Template.fromStack(stack);

    const all = ['OnEvent', 'Advance', 'Clock'].flatMap((id) => statements(withJob, `ProtectedJobRunner${id}`));
    const actions = all.flatMap((statement) => statement.actions);
    expect(actions).toContain('cleanrooms:StartProtectedJob');
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    // Neither service has a narrower resource for these.
    const onAny = all.filter(({ resources }) => resources.includes('*')).flatMap((statement) => statement.actions);
    expect(onAny.filter((action) => !/^(logs:\w+(LogDelivery|LogDeliveries|ResourcePolicy|ResourcePolicies|LogGroups)|xray:\w+)$/.test(action))).toEqual([]);
  });

  test('let nobody but CloudFormation and the clock call the functions', () => {
    template.resourceCountIs('AWS::Lambda::Permission', 0);
    template.resourceCountIs('AWS::Lambda::Url', 0);
  });
});

describe('the logical IDs of the default runner', () => {
  /**
   * They are a contract: with another ID of onEvent no deployed job can be updated any more, and another ledger knows
   * no jobs.
   */
  const LOGICAL_IDS = [
    'ProtectedJobRunnerAdvanceF1CA64EA',
    'ProtectedJobRunnerAdvancePermissionsADDD1425',
    'ProtectedJobRunnerAdvanceRole70BD42FE',
    'ProtectedJobRunnerClock3539E34F',
    'ProtectedJobRunnerClockPermissions653A5823',
    'ProtectedJobRunnerClockRole68D8B26E',
    'ProtectedJobRunnerLedgerE1BA2A14',
    'ProtectedJobRunnerLogs536B90A2',
    'ProtectedJobRunnerOnEvent8B504534',
    'ProtectedJobRunnerOnEventEventInvokeConfigEE563D80',
    'ProtectedJobRunnerOnEventPermissions55ACBD4B',
    'ProtectedJobRunnerOnEventRole1257730B',
  ];

  test.each([
    ['without feature flags', {}],
    ['with all recommended feature flags', recommendedFeatureFlags],
  ])('are these %s', (_, featureFlags) => {
    const stack = new JobStack(newApp(featureFlags), 'AnyName');
    stack.addJob();

    const found = Object.keys(Template.fromStack(stack).toJSON().Resources).filter((id) => id.startsWith('ProtectedJobRunner'));
    expect(found.sort()).toEqual(LOGICAL_IDS);
  });

  test('make the service token of the jobs', () => {
    const stack = new JobStack();
    stack.addJob();

    Template.fromStack(stack).hasResourceProperties(RESOURCE_TYPE, { ServiceToken: arnOf('ProtectedJobRunnerOnEvent8B504534') });
  });
});

test('two runners fit into one stack', () => {
  const stack = stackWithRunner();
  new ProtectedJobRunner(stack, 'AnotherRunner');

  Template.fromStack(stack).resourceCountIs('AWS::DynamoDB::Table', 2);
});
