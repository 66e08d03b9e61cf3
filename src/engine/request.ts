import { createHash } from 'node:crypto';
import * as z from 'zod';
import { canonicalHash } from './canonical-hash';
import {
  CANCEL_ALLOWANCE_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  MAX_TIMEOUT_SECONDS,
  ProtectedJobProperties,
} from '../contract';
import { findProblems, JobInputs } from '../input-rules';

/** What a request of CloudFormation's holds that this library reads. */
export const requestEventSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string().min(1),
  StackId: z.string().min(1),
  RequestId: z.string().min(1),
  LogicalResourceId: z.string().min(1),
  PhysicalResourceId: z.string().min(1).optional(),
  ResourceProperties: z.record(z.string(), z.unknown()).default({}),
});

/** A request as it came, less what nobody reads. This is what the ledger keeps of it. */
export type RequestEvent = z.infer<typeof requestEventSchema>;

/** A request, understood. */
export interface Request {
  /** Names the request: the same delivered twice has the same key. */
  readonly key: string;
  /** Names the resource that the request is about. */
  readonly resourceKey: string;
  readonly event: RequestEvent;
  readonly physicalResourceId: string;
  /** When CloudFormation sent it, where that can be known. */
  readonly sentAt?: number;
  readonly job: RequestedJob;
}

/** The job that a request asks for, or what is wrong with its inputs. */
export type RequestedJob =
  | { readonly valid: true; readonly inputs: JobInputs; readonly runKey: string }
  | { readonly valid: false; readonly problems: string };

export function understand(event: RequestEvent): Request {
  const resourceKey = hash(event.StackId, event.LogicalResourceId);
  return {
    key: hash(event.RequestId, event.ResponseURL),
    resourceKey,
    event,
    // Stable for the resource's life: a changed ID would make CloudFormation send Delete for the old one.
    physicalResourceId: event.PhysicalResourceId ?? `protected-job-${resourceKey.slice(0, 32)}`,
    sentAt: signingTime(event.ResponseURL),
    job: understandJob(event.ResourceProperties),
  };
}

/** CloudFormation signs the URL when it sends the request: `X-Amz-Date=20260101T000000Z`. Nothing depends on finding it there. */
function signingTime(responseUrl: string): number | undefined {
  const [, ...parts] = /[?&]X-Amz-Date=(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/.exec(responseUrl) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  return parts.length === 0 ? undefined : Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Seconds from CloudFormation's request to the end of the wait for the job. */
export function timeoutSeconds(request: Request): number {
  return request.job.valid ? request.job.inputs.timeoutSeconds : MAX_TIMEOUT_SECONDS;
}

/** Seconds that CloudFormation waits for an answer. The construct sets ServiceTimeout so. */
export function serviceTimeoutSeconds(request: Request): number {
  return Math.min(timeoutSeconds(request) + CANCEL_ALLOWANCE_SECONDS, MAX_SERVICE_TIMEOUT_SECONDS);
}

const strings = z.record(z.string(), z.string());

const wholeNumber = z.string().regex(/^\d+$/, {
  error: ({ input }) => `"${String(input).slice(0, 60)}" is not a whole number in decimal digits`,
});

const propertiesSchema: z.ZodType<ProtectedJobProperties> = z.object({
  Type: z.string(),
  MembershipIdentifier: z.string(),
  AnalysisTemplateArn: z.string(),
  Parameters: strings.optional(),
  WorkerType: z.string().optional(),
  WorkerNumber: wholeNumber.optional(),
  SparkProperties: strings.optional(),
  ResultReceiverAccountId: z.string().optional(),
  Triggers: strings.optional(),
  Timeout: wholeNumber,
});

function understandJob(resourceProperties: unknown): RequestedJob {
  const parsed = propertiesSchema.safeParse(resourceProperties);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { valid: false, problems: problems.join('; ') };
  }
  const inputs = jobInputs(parsed.data);
  const problems = findProblems(inputs);
  if (problems.length > 0) {
    return { valid: false, problems: problems.join('; ') };
  }
  return { valid: true, inputs, runKey: runKey(inputs) };
}

function jobInputs(properties: ProtectedJobProperties): JobInputs {
  return {
    type: properties.Type,
    membershipIdentifier: properties.MembershipIdentifier,
    analysisTemplateArn: properties.AnalysisTemplateArn,
    parameters: properties.Parameters,
    workerType: properties.WorkerType,
    workerNumber: properties.WorkerNumber === undefined ? undefined : Number(properties.WorkerNumber),
    sparkProperties: properties.SparkProperties,
    resultReceiver: properties.ResultReceiverAccountId,
    triggers: properties.Triggers,
    timeoutSeconds: Number(properties.Timeout),
  };
}

/**
 * Names a run within its resource: the same inputs are the same run. Settings, such as the timeout, are not part of it.
 */
function runKey({ timeoutSeconds: _setting, ...inputs }: JobInputs): string {
  return canonicalHash(inputs);
}

function hash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
