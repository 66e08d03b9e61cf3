import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { ProtectedJobRunner, type ProtectedJobRunnerProps, RunnerLogLevel } from '../../src';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { ACCOUNT, findLogicalId, JobStack, newApp, only } from '../fixtures';

const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

/** A stack with the runner that it would get by itself, with settings, and a job. */
function stackWith(settings: (stack: Stack) => ProtectedJobRunnerProps, featureFlags: Record<string, unknown> = {}): JobStack {
  const stack = new JobStack(newApp(featureFlags), 'Stack', { env: FRANKFURT });
  new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, settings(stack));
  stack.addJob();
  return stack;
}

const templateWith = (settings: (stack: Stack) => ProtectedJobRunnerProps) => Template.fromStack(stackWith(settings));

function problemsOf(settings: (stack: Stack) => ProtectedJobRunnerProps): () => void {
  return () => void stackWith(settings);
}

const importedVpc = (stack: Stack) =>
  ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1234567890',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    privateSubnetIds: ['subnet-private-a', 'subnet-private-b'],
    privateSubnetRouteTableIds: ['rtb-private-a', 'rtb-private-b'], // the CDK warns otherwise
    publicSubnetIds: ['subnet-public-a', 'subnet-public-b'],
    publicSubnetRouteTableIds: ['rtb-public-a', 'rtb-public-b'],
  });

const importedRole = (stack: Stack, id: string) => iam.Role.fromRoleArn(stack, id, `arn:aws:iam::${ACCOUNT}:role/${id}`);

const broughtRoles = (stack: Stack) => ({
  onEventRole: importedRole(stack, 'OurOnEvent'),
  advanceRole: importedRole(stack, 'OurAdvance'),
  clockRole: importedRole(stack, 'OurClock'),
});

function functionsOf(template: Template): Record<string, unknown>[] {
  const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);
  expect(functions).toHaveLength(2);
  return functions;
}

interface PolicyStatement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** The statements of the policy of a role of the runner's own. */
function ownStatements(template: Template, prefix: string): PolicyStatement[] {
  return sorted(template.findResources('AWS::IAM::Policy')[findLogicalId(template, 'AWS::IAM::Policy', prefix)].Properties.PolicyDocument.Statement);
}

function allowedIn(statements: PolicyStatement[]): PolicyStatement[] {
  return statements.filter(({ Effect }) => Effect === 'Allow');
}

function sorted<T>(statements: readonly T[]): T[] {
  return [...statements].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
}

/** Every setting that there is, and what it is set to. */
const EVERY_SETTING: Readonly<Record<string, (stack: Stack) => ProtectedJobRunnerProps>> = {
  'vpc': (stack) => ({ vpc: importedVpc(stack) }),
  'vpcSubnets': (stack) => ({ vpc: importedVpc(stack), vpcSubnets: { availabilityZones: ['eu-central-1b'] } }),
  'securityGroups': (stack) => ({
    vpc: importedVpc(stack),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1234567890')],
  }),
  'onEventRole, advanceRole, clockRole': broughtRoles,
  'addPermissionsToRoles': (stack) => ({ ...broughtRoles(stack), addPermissionsToRoles: true }),
  'logGroup': (stack) => ({ logGroup: logs.LogGroup.fromLogGroupName(stack, 'OurLogs', '/our/logs') }),
  'logRemovalPolicy': () => ({ logRemovalPolicy: RemovalPolicy.RETAIN }),
  'logLevel': () => ({ logLevel: RunnerLogLevel.DEBUG }),
  'encryptionKey': (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }),
  'architecture': () => ({ architecture: lambda.Architecture.X86_64 }),
  'runtime': () => ({ runtime: lambda.Runtime.NODEJS_22_X }),
  'ledgerRemovalPolicy': () => ({ ledgerRemovalPolicy: RemovalPolicy.RETAIN }),
  'ledgerDeletionProtection': () => ({ ledgerDeletionProtection: true }),
};

describe.each(Object.entries(EVERY_SETTING))('the setting %s', (_, settings) => {
  const plain = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
  plain.addJob();
  const before = Template.fromStack(plain);

  test('leaves everything of the runner and of the job that must not be replaced as it was', () => {
    const after = templateWith(settings);

    const replaced = ['AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine', 'AWS::Lambda::EventInvokeConfig'];
    for (const type of replaced) {
      expect(Object.keys(after.findResources(type))).toEqual(Object.keys(before.findResources(type)));
    }
    expect(only(after.findResources(RESOURCE_TYPE)).Properties).toEqual(only(before.findResources(RESOURCE_TYPE)).Properties);
    // What of these is changed only by a new resource.
    expect(only(after.findResources('AWS::DynamoDB::Table')).Properties).toMatchObject({
      KeySchema: only(before.findResources('AWS::DynamoDB::Table')).Properties.KeySchema,
    });
    expect(JSON.stringify(after.toJSON())).not.toMatch(/"(TableName|FunctionName|StateMachineName)":"/);
    expect(only(after.findResources('AWS::StepFunctions::StateMachine')).Properties.StateMachineType).toBe('STANDARD');
  });

  test('is not without effect', () => {
    expect(templateWith(settings).toJSON()).not.toEqual(before.toJSON());
  });

  test('synthesizes with all recommended feature flags, under the same logical IDs', () => {
    const idsOf = (template: Template) => Object.keys(template.toJSON().Resources).filter((id) => id.startsWith('ProtectedJobRunner'));

    expect(idsOf(Template.fromStack(stackWith(settings, recommendedFeatureFlags)))).toEqual(idsOf(templateWith(settings)));
  });
});

describe('a VPC', () => {
  test('is that of both functions, in its private subnets and with one security group of the runner', () => {
    const template = templateWith((stack) => ({ vpc: importedVpc(stack) }));
    const group = { 'Fn::GetAtt': [findLogicalId(template, 'AWS::EC2::SecurityGroup'), 'GroupId'] };

    for (const { VpcConfig } of functionsOf(template)) {
      expect(VpcConfig).toEqual({ SubnetIds: ['subnet-private-a', 'subnet-private-b'], SecurityGroupIds: [group] });
    }
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('lets the functions make their network interfaces before they are made', () => {
    const template = templateWith((stack) => ({ vpc: importedVpc(stack) }));

    for (const permissions of ['ProtectedJobRunnerOnEventPermissions', 'ProtectedJobRunnerAdvancePermissions']) {
      const policy = findLogicalId(template, 'AWS::IAM::Policy', permissions);
      expect(JSON.stringify(template.findResources('AWS::IAM::Policy')[policy])).toContain('ec2:CreateNetworkInterface');
      expect(Object.values(template.findResources('AWS::Lambda::Function')).flatMap(({ DependsOn }) => DependsOn)).toContain(policy);
    }
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  test('has the subnets and the security groups that are passed, and no other', () => {
    const template = templateWith((stack) => ({
      vpc: importedVpc(stack),
      vpcSubnets: { availabilityZones: ['eu-central-1b'] },
      securityGroups: ['sg-1', 'sg-2'].map((id) => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id)),
    }));

    for (const { VpcConfig } of functionsOf(template)) {
      expect(VpcConfig).toEqual({ SubnetIds: ['subnet-private-b'], SecurityGroupIds: ['sg-1', 'sg-2'] });
    }
    template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('lets the functions reach what the runner is connected with', () => {
    const stack = new Stack(newApp(), 'Stack', { env: FRANKFURT });
    const vpc = importedVpc(stack);
    const runner = new ProtectedJobRunner(stack, 'Runner', { vpc });
    const endpoints = new ec2.SecurityGroup(stack, 'Endpoints', { vpc });
    endpoints.connections.allowFrom(runner, ec2.Port.HTTPS);

    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 443, ToPort: 443 });
  });

  test('is where the functions may call HTTPS, and nothing else, and nobody may call them', () => {
    templateWith((stack) => ({ vpc: importedVpc(stack) })).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Description: 'To services of AWS' }],
      SecurityGroupIngress: Match.absent(),
    });
  });

  test('is used by Lambda with the role of a function, and not by the code of it', () => {
    const template = templateWith((stack) => ({ vpc: importedVpc(stack) }));
    const anyFunction = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:lambda:eu-central-1:${ACCOUNT}:function:*`]] };

    for (const permissions of ['ProtectedJobRunnerOnEventPermissions', 'ProtectedJobRunnerAdvancePermissions']) {
      const statements = ownStatements(template, permissions);
      const [denied, ...others] = statements.filter(({ Effect }) => Effect === 'Deny');
      expect(others).toEqual([]);
      expect(denied).toMatchObject({ Resource: '*', Condition: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } } });
      const allowed = statements.flatMap(({ Effect, Action }) => (Effect === 'Allow' ? [Action].flat() : []));
      expect(denied.Action).toEqual(expect.arrayContaining(allowed.filter((action) => action.startsWith('ec2:'))));
      const onAny = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && Resource === '*');
      expect(onAny.flatMap(({ Action }) => Action)).toEqual(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets']);
    }
  });

  test('can have its endpoints in another stack, which the runner is let reach', () => {
    const app = newApp();
    const network = new Stack(app, 'Network', { env: FRANKFURT });
    const vpc = new ec2.Vpc(network, 'Vpc');
    const endpoint = vpc.addInterfaceEndpoint('CleanRooms', { service: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS });
    const stack = new Stack(app, 'Stack', { env: FRANKFURT });
    new ProtectedJobRunner(stack, 'Runner', { vpc }).connections.allowToDefaultPort(endpoint);

    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 443, ToPort: 443 });
  });

  test('with its endpoints is there before the functions, and until they are gone, without a circle', () => {
    const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
    const vpc = new ec2.Vpc(stack, 'OurVpc', { subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const runner = new ProtectedJobRunner(stack, 'Runner', { vpc });
    stack.addJob('Uplift', { runner });
    vpc.addGatewayEndpoint('Ledger', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
    const endpoint = vpc.addInterfaceEndpoint('Clock', { service: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS, open: false });
    endpoint.connections.allowDefaultPortFrom(runner);

    const template = Template.fromStack(stack); // refuses a circle
    const endpoints = Object.keys(template.findResources('AWS::EC2::VPCEndpoint'));
    expect(endpoints).toHaveLength(2);
    for (const { DependsOn } of Object.values(template.findResources('AWS::Lambda::Function'))) {
      expect(DependsOn).toEqual(expect.arrayContaining(endpoints));
    }
  });

  test('is needed for connections', () => {
    const runner = new ProtectedJobRunner(new Stack(newApp(), 'Stack'), 'Runner');

    expect(() => runner.connections).toThrow('Stack/Runner: connections: only a runner in a VPC has any; set vpc');
  });
});

describe('roles of the user', () => {
  test('are taken on by the functions and the state machine, and the runner makes none', () => {
    const template = templateWith(broughtRoles);

    template.resourceCountIs('AWS::IAM::Role', 0);
    const roles = functionsOf(template).map(({ Role }) => Role);
    expect(roles.sort()).toEqual([`arn:aws:iam::${ACCOUNT}:role/OurAdvance`, `arn:aws:iam::${ACCOUNT}:role/OurOnEvent`]);
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { RoleArn: `arn:aws:iam::${ACCOUNT}:role/OurClock` });
  });

  test.each([
    ['alone', {}],
    ['with every other setting that needs permissions', undefined],
  ])('get nothing added, %s', (_, others) => {
    const template = templateWith((stack) => ({
      ...broughtRoles(stack),
      ...(others ?? { vpc: importedVpc(stack), encryptionKey: new kms.Key(stack, 'Key') }),
    }));

    for (const type of ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::ManagedPolicy']) {
      template.resourceCountIs(type, 0);
    }
  });

  test('of the same stack get nothing but what the user adds, and that is there before they are used', () => {
    const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
    const [onEventRole, clockRole] = ['lambda', 'states'].map(
      (service) => new iam.Role(stack, `our-${service}`, { assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) }),
    );
    const runner = new ProtectedJobRunner(stack, 'Runner', { onEventRole, clockRole });
    runner.clockStatements.forEach((statement) => clockRole.addToPrincipalPolicy(statement));
    const template = Template.fromStack(stack);

    const ours = Object.keys(template.findResources('AWS::IAM::Policy')).filter((id) => id.startsWith('our'));
    expect(ours).toEqual([expect.stringMatching(/^ourstates/)]);
    expect(only(template.findResources('AWS::StepFunctions::StateMachine')).DependsOn).toContain(ours[0]);
  });

  test('get what they need where that is asked for, in policies that are there before they are used', () => {
    const template = templateWith((stack) => ({ ...broughtRoles(stack), addPermissionsToRoles: true }));

    const policies = Object.entries(template.findResources('AWS::IAM::RolePolicy'));
    const namesOf = (role: string) => policies.filter(([, { Properties }]) => Properties.RoleName === role).map(([id]) => id);
    expect(namesOf('OurOnEvent')).toEqual([expect.stringMatching(/^ProtectedJobRunnerOnEventPermissions/)]);
    expect(namesOf('OurClock')).toEqual([expect.stringMatching(/^ProtectedJobRunnerClockPermissions/)]);
    expect(namesOf('OurAdvance')).toEqual([expect.stringMatching(/^ProtectedJobRunnerAdvancePermissions/)]);
    expect(only(template.findResources('AWS::IAM::ManagedPolicy')).Properties.Roles).toEqual(['OurAdvance']);
    const { DependsOn } = only(template.findResources('AWS::StepFunctions::StateMachine'));
    expect(DependsOn).toEqual(namesOf('OurClock'));
    expect(Object.values(template.findResources('AWS::Lambda::Function')).flatMap((handler) => handler.DependsOn)).toEqual(
      expect.arrayContaining(namesOf('OurOnEvent')),
    );
  });

  test('are named by the deployed stack, since the same app may be deployed with the same roles under another name or in another region', () => {
    const template = templateWith((stack) => ({ ...broughtRoles(stack), addPermissionsToRoles: true }));

    const names = Object.values(template.findResources('AWS::IAM::RolePolicy')).map(({ Properties }) => Properties.PolicyName);
    expect(names).toHaveLength(3);
    for (const { 'Fn::Join': [, parts] } of names) {
      expect(parts).toEqual([expect.any(String), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }]);
      expect(parts[0].length + 36).toBeLessThanOrEqual(128);
    }
  });

  test('where one role is given for all, make no circle', () => {
    const stack = stackWith((scope) => {
      const role = new iam.Role(scope, 'Ours', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      return { onEventRole: role, advanceRole: role, clockRole: role, addPermissionsToRoles: true };
    });

    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::RolePolicy'));
    const names = policies.map(({ Properties }) => JSON.stringify(Properties.PolicyName));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(3);
  });

  test('need the statements that the runner would give to roles of its own', () => {
    const settings = (scope: Stack) => ({ vpc: importedVpc(scope), encryptionKey: new kms.Key(scope, 'Key') });
    const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
    const runner = new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, settings(stack));
    stack.addJob();
    const template = Template.fromStack(stack);
    const json = (statements: iam.PolicyStatement[]) => sorted(statements.map((statement) => stack.resolve(statement.toStatementJson())));

    expect(json(runner.onEventStatements)).toEqual(allowedIn(ownStatements(template, 'ProtectedJobRunnerOnEventPermissions')));
    expect(json(runner.advanceStatements)).toEqual(allowedIn(ownStatements(template, 'ProtectedJobRunnerAdvancePermissions')));
    expect(json(runner.clockStatements)).toEqual(ownStatements(template, 'ProtectedJobRunnerClockPermissions'));
  });

  test('need for a job what the runner would give to a role of its own, less the IDs of statements and with the stack by its name', () => {
    const stack = new JobStack(newApp(), 'Stack', { env: FRANKFURT });
    const runner = new ProtectedJobRunner(stack, 'Runner');
    stack.addJob('Uplift', { runner });
    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::ManagedPolicy'));
    const given: { Sid?: string; Action: unknown }[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const withoutSids = given.map(({ Sid: _, ...statement }) => statement);
    const stackArn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudformation:eu-central-1:${ACCOUNT}:stack/Stack/*`]] };

    const statements = runner.jobStatements(stack, stack);
    expect(sorted(statements.map((statement) => stack.resolve(statement.toStatementJson())))).toEqual(
      sorted(withoutSids.map((statement) => (statement.Action === 'cloudformation:DescribeStacks' ? { ...statement, Resource: stackArn } : statement))),
    );
  });

  /** The statements of the one policy of the role whose logical ID begins so. */});

describe('the log group', () => {
  test('of the runner follows the removal policy', () => {
    templateWith(() => ({ logRemovalPolicy: RemovalPolicy.RETAIN })).hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain' });
  });

  test('that is passed takes the log of the state machine too', () => {
    const template = templateWith((stack) => ({ logGroup: logs.LogGroup.fromLogGroupName(stack, 'OurLogs', '/our/logs') }));

    expect(JSON.stringify(only(template.findResources('AWS::StepFunctions::StateMachine')).Properties.LoggingConfiguration)).toContain(':log-group:/our/logs:*');
  });

  test('level is what the functions are told', () => {
    for (const { Environment } of functionsOf(templateWith(() => ({ logLevel: RunnerLogLevel.ERROR })))) {
      expect(Environment).toMatchObject({ Variables: { LOG_LEVEL: 'ERROR' } });
    }
  });
});

describe('an encryption key', () => {
  const template = templateWith((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }));
  const keyArn = { 'Fn::GetAtt': [findLogicalId(template, 'AWS::KMS::Key'), 'Arn'] };

  test('encrypts ledger, log group, environments and state machine', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: keyArn } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn });
    template.allResourcesProperties('AWS::Lambda::Function', { KmsKeyArn: keyArn });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: keyArn },
    });
  });

  test('can be used by the roles for nothing but that', () => {
    const statements: { Action: string | string[]; Resource: unknown; Condition?: unknown }[] = Object.values(
      template.findResources('AWS::IAM::Policy'),
    ).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const ofKey = statements.filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    const services = (names: string[]) => ({ StringLike: { 'kms:ViaService': names.map((name) => `${name}.eu-central-1.amazonaws.com*`) } });
    expect(ofKey.map(({ Condition }) => Condition)).toEqual(expect.arrayContaining([services(['dynamodb', 'lambda']), services(['dynamodb', 'lambda', 'states'])]));
    expect(ofKey.every(({ Condition }) => Condition !== undefined)).toBe(true);

    expect(ofKey).toHaveLength(4); // each function, and two of the state machine
    for (const { Action, Resource } of ofKey) {
      expect(Resource).toEqual(keyArn);
      expect(JSON.stringify(Action)).not.toContain('*');
    }
    expect(JSON.stringify(ofKey.map(({ Condition }) => Condition))).toContain(':stateMachine:*');
  });

  test('lets CloudWatch Logs use it for log groups of the account, and the delivery of logs read', () => {
    const policy: { Principal: { Service?: unknown }; Condition: unknown; Action: unknown }[] = only(template.findResources('AWS::KMS::Key')).Properties.KeyPolicy.Statement;
    const logGroups = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:logs:eu-central-1:${ACCOUNT}:log-group:*`]] };

    const logsService = JSON.stringify({ 'Fn::Join': ['', ['logs.eu-central-1.', { Ref: 'AWS::URLSuffix' }]] }); // another one in China
    expect(policy.find(({ Principal }) => JSON.stringify(Principal.Service) === logsService)?.Condition).toEqual({
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups },
    });
    expect(policy.find(({ Principal }) => Principal.Service === 'delivery.logs.amazonaws.com')?.Action).toBe('kms:Decrypt');
  });

  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['of the app', (stack) => new kms.Alias(stack, 'Alias', { aliasName: 'alias/ours', targetKey: new kms.Key(stack, 'Key') })],
    ['that is a reference', (stack) =>
      kms.Alias.fromAliasAttributes(stack, 'Alias', { aliasName: 'alias/ours', aliasTargetKey: new kms.Key(stack, 'Key') })],
  ])('can be an alias %s, whose key is used', (_, alias) => {
    const withAlias = templateWith((stack) => ({ encryptionKey: alias(stack) })).toJSON();
    const ofTheAlias = Object.entries(withAlias.Resources).filter(([id]) => id.startsWith('Alias'));
    ofTheAlias.forEach(([id]) => delete withAlias.Resources[id]);

    expect(withAlias).toEqual(template.toJSON());
  });

  test('can not be an alias of which only the name is known', () => {
    expect(problemsOf((stack) => ({ encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/ours') }))).toThrow(
      'encryptionKey: it is an alias of which only the name is known, and permissions need the ARN of the key; pass the key, as Key.fromLookup()',
    );
  });

  test('that is a reference has a policy that stays as it is', () => {
    const withReference = templateWith((stack) => ({
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-central-1:${ACCOUNT}:key/00000000-0000-4000-8000-000000000001`),
    }));

    withReference.resourceCountIs('AWS::KMS::Key', 0);
    withReference.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.stringLikeRegexp(':key/') });
  });
});

test('the ledger is protected against deletion where that is asked for', () => {
  const isProtected = (props: ProtectedJobRunnerProps) =>
    only(templateWith(() => props).findResources('AWS::DynamoDB::Table')).Properties.DeletionProtectionEnabled;

  expect(isProtected({ ledgerDeletionProtection: true })).toBe(true);
  expect(isProtected({})).toBeUndefined();
});

test('the architecture, the runtime and the removal policy of the ledger are those that are passed', () => {
  const template = templateWith(() => ({
    architecture: lambda.Architecture.X86_64,
    runtime: lambda.Runtime.NODEJS_22_X,
    ledgerRemovalPolicy: RemovalPolicy.RETAIN,
  }));

  template.allResourcesProperties('AWS::Lambda::Function', { Architectures: ['x86_64'], Runtime: 'nodejs22.x' });
  template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

describe('a setting that would have no effect, or can not work, is an error', () => {
  test.each<[string, (stack: Stack) => ProtectedJobRunnerProps, string]>([
    ['vpcSubnets without vpc', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }), 'vpcSubnets: it needs a vpc'],
    ['securityGroups without vpc', () => ({ securityGroups: [] }), 'securityGroups: it needs a vpc'],
    ['no securityGroups in the list', (stack) => ({ vpc: importedVpc(stack), securityGroups: [] }), 'securityGroups: the list is empty'],
    [
      'public subnets',
      (stack) => ({ vpc: importedVpc(stack), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }),
      'vpcSubnets: a public subnet is among them',
    ],
    [
      'logRemovalPolicy beside logGroup',
      (stack) => ({ logGroup: new logs.LogGroup(stack, 'Logs'), logRemovalPolicy: RemovalPolicy.RETAIN }),
      'logRemovalPolicy: it is for the log group of the runner, and logGroup takes its place',
    ],
    ['addPermissionsToRoles without a role', () => ({ addPermissionsToRoles: false }), 'addPermissionsToRoles: there is no role to add to'],
    [
      'a role of another account',
      (stack) => ({ advanceRole: iam.Role.fromRoleArn(stack, 'Theirs', 'arn:aws:iam::444455556666:role/Theirs') }),
      'advanceRole: the role is of account 444455556666',
    ],
    ['a runtime of another language', () => ({ runtime: lambda.Runtime.PYTHON_3_13 }), 'runtime: python3.13 does not run the functions'],
    ['a runtime that is too old', () => ({ runtime: lambda.Runtime.NODEJS_18_X }), 'runtime: nodejs18.x does not run the functions; they need Node.js 20 or newer'],
  ])('%s', (_, settings, message) => {
    expect(problemsOf(settings)).toThrow(`Stack/ProtectedJobRunner: ${message}`);
  });

  test('all of them are named at once', () => {
    expect(problemsOf(() => ({ vpcSubnets: {}, runtime: lambda.Runtime.PYTHON_3_13 }))).toThrow(/vpcSubnets: .*; runtime: /);
  });

  test('settings for a runner that is there already', () => {
    const stack = new JobStack();
    stack.addJob();

    expect(() => new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, { logLevel: RunnerLogLevel.DEBUG })).toThrow(
      'Stack/ProtectedJobRunner: this runner is there already, with the settings that it was made with; ' +
        'create it before the first job that is to use it',
    );
  });
});

test('roles, key and log group can be of other stacks than the runner, and the runner of another one than the job', () => {
  const app = newApp();
  const ours = new Stack(app, 'Ours');
  const [functionRole, clockRole] = ['lambda', 'states'].map(
    (service) => new iam.Role(ours, service, { assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) }),
  );
  const runner = new ProtectedJobRunner(new Stack(app, 'Shared'), 'Runner', {
    onEventRole: functionRole,
    advanceRole: functionRole,
    clockRole,
    addPermissionsToRoles: true,
    encryptionKey: new kms.Key(ours, 'Key'),
    logGroup: new logs.LogGroup(ours, 'Logs'),
  });
  const stack = new JobStack(app, 'Jobs');
  stack.addJob('Uplift', { runner });

  const { Properties: permissions } = only(Template.fromStack(stack).findResources('AWS::IAM::ManagedPolicy'));
  expect(permissions.Roles).toEqual([{ 'Fn::ImportValue': expect.stringMatching(/^Ours:.*lambda/) }]);
});

test('tags reach every resource of a runner that can carry them', () => {
  const stack = new Stack(newApp(), 'Stack', { env: FRANKFURT });
  const runner = new ProtectedJobRunner(stack, 'Runner', { vpc: importedVpc(stack) });
  Tags.of(runner).add('owner', 'us');

  const resources = Object.values<{ Type: string; Properties: { Tags?: unknown } }>(Template.fromStack(stack).toJSON().Resources);
  const untagged = resources.filter(({ Properties }) => !JSON.stringify(Properties.Tags ?? '').includes('owner')).map(({ Type }) => Type);
  // These have no tags in CloudFormation.
  expect([...new Set(untagged)].sort()).toEqual(['AWS::IAM::Policy', 'AWS::Lambda::EventInvokeConfig']);
});
