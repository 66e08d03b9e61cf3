/**
 * CloudWatch Logs: log groups as resources, and the lines that functions print.
 * Not here: the API, streams, times, filters, retention.
 */
import { type Account, urlSuffixOf } from './account';
import { type Kms } from './kms';
import { checkMembers, text, wholeNumber } from './resource-properties';
import { AwsError, type Properties, type ResourceType } from './service';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** A line as it was written, even if its group no longer exists. */
export interface LogLine {
  readonly groupName: string;
  readonly line: string;
}

export class Logs {
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::Logs::LogGroup': this.logGroupType() };
  private readonly groups = new Map<string, string[]>();
  private readonly history: LogLine[] = [];

  constructor(private readonly options: Account & { readonly kms: Kms }) {}

  /** Lambda makes the group of a function on the first line, if no template did. */
  append(groupName: string, line: string): void {
    const lines = this.groups.get(groupName) ?? [];
    lines.push(line);
    this.groups.set(groupName, lines);
    this.history.push({ groupName, line });
  }

  /** Every line so far, including those of groups that no longer exist. */
  allLines(): readonly LogLine[] {
    return this.history;
  }

  lines(groupName: string): readonly string[] {
    return this.groups.get(groupName) ?? [];
  }

  groupNames(): readonly string[] {
    return [...this.groups.keys()];
  }

  private logGroupType(): ResourceType {
    return {
      createOnly: ['LogGroupName'],
      create: async (properties, context) => {
        const name = text(properties, 'LogGroupName') ?? context.generatedName;
        checkLogGroup(properties);
        if (this.groups.has(name)) {
          throw new AwsError(
            'ResourceAlreadyExistsException',
            `Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"${name}"}' already exists.`,
          );
        }
        this.checkKey(name, properties);
        this.groups.set(name, []);
        return this.state(name);
      },
      update: async (name, properties) => {
        checkLogGroup(properties);
        this.checkKey(name, properties);
        return this.state(name);
      },
      delete: async (name) => void this.groups.delete(name),
    };
  }

  /** The service uses the key by itself. */
  private checkKey(name: string, properties: Properties): void {
    const keyArn = text(properties, 'KmsKeyId');
    const { partition, region, kms } = this.options;
    const service = `logs.${region}.${urlSuffixOf(partition)}`;
    const context = { 'aws:logs:arn': this.arnOf(name) };
    const actions = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'];
    if (keyArn !== undefined && !actions.every((action) => kms.isAllowedForService(service, action, keyArn, context))) {
      const message = `The specified KMS key does not exist or is not allowed to be used with LogGroup '${this.arnOf(name)}'`;
      throw new AwsError('InvalidParameterException', message);
    }
  }

  private state(name: string): { physicalId: string; attributes: { Arn: string } } {
    return { physicalId: name, attributes: { Arn: `${this.arnOf(name)}:*` } };
  }

  private arnOf(name: string): string {
    const { partition, region, accountId } = this.options;
    return `arn:${partition}:logs:${region}:${accountId}:log-group:${name}`;
  }
}

function checkLogGroup(properties: Properties): void {
  checkMembers(properties, {
    optional: ['DataProtectionPolicy', 'FieldIndexPolicies', 'KmsKeyId', 'LogGroupClass', 'LogGroupName', 'RetentionInDays', 'Tags'],
  });
  const retention = wholeNumber(properties, 'RetentionInDays', { least: 1, most: 3653 });
  if (retention !== undefined && !retentions.includes(retention)) {
    throw new AwsError('ValidationError', `Properties validation failed: #/RetentionInDays: #: ${retention} is not a valid enum value`);
  }
}
