/**
 * What the construct and the handlers agree on: the custom resource's properties and attributes.
 *
 * CloudFormation turns every scalar property into a string, so all of them are strings here.
 *
 * @internal
 */
export interface ProtectedJobProperties {
  readonly Type: string;
  readonly MembershipIdentifier: string;
  readonly AnalysisTemplateArn: string;
  readonly Parameters?: Readonly<Record<string, string>>;
  readonly WorkerType?: string;
  readonly WorkerNumber?: string;
  readonly SparkProperties?: Readonly<Record<string, string>>;
  readonly ResultReceiverAccountId?: string;
  readonly ComputePayerAccountId?: string;
  readonly Triggers?: Readonly<Record<string, string>>;
  /** The seconds that the job has, over all its slices. */
  readonly Timeout: string;
  /** The seconds between two looks at a running job; absent where the runner chooses. */
  readonly PollInterval?: string;
  /** `false` where the deployment does not wait for the job's end, and absent otherwise. */
  readonly WaitForCompletion?: string;
  /** `false` where a failed job is no failure of the deployment, and absent otherwise. */
  readonly FailDeployment?: string;
  /** What the job's metrics are named by; a template of an older version of this library lacks it. */
  readonly ConstructPath?: string;
  /** Which slice of the timeout the resource waits for, from 1 on, and how many there are; absent where there is only one. */
  readonly SliceNumber?: string;
  readonly SliceCount?: string;
  /** The logical ID of the resource that waits for the first slice; absent on that one. */
  readonly JobLogicalId?: string;
}

/** @internal */
export const RESOURCE_TYPE = 'Custom::CleanRoomsProtectedJob';

/**
 * A resource that waits for a further slice of a job's timeout.
 *
 * @internal
 */
export const WAIT_RESOURCE_TYPE = 'Custom::CleanRoomsProtectedJobWait';

/**
 * The custom resource's attributes, in the order in which an answer lists them.
 *
 * @internal
 */
export const ATTRIBUTE_NAMES = [
  'JobId',
  'Status',
  'ResultLocation',
  'ResultBucketName',
  'ResultKeyPrefix',
  'ResultReceivers',
  'MembershipId',
  'MembershipArn',
  'CreateTime',
  'DurationInMillis',
  'BilledUnits',
  'ErrorCode',
  'ErrorMessage',
  'ErrorRetryable',
] as const;

/** @internal */
export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** @internal */
export type Attributes = Readonly<Record<AttributeName, string>>;

/**
 * The value of an attribute that does not apply. It is not empty, because an empty value can be neither exported nor
 * told from a lost one.
 *
 * @internal
 */
export const NOT_APPLICABLE = 'none';

/** @internal */
export const METRIC_NAMESPACE = 'CdkCleanRoomsProtectedJob';

/**
 * What is measured of a job, in CloudWatch's words.
 *
 * @internal
 */
export const METRIC_UNITS = [
  { Name: 'Duration', Unit: 'Milliseconds' },
  { Name: 'BilledUnits', Unit: 'None' },
  { Name: 'QueueTime', Unit: 'Milliseconds' },
  { Name: 'Polls', Unit: 'Count' },
  { Name: 'Succeeded', Unit: 'Count' },
  { Name: 'Failed', Unit: 'Count' },
  { Name: 'ErrorRetryable', Unit: 'Count' },
  { Name: 'Cancelled', Unit: 'Count' },
  { Name: 'TimedOut', Unit: 'Count' },
] as const;

/** @internal */
export type MetricName = (typeof METRIC_UNITS)[number]['Name'];

/**
 * The longest that CloudFormation waits for a custom resource.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
 * @internal
 */
export const MAX_SERVICE_TIMEOUT_SECONDS = 3600;

/**
 * What is left after the job's timeout to cancel the job and to answer.
 *
 * @internal
 */
export const CANCEL_ALLOWANCE_SECONDS = 300;

/** @internal */
export const MIN_TIMEOUT_SECONDS = 60;

/**
 * Between two looks at a running job. The upper limit is that of the clock, which sees within it that a request was superseded.
 *
 * @internal
 */
export const MIN_POLL_INTERVAL_SECONDS = 10;

/** @internal */
export const MAX_POLL_INTERVAL_SECONDS = 60;

/**
 * Clean Rooms documents no limit. This is the library's own: half a day takes 14 of the 500 resources that a stack can have.
 *
 * @internal
 */
export const MAX_TIMEOUT_SECONDS = 12 * 3600;

/**
 * What one custom resource can wait for a job.
 *
 * @internal
 */
export const MAX_SLICE_SECONDS = MAX_SERVICE_TIMEOUT_SECONDS - CANCEL_ALLOWANCE_SECONDS;

/**
 * How many resources it takes to wait so long.
 *
 * @internal
 */
export function sliceCountOf(timeoutSeconds: number): number {
  return Math.ceil(timeoutSeconds / MAX_SLICE_SECONDS);
}

/**
 * What each of the resources waits: the same, so that none is left with too little for a job of its own.
 *
 * @internal
 */
export function sliceSecondsOf(timeoutSeconds: number, sliceCount: number): number {
  return Math.ceil(timeoutSeconds / sliceCount);
}
