import { Clock } from './clock';
import { IamService } from './iam/iam';
import { Kms } from './kms';
import { Logs } from './logs';
import { type Caller, type ResourceContext, type ResourceState } from './service';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };
const root = { AWS: 'arn:aws:iam::111122223333:root' };
const context: ResourceContext = { ...account, stackId: 'arn:stack', stackName: 'stack', logicalId: 'Any', generatedName: 'stack-Any-ABC' };

let iam: IamService;
let kms: Kms;

beforeEach(() => {
  iam = new IamService({ clock: new Clock(), ...account });
  kms = new Kms({ iam, ...account });
});

async function makeKey(...statements: object[]): Promise<string> {
  const KeyPolicy = statements.length > 0 ? { Version: '2012-10-17', Statement: statements } : undefined;
  const { attributes } = await kms.resourceTypes['AWS::KMS::Key'].create(KeyPolicy ? { KeyPolicy } : {}, context);
  return String(attributes.Arn);
}

async function makeRole(...statements: object[]): Promise<Caller> {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }] };
  const PolicyDocument = { Version: '2012-10-17', Statement: statements };
  const Policies = statements.length > 0 ? [{ PolicyName: 'inline', PolicyDocument }] : [];
  const role = await iam.resourceTypes['AWS::IAM::Role'].create({ RoleName: 'runner', AssumeRolePolicyDocument: trust, Policies }, context);
  return { roleArn: String(role.attributes.Arn) };
}

const allow = (Action: string, more: object): object => ({ Effect: 'Allow', Action, Resource: '*', ...more });

describe('a key', () => {
  it('without a policy leaves it to IAM, which needs a statement', async () => {
    const key = await makeKey();
    expect(kms.isAllowed(await makeRole(), 'kms:Decrypt', key)).toBe(false);
  });

  it('can be used by a role that IAM allows it, in the encryption context of the statement', async () => {
    const key = await makeKey();
    const caller = await makeRole(allow('kms:Decrypt', { Condition: { StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': 'arn:*:clock' } } }));
    expect(kms.isAllowed(caller, 'kms:Decrypt', key, { context: { 'aws:states:stateMachineArn': 'arn:aws:clock' } })).toBe(true);
    expect(kms.isAllowed(caller, 'kms:Decrypt', key, { context: { 'aws:states:stateMachineArn': 'arn:aws:other' } })).toBe(false);
    expect(kms.isAllowed(caller, 'kms:Decrypt', key)).toBe(false);
  });

  it('can be used by way of the services of the statement only', async () => {
    const key = await makeKey();
    const services = ['dynamodb.eu-central-1.amazonaws.com*', 'lambda.eu-central-1.amazonaws.com*'];
    const caller = await makeRole(allow('kms:Decrypt', { Condition: { StringLike: { 'kms:ViaService': services } } }));
    expect(['dynamodb', 'lambda', 's3', undefined].map((via) => kms.isAllowed(caller, 'kms:Decrypt', key, { via }))).toEqual([true, true, false, false]);
  });

  it('whose policy does not name the account can not be used by its roles', async () => {
    const key = await makeKey(allow('kms:*', { Principal: { AWS: 'arn:aws:iam::111122223333:role/other' } }));
    expect(() => kms.authorize({ roleArn: 'arn:aws:iam::111122223333:role/runner' }, 'kms:Decrypt', key)).toThrow('no resource-based policy allows');
  });

  it('can be used by a service that its policy names, and by no other', async () => {
    const key = await makeKey(allow('kms:*', { Principal: root }), allow('kms:Decrypt', { Principal: { Service: 'delivery.logs.amazonaws.com' } }));
    expect(kms.isAllowedForService('delivery.logs.amazonaws.com', 'kms:Decrypt', key, {})).toBe(true);
    expect(kms.isAllowedForService('delivery.logs.amazonaws.com', 'kms:Encrypt', key, {})).toBe(false);
    expect(kms.isAllowedForService('logs.amazonaws.com', 'kms:Decrypt', key, {})).toBe(false);
  });
});

describe('a log group with a key', () => {
  const makeGroup = (KmsKeyId: string): Promise<ResourceState> => new Logs({ kms, ...account }).resourceTypes['AWS::Logs::LogGroup'].create({ KmsKeyId }, context);

  it('is refused where the key does not let CloudWatch Logs use it', async () => {
    const key = await makeKey();
    await expect(makeGroup(key)).rejects.toThrow(
      "The specified KMS key does not exist or is not allowed to be used with LogGroup 'arn:aws:logs:eu-central-1:111122223333:log-group:stack-Any-ABC'",
    );
  });

  it('is made where the key lets it, for this group', async () => {
    const statement = (group: string): object =>
      allow('kms:*', {
        Principal: { Service: 'logs.eu-central-1.amazonaws.com' },
        Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-central-1:111122223333:log-group:${group}` } },
      });
    const key = await makeKey(statement('stack-*'));
    expect((await makeGroup(key)).physicalId).toBe('stack-Any-ABC');
    const keyOfOther = await makeKey(statement('other'));
    await expect(makeGroup(keyOfOther)).rejects.toThrow('is not allowed to be used');
  });
});
