import { Job } from '../../src/engine/clean-rooms';
import { RequestEvent } from '../../src/engine/request';

/** A resource of the stack. */
export interface Resource {
  readonly logicalId: string;
  readonly membershipId: string;
  /** Resources of one group have the same inputs on the same membership, so nobody can tell their jobs apart. */
  readonly group: string;
  readonly groupSize: number;
}

/** A request that the simulated CloudFormation sent. */
export interface SentRequest {
  readonly event: RequestEvent;
  readonly key: string;
  readonly resource: Resource;
  readonly sentAt: number;
  /** Sent to undo a deployment. */
  readonly isRollback: boolean;
  /** The attributes that the resource had when the deployment to undo began. */
  readonly attributesBefore?: Readonly<Record<string, string>>;
  /** The next request on the resource was sent while this one was waited for. */
  isSuperseded: boolean;
  /** CloudFormation waited as long as it does. */
  isGivenUp: boolean;
  /** Lambda delivered it as often as it does, and each time the function failed. */
  areDeliveriesLost: boolean;
  /** A process that worked on it was hit by a fault. */
  isHit: boolean;
  accepted?: { readonly body: string; readonly at: number };
}

/** A job that the simulated Clean Rooms made. */
export interface MadeJob {
  readonly request: SentRequest;
  readonly sentAt: number;
  readonly createdAt: number;
  /** How long the stack had not been deploying when the start was sent; 0 where it was. */
  readonly notDeployingFor: number;
  /** The jobs of the group that ran when it was made. */
  readonly besides: number;
  /** When it can be listed, and got. */
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
  readonly at: number;
  readonly outcome: 'accepted' | 'refused' | 'unreachable';
  readonly wasSuperseded: boolean;
  /** The stack no longer wanted what the request asked for. */
  readonly wasUndoing: boolean;
  /** The jobs of the group that ran at that time. */
  readonly running: readonly MadeJob[];
  /** The other resources of the group whose latest request had no answer yet. */
  readonly othersAtWork: number;
}

/** All that has happened, as the simulated services saw it. Nothing in it comes from the engine's own records. */
export class History {
  readonly requests: SentRequest[] = [];
  readonly jobs: MadeJob[] = [];
  readonly answers: SentAnswer[] = [];
  /** Log lines, execution inputs and kept records. */
  readonly texts: string[] = [];
  readonly unexpectedErrors: string[] = [];
  /** When the last process had ended. */
  settledAt = 0;
  hasEnded = false;

  latestOf(resource: Resource): SentRequest | undefined {
    return this.requests.filter((request) => request.resource === resource).at(-1);
  }

  jobsOf(group: string): MadeJob[] {
    return this.jobs.filter(({ request }) => request.resource.group === group);
  }

  runningIn(group: string): MadeJob[] {
    return this.jobsOf(group).filter(({ endedAt }) => endedAt === undefined);
  }

  /** The resources of the group but this one whose latest request is not answered. */
  othersAtWork(resource: Resource): number {
    const others = new Set(this.requests.map((request) => request.resource));
    return [...others].filter(
      (other) => other !== resource && other.group === resource.group && this.latestOf(other)?.accepted === undefined,
    ).length;
  }
}
