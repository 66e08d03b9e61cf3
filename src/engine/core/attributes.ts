import { type JobError } from './failure';
import { type Job } from './job';
import { cut, plainText } from './plain-text';
import { type Attributes, NOT_APPLICABLE } from '../../contract/custom-resource';

/** The attributes of a job. None is empty. */
export function attributesOf(job: Job): Attributes {
  return {
    JobId: job.id,
    Status: orNotApplicable(cut(job.status, MAX_NAME)),
    ResultLocation: orNotApplicable(job.resultLocation),
    ResultBucketName: orNotApplicable(job.resultBucketName ?? parseLocation(job.resultLocation).bucketName),
    ResultKeyPrefix: orNotApplicable(job.resultKeyPrefix ?? parseLocation(job.resultLocation).keyPrefix),
    ResultReceivers: orNotApplicable(job.resultReceivers.join(',')),
    MembershipId: orNotApplicable(job.membershipId),
    MembershipArn: orNotApplicable(job.membershipArn),
    CreateTime: job.createTime.toISOString(),
    DurationInMillis: orNotApplicable(job.durationInMillis?.toString()),
    BilledUnits: orNotApplicable(job.billedUnits?.toString()),
    ErrorCode: NOT_APPLICABLE,
    ErrorMessage: NOT_APPLICABLE,
    ErrorRetryable: NOT_APPLICABLE,
  };
}

/**
 * The attributes of a job that did not succeed, where that is no failure of the deployment: with Clean Rooms' own error where it gave
 * one, and this library's otherwise.
 */
export function withError(attributes: Attributes, { code, message, retryable }: JobError): Attributes {
  return {
    ...attributes,
    ErrorCode: orNotApplicable(cut(code, MAX_NAME)),
    ErrorMessage: orNotApplicable(cut(message, MAX_ERROR_MESSAGE)),
    ErrorRetryable: orNotApplicable(retryable?.toString()),
  };
}

/** So that it fits an answer with all the other attributes. */
const MAX_ERROR_MESSAGE = 1000;

/** A status or a code is a word or a few. */
const MAX_NAME = 100;

/** The attributes where no job is remembered: a rollback must have some. */
export const NO_ATTRIBUTES: Attributes = {
  JobId: NOT_APPLICABLE,
  Status: NOT_APPLICABLE,
  ResultLocation: NOT_APPLICABLE,
  ResultBucketName: NOT_APPLICABLE,
  ResultKeyPrefix: NOT_APPLICABLE,
  ResultReceivers: NOT_APPLICABLE,
  MembershipId: NOT_APPLICABLE,
  MembershipArn: NOT_APPLICABLE,
  CreateTime: NOT_APPLICABLE,
  DurationInMillis: NOT_APPLICABLE,
  BilledUnits: NOT_APPLICABLE,
  ErrorCode: NOT_APPLICABLE,
  ErrorMessage: NOT_APPLICABLE,
  ErrorRetryable: NOT_APPLICABLE,
};

/** The attributes where a job, if there is one yet, goes on. Nobody but the console shows them. */
export function interimAttributes(run: { jobId?: string; status?: string; membershipIdentifier?: string }): Attributes {
  return {
    ...NO_ATTRIBUTES,
    JobId: orNotApplicable(run.jobId),
    Status: orNotApplicable(run.status),
    MembershipId: orNotApplicable(run.membershipIdentifier),
  };
}

/** What another version of this library saved may lack some attributes. */
export function complete(saved: Readonly<Record<string, string>>): Attributes {
  return { ...NO_ATTRIBUTES, ...saved };
}

function orNotApplicable(value = ''): string {
  return plainText(value) || NOT_APPLICABLE;
}

/** Clean Rooms does not document the form of a location, so what can not be read in it is no error. */
function parseLocation(location: string | undefined): { bucketName?: string; keyPrefix?: string } {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location ?? '');
  return match ? { bucketName: match[1], keyPrefix: match[2] } : {};
}
