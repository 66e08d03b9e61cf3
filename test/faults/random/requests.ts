import { parseAnswer } from './answer';
import { haveSameAddress, type History, type JobResource, type SentRequest } from './history';
import { type LiveResource } from './live-resource';
import { type Surroundings } from './process';
import { type JobShape, type StackShape } from './shape';
import { type RequestEvent, understand } from '../../../src/engine/core/request';

/** What CloudFormation asks of a custom resource. */
export interface Question {
  readonly type: RequestEvent['RequestType'];
  readonly target: LiveResource;
  /** The ID of the request that failed, if this one retries it. */
  readonly retried?: string;
  readonly isRollback: boolean;
  readonly attributesBefore?: Readonly<Record<string, string>>;
}

/** The result of a request. */
export interface Outcome {
  readonly isDone: boolean;
  /** CloudFormation stopped waiting, because the deployment failed elsewhere or was cancelled. */
  readonly isAbandoned: boolean;
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly requestId?: string;
}

/** CloudFormation's requests to custom resources, and its waiting for the answers. */
export class Requests {
  private readonly waiting = new Map<SentRequest, () => void>();
  private readonly groupSizes: ReadonlyMap<string, number>;
  private requestCount = 0;
  private operation = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly history: History,
    shapes: readonly StackShape[],
    private readonly send: (request: SentRequest) => void,
  ) {
    const jobs = [...new Map(shapes.flat().map((job) => [job.name, job])).values()];
    const sizeOf = (group: string) => jobs.filter((job) => groupOf(job) === group).length;
    this.groupSizes = new Map(jobs.map((job) => [groupOf(job), sizeOf(groupOf(job))]));
  }

  /** The stack enters a status. From then on, its requests belong to another deployment. */
  begin(status: string): void {
    this.operation += /^(CREATE|UPDATE|DELETE|ROLLBACK|UPDATE_ROLLBACK)_IN_PROGRESS$/.test(status) ? 1 : 0;
  }

  settle(status: string): void {
    const { scheduler } = this.surroundings;
    this.history.settlings.push({ status, at: scheduler.now, operation: this.operation, running: this.history.running() });
  }

  async ask(question: Question): Promise<Outcome> {
    const request = this.newRequest(question);
    this.history.requests.push(request);
    const { scheduler, exercised } = this.surroundings;
    const { event } = request;
    scheduler.say(`SEND ${event.RequestType} ${event.RequestId} of ${event.LogicalResourceId} ${JSON.stringify(event.ResourceProperties)}`);
    this.send(request);
    const serviceTimeout = Number(question.target.properties.ServiceTimeout) * 1000;
    await new Promise<void>((resolve) => {
      this.waiting.set(request, resolve);
      scheduler.in(serviceTimeout, () => {
        if (request.accepted === undefined && !request.isAbandoned) {
          request.givenUpAt = scheduler.now;
          exercised.note('CloudFormation gives up on a request');
        }
        resolve();
      });
    });
    this.waiting.delete(request);
    return this.outcomeOf(request, question);
  }

  /** CloudFormation takes the first answer that arrives. A retry that repeats the ID takes what comes by the former URL, too. */
  accept(answered: SentRequest, body: string): void {
    const request = this.history.requests.filter((other) => haveSameAddress(other, answered)).at(-1) ?? answered;
    if (request.accepted === undefined) {
      request.accepted = { body, at: this.surroundings.scheduler.now };
      this.waiting.get(request)?.();
    }
  }

  /** From now on, nobody waits for the requests that are under way. */
  abandonAll(): void {
    for (const [request, stopWaiting] of this.waiting) {
      request.isAbandoned = request.accepted === undefined;
      stopWaiting();
    }
  }

  private outcomeOf({ accepted, isAbandoned, givenUpAt, event }: SentRequest, { target }: Question): Outcome {
    const answer = accepted && givenUpAt === undefined ? parseAnswer(accepted.body) : undefined;
    const isDone = answer?.Status === 'SUCCESS';
    return {
      isDone,
      isAbandoned,
      physicalId: answer?.PhysicalResourceId ?? target.physicalId,
      attributes: isDone ? (answer.Data ?? {}) : target.attributes,
      requestId: event.RequestId,
    };
  }

  private newRequest(question: Question): SentRequest {
    const { target, isRollback, attributesBefore } = question;
    const shape = target.definition.job;
    if (shape === undefined) {
      throw new Error(`${target.definition.logicalId} is no job's`);
    }
    const event = this.newEvent(question);
    return {
      event,
      key: understand(event).key,
      resource: this.resourceOf(target.definition.logicalId, shape),
      shape,
      operation: this.operation,
      sentAt: this.surroundings.scheduler.now,
      isRollback,
      attributesBefore,
      isAbandoned: false,
      areDeliveriesLost: false,
      hits: [],
      deniedSince: new Map(),
    };
  }

  private resourceOf(logicalId: string, shape: JobShape): JobResource {
    const group = groupOf(shape);
    return { logicalId, job: shape.name, group, groupSize: this.groupSizes.get(group) ?? 1 };
  }

  private newEvent({ type, target, retried }: Question): RequestEvent {
    const { scheduler, random } = this.surroundings;
    this.requestCount += 1;
    const skew = random.between(-1_000, 1_000); // the clocks of its hosts differ
    const signedAt = new Date(scheduler.now + skew).toISOString().replace(/[-:]|\.\d+/g, '');
    const { logicalId } = target.definition;
    return {
      RequestType: type,
      RequestId: this.requestId(retried),
      ResponseURL: `https://responses.s3.amazonaws.com/${this.requestCount}?X-Amz-Date=${signedAt}&X-Amz-Signature=5ec4e7`,
      StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/analytics/0a1b2c3d',
      LogicalResourceId: logicalId,
      // CloudFormation invents the ID of a resource whose creation was not answered.
      PhysicalResourceId: type === 'Create' ? undefined : (target.physicalId ?? `analytics-${logicalId}-1A2B3C`),
      ResourceProperties: withoutServiceTimeout(target.properties),
    };
  }

  /** A retry may repeat the ID of the request that failed. Then only the URL differs. */
  private requestId(retried: string | undefined): string {
    const { random, exercised } = this.surroundings;
    if (retried !== undefined && random.chance(0.5)) {
      exercised.note('a retry repeats the ID of the failed request');
      return retried;
    }
    if (retried !== undefined) {
      exercised.note('a retry has a fresh request ID');
    }
    return `request-${this.requestCount}`;
  }
}

/** Jobs with the same inputs have them on the same membership. */
function groupOf({ inputs }: JobShape): string {
  return `inputs-${inputs}`;
}

/** CloudFormation shows it to nobody. */
function withoutServiceTimeout(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { ServiceTimeout: _own, ...others } = properties;
  return others;
}
