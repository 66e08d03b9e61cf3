import * as z from 'zod';
import { listProblems } from './failure';
import { pathText } from './request';
import { RunnerError } from './runner-error';

/**
 * What the ledger remembers of a job, for all the resources that wait for slices of its timeout. It holds no value of a parameter
 * and no response URL.
 *
 * The schema only ever grows: a rollback can put older code on newer items, so what this version does not know is kept as it is.
 * All times are milliseconds since the epoch.
 */

const failureSchema = z.looseObject({ code: z.string(), message: z.string() });

/** The attributes with which a run was, or can be, answered. Another version may know more of them, or fewer. */
const attributesSchema = z.record(z.string(), z.string());

const requestTypeSchema = z.enum(['Create', 'Update', 'Delete']);

/** The request in force: the latest that CloudFormation has sent about the job, for whichever slice of its timeout. */
const requestStateSchema = z.looseObject({
  key: z.string(),
  type: requestTypeSchema,
  /** The resource that was asked, and the slice that it waits for. */
  logicalId: z.string(),
  sliceNumber: z.number(),
  /** The ID that the resource has, if the request is answered with success. */
  physicalResourceId: z.string().optional(),
  /** The run that the request asks for; absent where it asks for none. */
  runKey: z.string().optional(),
  receivedAt: z.number(),
  /** When CloudFormation sent it, where its response URL tells. */
  sentAt: z.number().optional(),
  /** When the wait for the job is over. */
  deadline: z.number(),
  /** When CloudFormation must have an answer, whatever it is. */
  answerBy: z.number(),
  /** The actions that are being denied, and since when: permissions take minutes to reach everywhere. */
  denied: z.record(z.string(), z.number()).optional(),
  /** Why the request will be answered FAILED, as soon as no job of it runs any more. */
  failure: failureSchema.optional(),
  /** The attributes of the request's job, where it ended without success. */
  unsuccessful: attributesSchema.optional(),
  /** The body of the answer, saved before it is sent. No other body is ever sent for this request. */
  answer: z.string().optional(),
  /** How often CloudFormation's side refused the answer. */
  deliveryFailures: z.number().optional(),
  /** The answer has arrived, or can not arrive any more, or nobody waits for one. */
  settled: z.boolean().optional(),
  /** The job is not this request's any more: the resource of another slice waits for it. */
  handedOver: z.boolean().optional(),
});

/** What a job must have in common with a run to be the one that the run started. */
const jobIdentitySchema = z.looseObject({
  analysisTemplateArn: z.string(),
  /** Of all parameters together: an older version reads this one. */
  parametersHash: z.string(),
  /** By name. A record of an older version lacks it, and all that is optional. */
  parameterHashes: z.record(z.string(), z.string()).optional(),
  type: z.string().optional(),
  workerType: z.string().optional(),
  workerNumber: z.number().optional(),
  sparkPropertyHashes: z.record(z.string(), z.string()).optional(),
  resultReceiver: z.string().optional(),
  computePayer: z.string().optional(),
});

/** The run that has, or may have, a job that is not known to have ended. */
const runStateSchema = z.looseObject({
  runKey: z.string(),
  /** Tells the run from another with the same inputs. */
  beganAt: z.number(),
  membershipIdentifier: z.string(),
  identity: jobIdentitySchema,
  /**
   * `waiting`: no start is under way. `starting`: one start may be under way until the lease ends. `started`: the job is known.
   */
  phase: z.enum(['waiting', 'starting', 'started']),
  /** Counts the starts, so that what came of one is not taken for what came of another. */
  attempt: z.number(),
  /** In `starting`: the time in which the start is sent, and by whose end it is aborted. */
  lease: z.looseObject({ start: z.number(), end: z.number() }).optional(),
  /** From the first to the last start of which it is unknown whether it made a job: where to look for that job. */
  unknownStarts: z.looseObject({ since: z.number(), until: z.number() }).optional(),
  /** When to try again, in `waiting`, and why it waits. */
  retryAt: z.number().optional(),
  waitsFor: z.string().optional(),
  jobId: z.string().optional(),
  startedAt: z.number().optional(),
  /** The attributes of the job when it was started. */
  accepted: attributesSchema.optional(),
  status: z.string().optional(),
  cancelRequestedAt: z.number().optional(),
  /** Clean Rooms answered a cancellation with a conflict: the job had ended. */
  cancelConflict: z.boolean().optional(),
});

/** A run with which CloudFormation was, or could be, told of success: as a rule because its job succeeded. It is never run again. */
const successSchema = z.looseObject({
  runKey: z.string(),
  attributes: attributesSchema,
  /** CloudFormation did not wait for the job's end, so the attributes are those of its start. */
  isOfStart: z.boolean().optional(),
  /** With which attributes that was answered, where the job has been seen to succeed since. */
  attributesOfStart: attributesSchema.optional(),
  /** When it was last asked for: the ones that nobody asks for are forgotten first. */
  usedAt: z.number(),
});

/**
 * A request that is not in force any more, or never was, remembered so that a late delivery of it starts nothing and gets the same
 * answer.
 */
const formerRequestSchema = z.looseObject({
  key: z.string(),
  type: requestTypeSchema,
  logicalId: z.string(),
  sentAt: z.number().optional(),
  /** An answer that was saved is still delivered. */
  answer: z.string().optional(),
  deliveryFailures: z.number().optional(),
  settled: z.boolean().optional(),
  endedAt: z.number(),
});

export const recordSchema = z.looseObject({
  resourceKey: z.string(),
  /** Counts the saves: nothing else can ever be saved over. */
  version: z.int().positive(),
  request: requestStateSchema,
  run: runStateSchema.optional(),
  successes: z.array(successSchema),
  formerRequests: z.array(formerRequestSchema),
  /** Set once the resource was deleted; the record stays for a while as its tombstone. */
  deletedAt: z.number().optional(),
});

export type ResourceRecord = z.infer<typeof recordSchema>;
export type RequestState = z.infer<typeof requestStateSchema>;
export type FormerRequest = z.infer<typeof formerRequestSchema>;
export type Success = z.infer<typeof successSchema>;
export type RunState = z.infer<typeof runStateSchema>;
export type JobIdentity = z.infer<typeof jobIdentitySchema>;

/** The run has no job that may still run. */
export function withoutRun(record: ResourceRecord): ResourceRecord {
  return { ...record, run: undefined };
}

/** Whether the request is in force, or is remembered as one that was. */
export function knowsRequest(record: ResourceRecord | undefined, requestKey: string): record is ResourceRecord {
  return record !== undefined && [record.request, ...record.formerRequests].some(({ key }) => key === requestKey);
}

export class UnreadableRecordError extends RunnerError {
  override readonly name = 'UnreadableRecordError';

  constructor(resourceKey: string, problems: string) {
    super(`the ledger's record of resource ${resourceKey} can not be read: ${problems}`);
  }
}

/**
 * What is stored as a resource's record. One that names another resource could never be saved again.
 *
 * @throws UnreadableRecordError if it is not the resource's record
 */
export function readRecord(resourceKey: string, item: unknown): ResourceRecord {
  const parsed = recordSchema.safeParse(item);
  if (!parsed.success) {
    throw new UnreadableRecordError(resourceKey, listProblems(parsed.error.issues.map(({ path }) => pathText(path))));
  }
  if (parsed.data.resourceKey !== resourceKey) {
    throw new UnreadableRecordError(resourceKey, 'resourceKey');
  }
  return parsed.data;
}
