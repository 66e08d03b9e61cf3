/**
 * The lengths, patterns and ranges of the Clean Rooms API, which the client's schemas do not hold.
 * From the API model (botocore 1.43.107); the client checks none of them.
 */
import { isObject, isText } from '../json';

/** What the value must satisfy, in the words of the service; undefined when it does. */
export type Constraint = (value: unknown) => string | undefined;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const templateArn = /^arn:aws[-a-z]*:cleanrooms:[\w]{2}-[\w]{4,9}-[\d]:[\d]{12}:membership\/[\d\w-]+\/analysistemplate\/[\d\w-]+$/;

function text(least: number, most: number, pattern?: RegExp): Constraint {
  return (value) => {
    if (!isText(value)) {
      return undefined;
    }
    if (value.length < least) {
      return `Member must have length greater than or equal to ${least}`;
    }
    if (value.length > most) {
      return `Member must have length less than or equal to ${most}`;
    }
    return pattern && !pattern.test(value) ? `Member must satisfy regular expression pattern: ${pattern.source}` : undefined;
  };
}

function range(least: number, most: number): Constraint {
  return (value) => {
    if (typeof value !== 'number') {
      return undefined;
    }
    if (!Number.isInteger(value)) {
      return 'Member must be an integer';
    }
    if (value < least) {
      return `Member must have value greater than or equal to ${least}`;
    }
    return value > most ? `Member must have value less than or equal to ${most}` : undefined;
  };
}

function oneOf(...values: readonly string[]): Constraint {
  return (value) => (isText(value) && values.includes(value) ? undefined : `Member must satisfy enum value set: [${values.join(', ')}]`);
}

interface Entries {
  readonly most: number;
  readonly key: Constraint;
  readonly value: Constraint;
}

function entries({ most, key, value }: Entries): Constraint {
  return (map) => {
    if (!isObject(map)) {
      return undefined;
    }
    if (Object.keys(map).length > most) {
      return `Member must have length less than or equal to ${most}`;
    }
    for (const [name, element] of Object.entries(map)) {
      const keyFault = key(name);
      if (keyFault !== undefined) {
        return `Map keys must satisfy constraint: [${keyFault}]`;
      }
      const valueFault = value(element);
      if (valueFault !== undefined) {
        return `Map value must satisfy constraint: [${valueFault}]`;
      }
    }
    return undefined;
  };
}

const accountId = text(12, 12, /^\d{12}$/);
const identifier = text(36, 36, uuid);

/** By shape and member. */
export const constraints: Readonly<Record<string, Constraint>> = {
  'StartProtectedJobInput.type': oneOf('PYSPARK'),
  'StartProtectedJobInput.membershipIdentifier': identifier,
  'StartProtectedJobInput.jobComputePayerAccountId': accountId,
  'ProtectedJobParameters.analysisTemplateArn': text(0, 200, templateArn),
  'ProtectedJobParameters.parameters': entries({ most: 50, key: text(1, 100, /^[0-9a-zA-Z_]+$/), value: text(0, 1000) }),
  'ProtectedJobMemberOutputConfigurationInput.accountId': accountId,
  'ProtectedJobWorkerComputeConfiguration.type': oneOf('CR.1X', 'CR.4X'),
  'ProtectedJobWorkerComputeConfiguration.number': range(4, 1024),
  'WorkerComputeConfigurationProperties.spark': entries({ most: 50, key: text(1, 200), value: text(0, 500) }),
  'GetProtectedJobInput.membershipIdentifier': identifier,
  'GetProtectedJobInput.protectedJobIdentifier': identifier,
  'UpdateProtectedJobInput.membershipIdentifier': identifier,
  'UpdateProtectedJobInput.protectedJobIdentifier': identifier,
  'UpdateProtectedJobInput.targetStatus': oneOf('CANCELLED'),
  'ListProtectedJobsInput.membershipIdentifier': identifier,
  'ListProtectedJobsInput.status': oneOf('SUBMITTED', 'STARTED', 'CANCELLED', 'CANCELLING', 'FAILED', 'SUCCESS'),
  'ListProtectedJobsInput.maxResults': range(1, 100),
  'ListProtectedJobsInput.nextToken': text(0, 10_240),
};
