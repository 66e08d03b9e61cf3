/**
 * KMS: keys as resources, and who may use them. The key's policy decides that, and if it leaves it to the account, IAM
 * decides too. Not here: the API, grants, key states, and the encryption of anything.
 */
import { randomUUID } from 'node:crypto';
import { type Account } from './account';
import { type IamService } from './iam/iam';
import { parseIdentityPolicy, type Statement } from './iam/policy';
import { asList, isObject } from './json';
import { checkMembers, PropertyError, requiredText } from './resource-properties';
import { AwsError, type Caller, type Properties, type ResourceState, type ResourceType } from './service';

export interface KmsOptions extends Account {
  readonly iam: IamService;
}

/** The pairs of an encryption context, as condition keys of a request name them. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** How a role uses a key. */
export interface KeyUse {
  readonly context?: EncryptionContext;
  /** The service that uses it on behalf of the role, such as `dynamodb`. */
  readonly via?: string;
}

interface KeyStatement {
  readonly principal: unknown;
  readonly statement: Statement;
}

export class Kms {
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::KMS::Key': this.keyType(), 'AWS::KMS::Alias': aliasType() };
  /** The policies of the keys, by ARN. */
  private readonly keys = new Map<string, readonly KeyStatement[]>();

  constructor(private readonly options: KmsOptions) {}

  /** Throws as AWS does unless the caller may use the key so. */
  authorize(caller: Caller, action: string, keyArn: string, { via, context }: KeyUse = {}): void {
    const { partition, accountId } = this.options;
    const account = { AWS: `arn:${partition}:iam::${accountId}:root` };
    const keys = { ...conditionKeys(context), ...(via !== undefined && { 'kms:viaservice': this.serviceName(via) }) };
    if (caller.roleArn === undefined || this.policyAllows({ AWS: caller.roleArn }, action, keyArn, keys)) {
      return;
    }
    if (!this.policyAllows(account, action, keyArn, keys)) {
      const message = `User: ${caller.roleArn} is not authorized to perform: ${action} because no resource-based policy allows the ${action} action`;
      throw new AwsError('AccessDeniedException', message);
    }
    this.options.iam.authorize(caller, action, keyArn, keys);
  }

  isAllowed(caller: Caller, action: string, keyArn: string, use: KeyUse = {}): boolean {
    try {
      this.authorize(caller, action, keyArn, use);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the key's policy lets a service use the key by itself, as `logs.eu-central-1.amazonaws.com` does. */
  isAllowedForService(service: string, action: string, keyArn: string, context: EncryptionContext): boolean {
    return this.policyAllows({ Service: service }, action, keyArn, conditionKeys(context));
  }

  private serviceName(service: string): string {
    const { partition, region } = this.options;
    return `${service}.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  }

  private policyAllows(
    principal: Readonly<Record<string, string>>,
    action: string,
    keyArn: string,
    keys: Readonly<Record<string, string>>,
  ): boolean {
    const policy = this.keys.get(keyArn);
    if (!policy) {
      throw new AwsError('NotFoundException', `Key '${keyArn}' does not exist`);
    }
    const request = { action, resource: keyArn, conditionKeys: keys };
    const covering = policy.filter((entry) => isMeant(entry.principal, principal) && entry.statement.covers(request));
    return covering.length > 0 && covering.every(({ statement }) => statement.effect === 'Allow');
  }

  private keyType(): ResourceType {
    const put = (keyId: string, properties: Properties): ResourceState => {
      checkMembers(properties, {
        optional: [
          'BypassPolicyLockoutSafetyCheck',
          'Description',
          'EnableKeyRotation',
          'Enabled',
          'KeyPolicy',
          'KeySpec',
          'KeyUsage',
          'MultiRegion',
          'Origin',
          'PendingWindowInDays',
          'RotationPeriodInDays',
          'Tags',
        ],
      });
      const { partition, region, accountId } = this.options;
      const arn = `arn:${partition}:kms:${region}:${accountId}:key/${keyId}`;
      this.keys.set(arn, parseKeyPolicy(properties.KeyPolicy ?? this.defaultPolicy()));
      return { physicalId: keyId, attributes: { KeyId: keyId, Arn: arn } };
    };
    return {
      createOnly: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
      create: async (properties) => put(randomUUID(), properties),
      update: async (keyId, properties) => put(keyId, properties),
      // The key still exists until its waiting period is over.
      delete: async () => undefined,
    };
  }

  private defaultPolicy(): unknown {
    const { partition, accountId } = this.options;
    const root = `arn:${partition}:iam::${accountId}:root`;
    return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' }] };
  }
}

function aliasType(): ResourceType {
  return {
    createOnly: ['AliasName'],
    create: async (properties) => ({ physicalId: requiredText(properties, 'AliasName'), attributes: {} }),
    update: async (aliasName) => ({ physicalId: aliasName, attributes: {} }),
    delete: async () => undefined,
  };
}

function parseKeyPolicy(document: unknown): readonly KeyStatement[] {
  if (!isObject(document)) {
    throw new PropertyError('Properties validation failed: #/KeyPolicy: expected type: JSONObject');
  }
  return asList(document.Statement)
    .filter(isObject)
    .map(({ Principal: principal, ...statement }) => ({
      principal,
      statement: parseIdentityPolicy({ Version: document.Version, Statement: [statement] })[0],
    }));
}

function isMeant(principal: unknown, asked: Readonly<Record<string, string>>): boolean {
  return isObject(principal) && Object.entries(asked).every(([kind, name]) => asList(principal[kind]).includes(name));
}

function conditionKeys(context: EncryptionContext = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, value]));
}
