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
  readonly Triggers?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly Timeout: string;
}

/** @internal */
export const RESOURCE_TYPE = 'Custom::CleanRoomsProtectedJob';

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

/** @internal */
export const MAX_TIMEOUT_SECONDS = MAX_SERVICE_TIMEOUT_SECONDS - CANCEL_ALLOWANCE_SECONDS;
