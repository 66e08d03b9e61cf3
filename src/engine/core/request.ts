import { createHash } from 'node:crypto';
import * as z from 'zod';
import { canonicalHash } from './canonical-hash';
import { listProblems } from './failure';
import {
  CANCEL_ALLOWANCE_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  MAX_SLICE_SECONDS,
  MAX_TIMEOUT_SECONDS,
  SETTING_PROPERTIES,
  type SettingProperties,
  sliceCountOf,
  sliceSecondsOf,
} from '../../contract/custom-resource';
import { findProblems, shown } from '../../contract/input-rules';
import { INPUT_PROPERTIES, type JobInputs } from '../../contract/job-inputs';

/** An answer repeats it, and has room for no more. CloudFormation's own are much shorter. */
const name = z.string().refine((text) => Buffer.byteLength(JSON.stringify(text)) <= MAX_NAME_BYTES, 'too long');

const MAX_NAME_BYTES = 700;

/** What is needed to answer at all. */
export const addressSchema = z.object({
  ResponseURL: z.string().min(1),
  StackId: name,
  RequestId: name,
  LogicalResourceId: name,
  PhysicalResourceId: name.min(1).optional(),
});

/** What a request of CloudFormation's holds that this library reads. */
export const requestEventSchema = addressSchema.extend({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  StackId: name.min(1),
  RequestId: name.min(1),
  LogicalResourceId: name.min(1),
  ResourceProperties: z.record(z.string(), z.unknown()).default({}).transform(readProperties),
});

/** A template may hand over more than is read, up to a size that no item of the ledger has room for. */
function readProperties(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([property]) => READ_PROPERTIES.has(property)));
}

const READ_PROPERTIES: ReadonlySet<string> = new Set([...Object.values(INPUT_PROPERTIES), ...SETTING_PROPERTIES]);

/** A request as it came, less what nobody reads. This is what the ledger keeps of it. */
export type RequestEvent = z.infer<typeof requestEventSchema>;

/** A request, understood. */
export interface Request {
  /** Names the request: the same delivered twice has the same key. */
  readonly key: string;
  /** Names the job that the request is about, which the resources of all its slices share. */
  readonly resourceKey: string;
  readonly event: RequestEvent;
  readonly slice: Slice;
  readonly physicalResourceId: string;
  /** When CloudFormation sent it, where that can be known. */
  readonly sentAt?: number;
  readonly job: RequestedJob;
}

/** The part of a job's timeout that a resource waits for. CloudFormation waits for a resource an hour at most. */
export interface Slice {
  readonly number: number;
  readonly count: number;
}

/** What the job's end means for the deployment. */
export interface Ending {
  readonly isWaitedFor: boolean;
  readonly failsDeployment: boolean;
}

/** The job that a request asks for, or what is wrong with its inputs. */
export type RequestedJob =
  | { readonly valid: true; readonly inputs: JobInputs; readonly runKey: string; readonly ending: Ending; readonly constructPath?: string }
  | { readonly valid: false; readonly problems: string };

/** What tells the request from others in a log, and holds nothing secret. */
export function namesOf({ event, job }: Request) {
  return {
    stackId: event.StackId,
    logicalResourceId: event.LogicalResourceId,
    requestId: event.RequestId,
    requestType: event.RequestType,
    membershipId: job.valid ? job.inputs.membershipIdentifier : undefined,
  };
}

export function understand(event: RequestEvent): Request {
  const { StackId, LogicalResourceId, ResourceProperties } = event;
  return {
    key: hash(event.RequestId, event.ResponseURL),
    resourceKey: hash(StackId, jobLogicalId(ResourceProperties) ?? LogicalResourceId),
    event,
    slice: sliceOf(ResourceProperties),
    // Stable for the resource's life: a changed ID would make CloudFormation send Delete for the old one.
    physicalResourceId: event.PhysicalResourceId ?? `protected-job-${hash(StackId, LogicalResourceId).slice(0, 32)}`,
    sentAt: signingTime(event.ResponseURL),
    job: understandRequestedJob(event.ResourceProperties),
  };
}

/**
 * The ID that a failure is answered with. A Create that failed has one of its own: where its rollback is disabled, a retry creates the
 * resource again, and the failed one may then be deleted in the cleanup, which must not be taken for the end of the new one.
 */
export function failedPhysicalResourceId({ event, key, physicalResourceId }: Request): string {
  return event.RequestType === 'Create' ? idOfFailedCreate(physicalResourceId, key) : physicalResourceId;
}

function idOfFailedCreate(physicalResourceId: string, key: string): string {
  return `${physicalResourceId}-failed-${key.slice(0, 12)}`;
}

/** Whether the request deletes what a Create has left that failed, and not the resource that the other request was about. */
export function deletesOnlyFailedCreate({ event }: Request, other: { key: string; physicalResourceId?: string }): boolean {
  const { RequestType, PhysicalResourceId = '' } = event;
  const { key, physicalResourceId } = other;
  const isOfFailedCreate = RequestType === 'Delete' && /-failed-[0-9a-f]{12}$/.test(PhysicalResourceId);
  const ids = physicalResourceId === undefined ? [PhysicalResourceId] : [physicalResourceId, idOfFailedCreate(physicalResourceId, key)];
  return isOfFailedCreate && !ids.includes(PhysicalResourceId);
}

/** CloudFormation signs the URL when it sends the request: `X-Amz-Date=20260101T000000Z`. Nothing depends on finding it there. */
function signingTime(responseUrl: string): number | undefined {
  const [, ...parts] = /[?&]X-Amz-Date=(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/.exec(responseUrl) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  return parts.length === 0 ? undefined : Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Seconds that the job has, over all its slices. */
export function timeoutSeconds(request: Request): number {
  return request.job.valid ? request.job.inputs.timeoutSeconds : MAX_SLICE_SECONDS;
}

/** Seconds from CloudFormation's request to the end of the slice. */
export function sliceSeconds(request: Request): number {
  return sliceSecondsOf(timeoutSeconds(request), request.slice.count);
}

/** Seconds that CloudFormation waits for an answer. The construct sets ServiceTimeout so. */
export function serviceTimeoutSeconds(request: Request): number {
  return Math.min(sliceSeconds(request) + CANCEL_ALLOWANCE_SECONDS, MAX_SERVICE_TIMEOUT_SECONDS);
}

/** Whether no other resource goes on with the job after this one. */
export function isLastSlice({ slice }: Request): boolean {
  return slice.number >= slice.count;
}

/** Whether the request ends nothing but the wait of one of the job's resources. */
export function endsOnlyAWait({ event }: Request): boolean {
  return event.RequestType === 'Delete' && jobLogicalId(event.ResourceProperties) !== undefined;
}

/** What of a request's properties tells which job it is about: all that is read of those that break the rules. */
export function identifyingProperties({ event }: Request): RequestEvent['ResourceProperties'] {
  const { JobLogicalId } = event.ResourceProperties;
  const { number, count } = sliceOf(event.ResourceProperties);
  return jobLogicalId(event.ResourceProperties) === undefined
    ? {}
    : { JobLogicalId, SliceNumber: String(number), SliceCount: String(count) };
}

/** What is left to keep of a request that was answered: its names. */
export function withoutSecrets(request: Request): RequestEvent {
  return { ...request.event, ResponseURL: 'answered', ResourceProperties: identifyingProperties(request) };
}

/** The job's first resource names none, for it is itself what the job is named by. */
function jobLogicalId({ JobLogicalId }: RequestEvent['ResourceProperties']): string | undefined {
  return typeof JobLogicalId === 'string' && LOGICAL_ID.test(JobLogicalId) ? JobLogicalId : undefined;
}

const LOGICAL_ID = /^[A-Za-z0-9]{1,255}$/;

function sliceOf({ SliceNumber, SliceCount }: RequestEvent['ResourceProperties']): Slice {
  const count = Math.min(positive(SliceCount), sliceCountOf(MAX_TIMEOUT_SECONDS));
  return { number: Math.min(positive(SliceNumber), count), count };
}

/** What is no number is one: a request is answered whatever it holds. */
function positive(value: unknown): number {
  return typeof value === 'string' ? Math.max(Number(value) || 1, 1) : 1;
}

/** JavaScript's objects lose an entry of this name where it is copied: what is lost must not pass for what was asked for. */
const strings = z
  .unknown()
  .refine((value) => !Object.hasOwn(Object(value), '__proto__'), { error: '"__proto__" is no name' })
  .pipe(z.record(z.string(), z.string()));

const wholeNumber = z.string().regex(/^\d+$/, {
  error: ({ input }) => `"${String(input).slice(0, 60)}" is not a whole number in decimal digits`,
});

const numberInDigits = wholeNumber.transform(Number);

const inputsSchema = z.object({
  type: z.string(),
  membershipIdentifier: z.string(),
  analysisTemplateArn: z.string(),
  parameters: strings.optional(),
  workerType: z.string().optional(),
  workerNumber: numberInDigits.optional(),
  sparkProperties: strings.optional(),
  resultReceiver: z.string().optional(),
  computePayer: z.string().optional(),
  triggers: strings.optional(),
  timeoutSeconds: numberInDigits,
  pollIntervalSeconds: numberInDigits.optional(),
} satisfies { readonly [Input in keyof Required<JobInputs>]: z.ZodType<JobInputs[Input]> });

const settingsSchema = z.object({
  WaitForCompletion: z.enum(['true', 'false']).optional(),
  FailDeployment: z.enum(['true', 'false']).optional(),
  ConstructPath: z.string().optional(),
  SliceNumber: wholeNumber.optional(),
  SliceCount: wholeNumber.optional(),
  JobLogicalId: z.string().regex(LOGICAL_ID).optional(),
} satisfies { readonly [Setting in keyof Required<SettingProperties>]: z.ZodType<SettingProperties[Setting]> });

function understandRequestedJob(properties: RequestEvent['ResourceProperties']): RequestedJob {
  const parsedInputs = inputsSchema.safeParse(carriedInputs(properties));
  const parsedSettings = settingsSchema.safeParse(properties);
  if (!parsedInputs.success || !parsedSettings.success) {
    const issues = [...(parsedInputs.error?.issues.map(ofProperty) ?? []), ...(parsedSettings.error?.issues ?? [])];
    return { valid: false, problems: listProblems(issues.map(({ path, message }) => `${pathText(path)}: ${message}`)) };
  }
  const [inputs, settings] = [parsedInputs.data, parsedSettings.data];
  const problems = [...findProblems(inputs), ...findSliceProblems(inputs.timeoutSeconds, settings)];
  if (problems.length > 0) {
    return { valid: false, problems: listProblems(problems) };
  }
  return { valid: true, inputs, runKey: runKey(inputs), ending: readEnding(settings), constructPath: settings.ConstructPath };
}

function carriedInputs(properties: RequestEvent['ResourceProperties']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(INPUT_PROPERTIES).map(([input, property]) => [input, properties[property]]));
}

/** A problem is told about the property that is in the template. */
function ofProperty({ path: [input, ...rest], message }: z.core.$ZodIssue): Pick<z.core.$ZodIssue, 'path' | 'message'> {
  const properties: Readonly<Record<PropertyKey, string>> = INPUT_PROPERTIES;
  return { path: [properties[input], ...rest], message };
}

function readEnding({ WaitForCompletion = 'true', FailDeployment = 'true' }: SettingProperties): Ending {
  return { isWaitedFor: WaitForCompletion === 'true', failsDeployment: FailDeployment === 'true' };
}

/** Where a problem is. The names in it are the user's, of any kind and length. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((key) => shown(String(key))).join('.');
}

/** How many resources wait must be known at synth, so a timeout that only CloudFormation knows is limited to one. */
function findSliceProblems(seconds: number, { SliceNumber = '1', SliceCount = '1' }: SettingProperties): string[] {
  const [number, count] = [Number(SliceNumber), Number(SliceCount)];
  const isSlice = number >= 1 && number <= count && count <= sliceCountOf(MAX_TIMEOUT_SECONDS);
  if (!isSlice) {
    return [`timeout: ${SliceNumber} of ${SliceCount} is no slice of it; do not change the template that this library makes`];
  }
  return sliceSecondsOf(seconds, count) <= MAX_SLICE_SECONDS
    ? []
    : [`timeout: ${seconds} seconds, where the stack's resources can wait for ${count * MAX_SLICE_SECONDS}; a longer one must be known at synth`];
}

/**
 * Names a run within its resource: the same inputs are the same run. Settings, such as the timeout, are not part of it.
 */
function runKey({ timeoutSeconds: _timeout, pollIntervalSeconds: _pollInterval, ...inputs }: JobInputs): string {
  return canonicalHash(inputs);
}

function hash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * What is stored as a request. Of a damaged one, the address is all that is believed: it asks for nothing then, and can still be answered.
 *
 * @throws if there is no address either
 */
export function readRequest(event: unknown): RequestEvent {
  const parsed = requestEventSchema.safeParse(event);
  return parsed.success ? parsed.data : { ...addressSchema.parse(event), RequestType: 'Create', ResourceProperties: {} };
}
