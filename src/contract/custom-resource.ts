/**
 * What the custom resource's properties carry besides the job's inputs. CloudFormation turns every scalar property into a string, so all of
 * them are strings here.
 *
 * @internal
 */
export interface SettingProperties {
  /** `false` where the deployment does not wait for the job's end, and absent otherwise. */
  readonly WaitForCompletion?: string;
  /** `false` if a failed job does not fail the deployment. Absent otherwise. */
  readonly FailDeployment?: string;
  /** The value of the dimension of the job's metrics. A template of an older version of this library lacks it. */
  readonly ConstructPath?: string;
  /**
   * Which slice of the timeout the resource waits for, counted from 1, and how many slices there are. Absent if there
   * is only one.
   */
  readonly SliceNumber?: string;
  readonly SliceCount?: string;
  /** The logical ID of the resource that waits for the first slice. Absent on that resource. */
  readonly JobLogicalId?: string;
}

/** @internal */
export const SETTING_PROPERTIES = Object.keys({
  WaitForCompletion: true,
  FailDeployment: true,
  ConstructPath: true,
  SliceNumber: true,
  SliceCount: true,
  JobLogicalId: true,
} satisfies { readonly [Setting in keyof Required<SettingProperties>]: true });

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
 * The value of an attribute that does not apply. It is not empty, because an empty value can not be exported, and can
 * not be told from a value that was lost.
 *
 * @internal
 */
export const NOT_APPLICABLE = 'none';

/** @internal */
export const METRIC_NAMESPACE = 'CdkCleanRoomsProtectedJob';

/**
 * What is measured of a job, with CloudWatch's names for the units.
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
 * The time after the job's timeout in which the job is cancelled and the request is answered.
 *
 * @internal
 */
export const CANCEL_ALLOWANCE_SECONDS = 300;

/** @internal */
export const MIN_TIMEOUT_SECONDS = 60;

/**
 * The shortest time between two looks at a running job. The longest one, below, is also the time within which the clock
 * sees that a request was superseded.
 *
 * @internal
 */
export const MIN_POLL_INTERVAL_SECONDS = 10;

/** @internal */
export const MAX_POLL_INTERVAL_SECONDS = 60;

/**
 * Clean Rooms documents no limit. This is the library's own: half a day takes 14 of the 500 resources that a stack can
 * have.
 *
 * @internal
 */
export const MAX_TIMEOUT_SECONDS = 12 * 3600;

/**
 * How long one custom resource can wait for a job.
 *
 * @internal
 */
export const MAX_SLICE_SECONDS = MAX_SERVICE_TIMEOUT_SECONDS - CANCEL_ALLOWANCE_SECONDS;

/**
 * How many resources are needed to wait for the whole timeout.
 *
 * @internal
 */
export function sliceCountOf(timeoutSeconds: number): number {
  return Math.ceil(timeoutSeconds / MAX_SLICE_SECONDS);
}

/**
 * How long each of the resources waits. All wait for the same time, so that none is left with too little time for a job
 * of its own.
 *
 * @internal
 */
export function sliceSecondsOf(timeoutSeconds: number, sliceCount: number): number {
  return Math.ceil(timeoutSeconds / sliceCount);
}
