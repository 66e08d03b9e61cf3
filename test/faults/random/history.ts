import { type ParsedAnswer } from './answer';
import { type JobShape } from './shape';
import { type Job } from '../../../src/engine/core/job';
import { type RequestEvent } from '../../../src/engine/core/request';

/** A custom resource of the stack: one of those that wait for a job. */
export interface JobResource {
  readonly logicalId: string;
  /** The name of its job's construct. */
  readonly job: string;
  /** Jobs of one group have the same inputs on the same membership, so their runs can not be told apart. */
  readonly group: string;
  /** How many jobs are in the group. */
  readonly groupSize: number;
}

/** A request that the simulated CloudFormation sent. */
export interface SentRequest {
  readonly event: RequestEvent;
  readonly key: string;
  readonly resource: JobResource;
  /** The inputs that the job should have. */
  readonly shape: JobShape;
  /** The number of the deployment that it belongs to. */
  readonly operation: number;
  readonly sentAt: number;
  /** Whether it was sent to undo a deployment. */
  readonly isRollback: boolean;
  /** The attributes that the resource had when the deployment to undo began. */
  readonly attributesBefore?: Readonly<Record<string, string>>;
  /** Whether its deployment has failed or was cancelled in the meantime, so that CloudFormation waits no more. */
  isAbandoned: boolean;
  /** Whether CloudFormation waited for as long as it ever waits. */
  givenUpAt?: number;
  /** Whether Lambda delivered it as often as it ever does, and the function failed each time. */
  areDeliveriesLost: boolean;
  /** When processes that worked on it were hit by faults. */
  readonly hits: number[];
  /** When an action on its job was denied first, by action. */
  readonly deniedSince: Map<string, number>;
  accepted?: { readonly body: string; readonly at: number };
}

/** A job that the simulated Clean Rooms made. */
export interface MadeJob {
  /** The request that its start was sent for. */
  readonly request: SentRequest;
  readonly sentAt: number;
  readonly createdAt: number;
  /** For how long the stack had not been deploying when the start was sent. 0 if it was deploying. */
  readonly notDeployingFor: number;
  /** The jobs of the group that ran when it was made. */
  readonly besides: readonly MadeJob[];
  /** When it appears in the list, and when it can be read. */
  readonly listedFrom: number;
  readonly gettableFrom: number;
  job: Job;
  endsAt: number;
  endStatus: string;
  endedAt?: number;
}

/** A body that was sent to a response URL. */
export interface SentAnswer {
  readonly request: SentRequest;
  readonly body: string;
  readonly parsed: ParsedAnswer;
  readonly at: number;
  readonly outcome: 'accepted' | 'refused' | 'unreachable';
  readonly wasAbandoned: boolean;
  /** Whether the stack no longer wanted what the request asked for. */
  readonly wasUndoing: boolean;
  /** The jobs of the group that ran at that time. */
  readonly running: readonly MadeJob[];
  /** The other jobs of the group that CloudFormation still waited for. */
  readonly othersAtWork: number;
}

/** The end of a deployment, an undoing or a deletion. */
export interface Settling {
  readonly status: string;
  readonly at: number;
  readonly operation: number;
  readonly running: readonly MadeJob[];
}

/** All that has happened, as the simulated services saw it. Nothing in it comes from the engine's own records. */
export class History {
  readonly requests: SentRequest[] = [];
  readonly jobs: MadeJob[] = [];
  readonly answers: SentAnswer[] = [];
  readonly settlings: Settling[] = [];
  /** Log lines, execution inputs, kept records and errors. */
  readonly texts: string[] = [];
  readonly unexpectedErrors: string[] = [];
  /** When the last process had ended. */
  settledAt = 0;
  hasEnded = false;

  latestOf(logicalId: string): SentRequest | undefined {
    return this.requests.filter(({ resource }) => resource.logicalId === logicalId).at(-1);
  }

  jobsOf(group: string): MadeJob[] {
    return this.jobs.filter(({ request }) => request.resource.group === group);
  }

  running(): MadeJob[] {
    return this.jobs.filter(({ endedAt }) => endedAt === undefined);
  }

  runningIn(group: string): MadeJob[] {
    return this.running().filter(({ request }) => request.resource.group === group);
  }

  /** The jobs of the group but this one that CloudFormation waits for. */
  othersAtWork({ job, group }: JobResource): number {
    const others = new Set(this.requests.map(({ resource }) => resource).filter((other) => other.group === group && other.job !== job));
    return [...new Set([...others].map((other) => other.job))].filter((other) => this.isAtWork(other)).length;
  }

  private isAtWork(job: string): boolean {
    const latest = this.requests.filter(({ resource, event }) => resource.job === job && !endsOnlyAWait(event)).at(-1);
    return latest !== undefined && (latest.accepted === undefined || (latest.event.RequestType !== 'Delete' && !isLastSlice(latest)));
  }
}

export function isLastSlice({ event }: SentRequest): boolean {
  return event.ResourceProperties.SliceNumber === event.ResourceProperties.SliceCount;
}

export function endsOnlyAWait({ RequestType, ResourceProperties }: RequestEvent): boolean {
  return RequestType === 'Delete' && ResourceProperties.JobLogicalId !== undefined;
}

/** Their answers go to the same object in S3, whatever their URLs are signed with. */
export function haveSameAddress({ event }: SentRequest, { event: other }: SentRequest): boolean {
  return event.RequestId === other.RequestId && event.LogicalResourceId === other.LogicalResourceId;
}

/** Two requests with the same text ask for the same run. */
export function runOf({ event }: SentRequest): string {
  const { MembershipIdentifier, Parameters, Triggers } = event.ResourceProperties;
  return JSON.stringify([MembershipIdentifier, Parameters, Triggers]);
}
