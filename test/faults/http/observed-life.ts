import { type FaultyAws } from './faulty-aws';
import { sizeOfGroup } from './shape';
import { type Attributes, type StackLife } from './stack-life';
import { type Job } from '../../local-aws/clean-rooms/jobs';
import { type CustomResourceEvent, type SentAnswer } from '../../local-aws/cloudformation/custom-resource';
import { isObject, isText } from '../../local-aws/json';
import { type Delivery } from '../../local-aws/lambda/event-queue';

/** The status that a stack entered. Times are those of the embedded clock. */
export interface StatusChange {
  readonly status: string;
  readonly time: number;
}

/** A request that CloudFormation sent, and its result. */
export interface ObservedRequest {
  readonly event: CustomResourceEvent;
  readonly group: number;
  /** What tells one run of the job from another. Empty if the request asks for none. */
  readonly segment: string;
  readonly sliceNumber: number;
  readonly isLastSlice: boolean;
  readonly sentAt: number;
  readonly isRollback: boolean;
  /** The attributes that a rollback goes back to. */
  readonly attributesBefore?: Readonly<Record<string, unknown>>;
  readonly sentAnswers: readonly SentAnswer[];
  /** The first answer that CloudFormation has. */
  readonly accepted?: SentAnswer;
  /** When the next request on the resource was sent, if that was before the answer. */
  readonly supersededAt?: number;
  /** Whether CloudFormation waited for as long as it ever waits. */
  readonly isGivenUp: boolean;
  /** Whether Lambda delivered it as often as it ever does, and the function failed each time. */
  readonly areDeliveriesLost: boolean;
  /** Whether a fault was injected while CloudFormation waited for the answer. */
  readonly isHit: boolean;
}

/**
 * All that has happened in the life of one stack, as the embedded services saw it. Nothing in it comes from the
 * library's own records.
 */
export class ObservedLife {
  readonly requests: readonly ObservedRequest[];
  readonly jobs: readonly Job[];
  readonly statuses: readonly StatusChange[];
  /** What people can read: log lines, inputs of executions, reasons in events. */
  readonly texts: readonly string[];

  constructor(
    readonly life: StackLife,
    world: FaultyAws,
  ) {
    const { cloudFormation, cleanRooms, logs, lambda } = world.aws;
    this.statuses = this.readStatuses();
    this.jobs = cleanRooms.jobs();
    const deliveries = lambda.deliveries();
    const sent = cloudFormation.customResourceRequests;
    this.requests = sent.map((request) => {
      const next = sent.find(({ event, sentAt }) => event.LogicalResourceId === request.event.LogicalResourceId && sentAt > request.sentAt);
      return this.observe(request, next?.sentAt, deliveries);
    });
    this.texts = [
      ...logs.allLines().map(({ line }) => line),
      ...life.executions.map(({ inputText }) => inputText),
      ...life.stack.events.flatMap(({ reason }) => reason ?? []),
    ];
  }

  get groups(): number[] {
    return [...new Set(this.requests.map(({ group }) => group))];
  }

  sizeOf(group: number): number {
    return sizeOfGroup(this.life.shape, group);
  }

  jobsOf(group: number): Job[] {
    return this.jobs.filter((job) => groupOf(job.parameters.segment) === group);
  }

  runningAt(time: number, group: number): Job[] {
    return this.jobsOf(group).filter(({ createTime, endTime = Infinity }) => createTime <= time && time < endTime);
  }

  requestsOf(group: number): ObservedRequest[] {
    return this.requests.filter((request) => request.group === group);
  }

  /** The resources of the group, except the one of this job, whose latest request had no answer at that time. */
  othersAtWork(request: ObservedRequest, time: number): number {
    const others = this.requestsOf(request.group).filter((other) => jobOf(other) !== jobOf(request) && other.sentAt <= time);
    const latest = new Map(others.map((other) => [jobOf(other), other]));
    return [...latest.values()].filter(({ accepted }) => accepted === undefined || accepted.time > time).length;
  }

  statusAt(time: number): StatusChange {
    return this.statuses.filter((change) => change.time <= time).at(-1) ?? this.statuses[0];
  }

  /**
   * What happened, in order, for those who investigate a violation. Times are seconds of the embedded clock. Instead of
   * IDs, which are new in every run, it has numbers.
   */
  trace(): string[] {
    const happenings: { readonly time: number; readonly what: string }[] = [
      ...this.statuses.map(({ status, time }) => ({ time, what: `STACK ${status}` })),
      ...this.life.plan.hits.map(({ fault, time }) => ({ time, what: `fault: ${fault}` })),
      ...this.jobs.flatMap(({ id, parameters, history }) =>
        history.map(({ status, time }) => ({ time, what: `JOB ${id} ${parameters.segment} ${status}` })),
      ),
      ...this.requests.flatMap(({ event, segment, sentAt, sentAnswers }) => {
        const name = `${event.RequestType} ${event.RequestId} of ${event.LogicalResourceId} ${segment}`;
        const answers = sentAnswers.map(({ body, time, isTaken }) => ({ time, what: `${isTaken ? 'ANSWER' : 'REFUSED ANSWER'} to ${name}: ${body}` }));
        return [{ time: sentAt, what: `SEND ${name}` }, ...answers];
      }),
    ];
    const [{ time: start }] = this.statuses;
    const withNumbers = numbering();
    return happenings
      .sort((one, other) => one.time - other.time)
      .map(({ time, what }) => `${this.life.name} ${((time - start) / 1000).toFixed(1).padStart(8)} ${withNumbers(what)}`);
  }

  private readStatuses(): StatusChange[] {
    const { stack } = this.life;
    return stack.events
      .filter(({ physicalId }) => physicalId === stack.id)
      .map(({ status, time }) => ({ status, time }));
  }

  private observe(
    { event, sentAt, sentAnswers }: { event: CustomResourceEvent; sentAt: number; sentAnswers: readonly SentAnswer[] },
    nextSentAt: number | undefined,
    deliveries: readonly Delivery[],
  ): ObservedRequest {
    const { Parameters: parameters, SliceNumber: slice = '1', SliceCount: slices = '1', ServiceTimeout: timeout } = event.ResourceProperties;
    const segment = isObject(parameters) && isText(parameters.segment) ? parameters.segment : '';
    const accepted = sentAnswers.find(({ isTaken }) => isTaken);
    const supersededAt = nextSentAt !== undefined && (accepted?.time ?? Infinity) > nextSentAt ? nextSentAt : undefined;
    const waitedUntil = sentAt + Number(timeout) * 1_000;
    const end = Math.min(accepted?.time ?? Infinity, supersededAt ?? Infinity);
    const isRollback = event.RequestType === 'Update' && this.statusAt(sentAt).status === 'UPDATE_ROLLBACK_IN_PROGRESS';
    const outcomes = deliveries.filter((delivery) => urlOf(delivery.event) === event.ResponseURL).map(({ outcome }) => outcome);
    return {
      event,
      group: groupOf(segment),
      segment,
      sliceNumber: Number(slice),
      isLastSlice: slice === slices,
      sentAt,
      isRollback,
      attributesBefore: isRollback ? this.stableAttributes(sentAt).get(event.LogicalResourceId) : undefined,
      sentAnswers,
      accepted,
      supersededAt,
      isGivenUp: end > waitedUntil,
      areDeliveriesLost: outcomes.length > 0 && !outcomes.includes('success'),
      isHit: this.isHit(sentAt, end),
    };
  }

  private isHit(from: number, until: number): boolean {
    return this.life.plan.hits.some(({ time, fault }) => fault.includes('planned') || (time >= from && time <= until));
  }

  private stableAttributes(time: number): Attributes {
    return this.life.stableAttributes.filter(({ since }) => since <= time).at(-1)?.attributes ?? new Map();
  }
}

/** The logical ID of the resource that waits for the job's first slice. */
export function jobOf({ event }: ObservedRequest): string {
  const { JobLogicalId: logicalId = event.LogicalResourceId } = event.ResourceProperties;
  return String(logicalId);
}

function groupOf(segment: string): number {
  return Number(/-g(\d+)-/.exec(segment)?.[1] ?? -1);
}

/** A retry repeats the ID of the request that failed, and has a URL of its own. */
function urlOf(event: unknown): unknown {
  return isObject(event) ? event.ResponseURL : undefined;
}

/** UUIDs, hashes, and the ends of names that CloudFormation generates. */
const ID = /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}|(?<=-)[0-9A-Z]{12})\b/g;

/** Replaces IDs by numbers, in the order in which they appear. */
function numbering(): (text: string) => string {
  const numbers = new Map<string, string>();
  const numberOf = (id: string): string => {
    const number = numbers.get(id) ?? `#${numbers.size + 1}`;
    numbers.set(id, number);
    return number;
  };
  return (text) => text.replace(ID, numberOf);
}
