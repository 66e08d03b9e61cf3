/**
 * CloudWatch Logs: log groups as resources, and the lines that functions print.
 * Not here: the API, streams, times, filters, retention.
 */
import { type Account } from './account';
import { checkMembers, text, wholeNumber } from './resource-properties';
import { AwsError, type Properties, type ResourceType } from './service';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** A line as it was written, whatever has become of its group. */
export interface LogLine {
  readonly groupName: string;
  readonly line: string;
}

export class Logs {
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::Logs::LogGroup': this.logGroupType() };
  private readonly groups = new Map<string, string[]>();
  private readonly history: LogLine[] = [];

  constructor(private readonly account: Account) {}

  /** Lambda makes the group of a function on the first line, if no template did. */
  append(groupName: string, line: string): void {
    const lines = this.groups.get(groupName) ?? [];
    lines.push(line);
    this.groups.set(groupName, lines);
    this.history.push({ groupName, line });
  }

  /** Every line so far, also those of groups that are gone. */
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
        this.groups.set(name, []);
        return this.state(name);
      },
      update: async (name, properties) => {
        checkLogGroup(properties);
        return this.state(name);
      },
      delete: async (name) => void this.groups.delete(name),
    };
  }

  private state(name: string): { physicalId: string; attributes: { Arn: string } } {
    const { partition, region, accountId } = this.account;
    return { physicalId: name, attributes: { Arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${name}:*` } };
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
