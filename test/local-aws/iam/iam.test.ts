import { Clock } from '../clock';
import { IamService } from './iam';
import { AwsError, type Caller, type Properties, type ResourceContext, type ResourceState } from '../service';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };
const membership = 'arn:aws:cleanrooms:eu-central-1:111122223333:membership/m1';
const lambdaTrust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

let iam: IamService;
let now: number;

beforeEach(() => {
  now = 1_000_000;
  iam = new IamService({ clock: { now: () => now }, ...account });
});

const context = (logicalId: string): ResourceContext => ({
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId,
  generatedName: `stack-${logicalId}-ABCDEFGHIJKL`,
});

async function make(type: string, logicalId: string, properties: Properties): Promise<ResourceState> {
  return iam.resourceTypes[type].create(properties, context(logicalId));
}

async function makeRole(properties: Properties = {}): Promise<Caller> {
  const role = await make('AWS::IAM::Role', 'Role', { RoleName: 'runner', AssumeRolePolicyDocument: lambdaTrust, ...properties });
  return { roleArn: String(role.attributes.Arn), sessionName: 'advance' };
}

const policy = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: statements });
const allow = (action: unknown, resource: unknown = '*', more: object = {}): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
const inline = (...statements: object[]): Properties => ({ Policies: [{ PolicyName: 'inline', PolicyDocument: policy(...statements) }] });

describe('authorization', () => {
  it('denies what no policy allows, in the words of AWS', async () => {
    const caller = await makeRole();
    expect(() => iam.authorize(caller, 'cleanrooms:StartProtectedJob', membership)).toThrow(
      'User: arn:aws:sts::111122223333:assumed-role/runner/advance is not authorized ' +
        'to perform: cleanrooms:StartProtectedJob on resource: ' +
        `${membership} because no identity-based policy allows the cleanrooms:StartProtectedJob action`,
    );
    expect(denialOf(() => iam.authorize(caller, 'cleanrooms:StartProtectedJob', membership))).toMatchObject({
      code: 'AccessDeniedException',
      status: 403,
    });
    expect(denialOf(() => iam.authorize(caller, 's3:GetObject', 'arn:aws:s3:::bucket/key'))).toMatchObject({
      code: 'AccessDenied',
      status: 403,
    });
    expect(denialOf(() => iam.authorize(caller, 'dynamodb:GetItem', 'arn:aws:dynamodb:::table/t'))).toMatchObject({
      code: 'AccessDeniedException',
      status: 400,
    });
  });

  it('allows what an inline policy allows, and nothing beside it', async () => {
    const caller = await makeRole(inline(allow('cleanrooms:GetProtectedJob', membership)));
    iam.authorize(caller, 'cleanrooms:GetProtectedJob', membership);
    expect(iam.isAllowed(caller, 'cleanrooms:GetProtectedJob', `${membership}2`)).toBe(false);
    expect(iam.isAllowed(caller, 'cleanrooms:StartProtectedJob', membership)).toBe(false);
  });

  it('needs an allowance for every one of several resources', async () => {
    const caller = await makeRole(inline(allow('cleanrooms:StartProtectedJob', membership)));
    expect(() => iam.authorize(caller, 'cleanrooms:StartProtectedJob', [membership, `${membership}/analysistemplate/t1`])).toThrow(
      'analysistemplate/t1',
    );
  });

  it.each([
    ['cleanrooms:*', membership, true],
    ['cleanrooms:get*', membership, true],
    ['*', '*', true],
    ['cleanrooms:GetProtectedJo?', 'arn:aws:cleanrooms:*:membership/*', true],
    ['cleanrooms:GetProtectedJob', 'arn:aws:cleanrooms:*:MEMBERSHIP/*', false],
    ['cleanrooms:GetProtected', '*', false],
  ])('matches action %s and resource %s: %s', async (action, resource, expected) => {
    const caller = await makeRole(inline(allow(action, resource)));
    expect(iam.isAllowed(caller, 'cleanrooms:GetProtectedJob', membership)).toBe(expected);
  });

  it('lets an explicit Deny win', async () => {
    const caller = await makeRole(inline(allow('*'), { Effect: 'Deny', Action: 's3:*', Resource: '*' }));
    expect(() => iam.authorize(caller, 's3:PutObject', 'arn:aws:s3:::b/k')).toThrow('with an explicit deny in an identity-based policy');
    iam.authorize(caller, 'dynamodb:PutItem', 'arn:aws:dynamodb:::table/t');
  });

  it('reads NotAction and NotResource', async () => {
    const caller = await makeRole(inline({ Effect: 'Allow', NotAction: 's3:*', NotResource: 'arn:aws:dynamodb:::table/secret' }));
    expect(iam.isAllowed(caller, 'dynamodb:GetItem', 'arn:aws:dynamodb:::table/t')).toBe(true);
    expect(iam.isAllowed(caller, 'dynamodb:GetItem', 'arn:aws:dynamodb:::table/secret')).toBe(false);
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
  });

  it.each([
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }, true],
    [{ StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'us-west-2'] } }, false],
    [{ StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/run*' } }, true],
    [{ StringEquals: { 'aws:PrincipalTag/team': 'x' } }, false],
    [{ StringEqualsIfExists: { 'aws:PrincipalTag/team': 'x' } }, true],
    [{ Null: { 'aws:PrincipalTag/team': 'true' } }, true],
    [{ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, false],
  ])('evaluates the condition %j as %s', async (condition, expected) => {
    const caller = await makeRole(inline(allow('*', '*', { Condition: condition })));
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(expected);
  });

  it('knows the AWS managed policies of Lambda functions', async () => {
    const caller = await makeRole({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'] });
    iam.authorize(caller, 'logs:PutLogEvents', 'arn:aws:logs:eu-central-1:111122223333:log-group:g:log-stream:s');
    await expect(makeRole({ RoleName: 'other', ManagedPolicyArns: ['arn:aws:iam::aws:policy/Invented'] })).rejects.toThrow(
      'does not exist or is not attachable',
    );
  });

  it('allows nothing beyond a permissions boundary', async () => {
    const boundary = await make('AWS::IAM::ManagedPolicy', 'Boundary', { PolicyDocument: policy(allow('s3:*')) });
    const caller = await makeRole({ ...inline(allow('*')), PermissionsBoundary: boundary.physicalId });
    iam.authorize(caller, 's3:GetObject', 'arn:aws:s3:::b/k');
    expect(() => iam.authorize(caller, 'dynamodb:GetItem', 'arn:x')).toThrow('because no permissions boundary allows');
  });

  it('treats whoever has no role as the administrator, and a role that is gone as nobody', async () => {
    iam.authorize({}, 's3:GetObject', 'arn:aws:s3:::b/k');
    expect(iam.isAllowed({ roleArn: 'arn:aws:iam::111122223333:role/gone' }, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
  });

  it('finds the role behind issued credentials', async () => {
    const caller = await makeRole();
    const { accessKeyId } = iam.issueCredentials(caller.roleArn ?? '', 'advance');
    expect(iam.callerOf(accessKeyId)).toEqual(caller);
    expect(iam.callerOf('AKIAINVENTED')).toEqual({});
  });
});

describe('propagation', () => {
  it('lets a policy work only after the delay, and an old edition until then', async () => {
    const caller = await makeRole();
    iam.delayPropagation(5000);
    const made = await make('AWS::IAM::Policy', 'Policy', { PolicyName: 'p', PolicyDocument: policy(allow('s3:*')), Roles: ['runner'] });
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
    now += 5000;
    iam.authorize(caller, 's3:GetObject', 'arn:aws:s3:::b/k');
    await iam.resourceTypes['AWS::IAM::Policy'].update(
      made.physicalId,
      { PolicyName: 'p', PolicyDocument: policy(allow('sqs:*')), Roles: ['runner'] },
      context('Policy'),
    );
    iam.authorize(caller, 's3:GetObject', 'arn:aws:s3:::b/k');
    now += 5000;
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
  });

  it('can differ from role to role', async () => {
    const caller = await makeRole();
    const attach = (name: string) =>
      make('AWS::IAM::Policy', name, { PolicyName: name, PolicyDocument: policy(allow(`${name}:*`)), Roles: ['runner'] });
    iam.delayPropagation((role) => (role === 'runner' ? 5000 : 0));
    await attach('s3');
    iam.delayPropagation((role) => (role === 'runner' ? 0 : 5000));
    await attach('sqs');
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
    expect(iam.isAllowed(caller, 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:111122223333:q')).toBe(true);
  });

  it('delays managed policies too, and runs on the given clock', async () => {
    const clock = new Clock();
    iam = new IamService({ clock, ...account });
    iam.delayPropagation(20_000);
    const caller = await makeRole({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] });
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
    await clock.until(clock.sleep(19_999));
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
    await clock.until(clock.sleep(1));
    iam.authorize(caller, 's3:GetObject', 'arn:aws:s3:::b/k');
  });
});

describe('what IAM refuses', () => {
  const long = (characters: number): object => policy(allow('s3:GetObject', `arn:aws:s3:::${'x'.repeat(characters)}`));

  it('refuses more than 10,240 characters of inline policies in one role', async () => {
    await makeRole({ Policies: [{ PolicyName: 'a', PolicyDocument: long(6000) }] });
    await expect(make('AWS::IAM::Policy', 'P', { PolicyName: 'b', PolicyDocument: long(6000), Roles: ['runner'] })).rejects.toMatchObject({
      code: 'LimitExceeded',
      message: 'Maximum policy size of 10240 bytes exceeded for role runner',
    });
  });

  it('does not count white space', async () => {
    const padded = { Version: '2012-10-17', Statement: [allow('s3:GetObject', `arn:aws:s3:::${' '.repeat(12_000)}`)] };
    await expect(makeRole({ Policies: [{ PolicyName: 'a', PolicyDocument: padded }] })).resolves.toBeDefined();
  });

  it('refuses a managed policy over 6,144 characters, and an eleventh one on a role', async () => {
    await expect(make('AWS::IAM::ManagedPolicy', 'M', { PolicyDocument: long(6200) })).rejects.toThrow(
      'Cannot exceed quota for PolicySize: 6144',
    );
    const arns = await Promise.all(
      [...Array(11).keys()].map(async (n) => (await make('AWS::IAM::ManagedPolicy', `M${n}`, { PolicyDocument: long(5) })).physicalId),
    );
    await expect(makeRole({ ManagedPolicyArns: arns })).rejects.toThrow('Cannot exceed quota for PoliciesPerRole: 10');
  });

  it('refuses an eleventh managed policy on a role also where the policy names the role, until another one is gone', async () => {
    await makeRole();
    const { create, delete: remove } = iam.resourceTypes['AWS::IAM::ManagedPolicy'];
    const properties = { PolicyDocument: long(5), Roles: ['runner'] };
    const made = await Promise.all([...Array(10).keys()].map((n) => create(properties, context(`M${n}`))));
    await expect(create(properties, context('M10'))).rejects.toThrow('Cannot exceed quota for PoliciesPerRole: 10');
    await remove(made[0].physicalId, properties, context('M0'));
    await expect(create(properties, context('M11'))).resolves.toBeDefined();
  });

  it('refuses a description of more than 1,000 characters', async () => {
    const described = (characters: number) => make('AWS::IAM::ManagedPolicy', 'M', { PolicyDocument: long(5), Description: 'x'.repeat(characters) });
    await expect(described(1001)).rejects.toThrow('less than or equal to 1000');
    await expect(described(1000)).resolves.toBeDefined();
  });

  it.each([
    [{ Statement: [] }, 'Syntax errors in policy.'],
    [policy({ Effect: 'Allow', Action: 's3:*' }), 'Policy statement must contain resources.'],
    [policy({ Effect: 'Allow', Resource: '*' }), 'Policy statement must contain actions.'],
    [policy(allow('GetObject')), 'must be prefaced by a vendor'],
    [policy(allow('s3:*', 'bucket')), 'must be in ARN format'],
    [policy({ ...allow('s3:*'), Principal: '*' }), 'should not specify a principal'],
  ])('refuses the document %j', async (document, message) => {
    await expect(makeRole({ Policies: [{ PolicyName: 'a', PolicyDocument: document }] })).rejects.toThrow(message);
    expect(() => iam.role('runner')).toThrow('cannot be found');
  });

  it('refuses unknown and missing properties, a policy without roles, and a role that does not exist', async () => {
    await expect(makeRole({ Oops: 1 })).rejects.toThrow('extraneous key [Oops] is not permitted');
    await expect(make('AWS::IAM::Role', 'R', {})).rejects.toThrow('required key [AssumeRolePolicyDocument] not found');
    await expect(make('AWS::IAM::Policy', 'P', { PolicyName: 'b', PolicyDocument: policy(allow('s3:*')) })).rejects.toThrow(
      'must be non-empty',
    );
    await expect(
      make('AWS::IAM::Policy', 'P', { PolicyName: 'b', PolicyDocument: policy(allow('s3:*')), Roles: ['nobody'] }),
    ).rejects.toThrow('The role with name nobody cannot be found.');
  });

  it('refuses a second role of the same name, and to delete a role with policies of others', async () => {
    await makeRole(inline(allow('s3:*')));
    await expect(makeRole()).rejects.toThrow('Role with name runner already exists.');
    const added = await make('AWS::IAM::RolePolicy', 'P', { PolicyName: 'b', PolicyDocument: policy(allow('s3:*')), RoleName: 'runner' });
    const { delete: deleteRole } = iam.resourceTypes['AWS::IAM::Role'];
    await expect(deleteRole('runner', inline(allow('s3:*')), context('Role'))).rejects.toThrow('must delete policies first');
    await iam.resourceTypes['AWS::IAM::RolePolicy'].delete(added.physicalId, {}, context('P'));
    await deleteRole('runner', inline(allow('s3:*')), context('Role'));
    expect(() => iam.role('runner')).toThrow('cannot be found');
  });
});

describe('editing', () => {
  it('drops the inline policies that a role no longer has, and keeps those of other resources', async () => {
    const caller = await makeRole(inline(allow('s3:*')));
    await make('AWS::IAM::Policy', 'P', { PolicyName: 'other', PolicyDocument: policy(allow('sqs:*')), Roles: ['runner'] });
    await iam.resourceTypes['AWS::IAM::Role'].update(
      'runner',
      { RoleName: 'runner', AssumeRolePolicyDocument: lambdaTrust },
      context('Role'),
    );
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:x')).toBe(false);
    expect(iam.isAllowed(caller, 'sqs:SendMessage', 'arn:x')).toBe(true);
  });

  it('takes a policy off the roles that it no longer names', async () => {
    const caller = await makeRole();
    await makeRole({ RoleName: 'second' });
    const properties = { PolicyName: 'p', PolicyDocument: policy(allow('s3:*')) };
    const made = await make('AWS::IAM::Policy', 'P', { ...properties, Roles: ['runner'] });
    await iam.resourceTypes['AWS::IAM::Policy'].update(made.physicalId, { ...properties, Roles: ['second'] }, context('P'));
    expect(iam.isAllowed(caller, 's3:GetObject', 'arn:x')).toBe(false);
  });

  it('looks at the trust policy for who may take a role on', async () => {
    const { roleArn = '' } = await makeRole();
    expect(iam.isAssumableBy(roleArn, 'lambda.amazonaws.com')).toBe(true);
    expect(iam.isAssumableBy(roleArn, 'states.amazonaws.com')).toBe(false);
  });
});

function denialOf(action: () => void): AwsError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AwsError) {
      return error;
    }
  }
  return undefined;
}
