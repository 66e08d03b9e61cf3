import { parseAnswer } from './answer';
import { History, Resource, SentRequest } from './history';
import { Surroundings } from './process';
import { RequestEvent, understand } from '../../src/engine/request';
import { jobProperties, SECRET } from '../engine/fakes/events';

type Type = RequestEvent['RequestType'];

/** Which inputs a resource has: another letter is another run. */
type Variant = string;

interface Step {
  readonly resource: Resource;
  readonly type: Type;
  readonly variant: Variant;
  readonly isRollback?: boolean;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A deployment of CloudFormation's on its way. */
class Operation {
  readonly stopped: Promise<void>;
  isStopped = false;
  private readonly resolve: () => void;

  constructor() {
    const { promise, resolve } = deferred();
    this.stopped = promise;
    this.resolve = resolve;
  }

  stop(): void {
    this.isStopped = true;
    this.resolve();
  }
}

/**
 * The life of a stack as CloudFormation leads it: created, updated, rolled back where a resource fails or somebody cancels, deleted.
 * It sends a rollback's requests while those before them are still being worked on, and then waits for these no more.
 */
export class SimulatedStack {
  private statusNow = 'CREATE_IN_PROGRESS';
  private notDeployingSince?: number;
  private readonly variants = new Map<Resource, Variant>();
  private readonly attributes = new Map<Resource, Readonly<Record<string, string>>>();
  private readonly waiting = new Map<SentRequest, (isSuccess: boolean) => void>();
  private requestCount = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly history: History,
    private readonly resources: readonly Resource[],
    private readonly send: (request: SentRequest) => void,
  ) {}

  get status(): string {
    return this.statusNow;
  }

  /** For how long no job may be started. */
  notDeployingFor(): number {
    return this.notDeployingSince === undefined ? 0 : this.surroundings.scheduler.now - this.notDeployingSince;
  }

  async live(): Promise<void> {
    const { random, scheduler } = this.surroundings;
    if (await this.create()) {
      for (let updates = random.whole(0, 3); updates > 0 && (await this.update()); updates--) {
        await scheduler.sleep(random.between(1_000, random.pick([20_000, 600_000])));
      }
    }
    await this.delete('DELETE_IN_PROGRESS');
    this.enter('DELETE_COMPLETE');
  }

  /** CloudFormation takes the first answer that arrives. */
  accept(request: SentRequest, body: string): void {
    if (request.accepted === undefined) {
      request.accepted = { body, at: this.surroundings.scheduler.now };
      this.waiting.get(request)?.(parseAnswer(body).Status === 'SUCCESS');
    }
  }

  private async create(): Promise<boolean> {
    this.enter('CREATE_IN_PROGRESS');
    const steps = this.resources.map((resource): Step => ({ resource, type: 'Create', variant: this.variantOf(resource, 'A') }));
    if (await this.perform(steps)) {
      this.enter('CREATE_COMPLETE');
      return true;
    }
    if (!this.surroundings.random.chance(0.3)) {
      await this.delete('ROLLBACK_IN_PROGRESS');
      return false;
    }
    this.enter('CREATE_FAILED'); // rollback is disabled: who deploys again creates what has failed once more
    await this.delete('UPDATE_IN_PROGRESS', (resource) => !this.attributes.has(resource));
    return this.perform(steps.filter(({ resource }) => !this.attributes.has(resource)));
  }

  /** @returns whether the stack can be updated again */
  private async update(): Promise<boolean> {
    const { random } = this.surroundings;
    const before = { variants: new Map(this.variants), attributes: new Map(this.attributes) };
    const groups = new Map(this.resources.map(({ group }) => [group, random.pick(['A', 'B', 'C', undefined])]));
    const steps = this.resources.flatMap((resource): Step[] => {
      const variant = groups.get(resource.group);
      return variant === undefined ? [] : [{ resource, type: 'Update', variant }];
    });
    this.enter('UPDATE_IN_PROGRESS');
    const isDone = (await this.perform(steps)) || (random.chance(0.2) && (await this.retry(steps)));
    return isDone ? this.complete('UPDATE_COMPLETE') : this.rollBack(steps, before.variants, before.attributes);
  }

  /** Rollback was disabled, and somebody deploys the same again. */
  private async retry(steps: readonly Step[]): Promise<boolean> {
    this.enter('UPDATE_FAILED');
    await this.surroundings.scheduler.sleep(SETTLING);
    this.enter('UPDATE_IN_PROGRESS');
    return this.perform(steps);
  }

  private async rollBack(
    steps: readonly Step[],
    variants: ReadonlyMap<Resource, Variant>,
    attributes: ReadonlyMap<Resource, Readonly<Record<string, string>>>,
  ): Promise<boolean> {
    this.enter('UPDATE_ROLLBACK_IN_PROGRESS');
    await this.surroundings.scheduler.sleep(SETTLING);
    attributes.forEach((before, resource) => this.attributes.set(resource, before));
    const undone = steps.filter(({ resource }) => this.history.latestOf(resource)?.event.RequestType === 'Update');
    const back = undone.map((step): Step => ({ ...step, variant: variants.get(step.resource) ?? 'A', isRollback: true }));
    const results = await Promise.all(back.map((step) => this.request(step)));
    return this.complete(results.every(Boolean) ? 'UPDATE_ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_FAILED');
  }

  private complete(status: string): boolean {
    this.enter(status);
    return status !== 'UPDATE_ROLLBACK_FAILED';
  }

  private async delete(status: string, isConcerned = (_resource: Resource) => true): Promise<void> {
    this.enter(status);
    await this.surroundings.scheduler.sleep(SETTLING);
    const sent = this.resources.filter((resource) => isConcerned(resource) && this.exists(resource));
    await Promise.all(
      sent.map((resource) => this.request({ resource, type: 'Delete', variant: this.variants.get(resource) ?? 'A' })),
    );
  }

  private exists(resource: Resource): boolean {
    const latest = this.history.latestOf(resource);
    return latest !== undefined && latest.event.RequestType !== 'Delete';
  }

  /** @returns whether all succeeded, and nobody cancelled */
  private async perform(steps: readonly Step[]): Promise<boolean> {
    const { random, scheduler } = this.surroundings;
    const operation = new Operation();
    const isInLine = random.chance(0.2);
    const all = isInLine ? this.oneByOne(steps, operation) : Promise.all(steps.map((step) => this.step(step, operation)));
    if (random.chance(0.3)) {
      scheduler.in(random.between(0, random.pick([2_000, 60_000, 1_500_000])), () => operation.stop());
    }
    await Promise.race([all, operation.stopped]);
    const isDone = !operation.isStopped;
    operation.stop(); // a cancellation that comes later finds nothing to cancel
    return isDone;
  }

  private async oneByOne(steps: readonly Step[], operation: Operation): Promise<void> {
    for (const step of steps) {
      await this.step(step, operation);
    }
  }

  private async step(step: Step, operation: Operation): Promise<void> {
    await this.surroundings.scheduler.sleep(this.surroundings.random.between(0, 3_000));
    if (!operation.isStopped && !(await this.request(step))) {
      operation.stop();
    }
  }

  /** @returns whether the answer is a success; it may never come, and CloudFormation waits for so long only */
  private async request({ resource, type, variant, isRollback = false }: Step): Promise<boolean> {
    const former = this.history.latestOf(resource);
    if (former !== undefined && former.accepted === undefined) {
      former.isSuperseded = true;
    }
    const timeoutSeconds = this.surroundings.random.pick([60, 600, 3300]);
    const request = this.newRequest(resource, type, variant, timeoutSeconds, isRollback);
    this.history.requests.push(request);
    this.variants.set(resource, variant);
    this.surroundings.scheduler.say(`SEND ${type} ${request.event.RequestId} of ${resource.logicalId} (${variant}) in ${this.status}`);
    this.send(request);
    const isSuccess = await this.answerTo(request, Math.min(timeoutSeconds + 300, 3600) * 1000);
    this.noteResult(request, isSuccess);
    return isSuccess;
  }

  private answerTo(request: SentRequest, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.waiting.set(request, resolve);
      this.surroundings.scheduler.in(milliseconds, () => {
        request.isGivenUp ||= request.accepted === undefined && !request.isSuperseded;
        resolve(false);
      });
    });
  }

  private noteResult(request: SentRequest, isSuccess: boolean): void {
    const isCurrent = this.history.latestOf(request.resource) === request;
    const attributes = request.accepted && parseAnswer(request.accepted.body).Data;
    if (isSuccess && isCurrent && attributes !== undefined) {
      this.attributes.set(request.resource, attributes);
    }
    if (isSuccess && request.event.RequestType === 'Delete') {
      this.attributes.delete(request.resource);
    }
  }

  private newRequest(
    resource: Resource,
    type: Type,
    variant: Variant,
    timeoutSeconds: number,
    isRollback: boolean,
  ): SentRequest {
    const event = this.newEvent(resource, type, variant, timeoutSeconds);
    return {
      event,
      key: understand(event).key,
      resource,
      sentAt: this.surroundings.scheduler.now,
      isRollback,
      attributesBefore: isRollback ? this.attributes.get(resource) : undefined,
      isSuperseded: false,
      isGivenUp: false,
      areDeliveriesLost: false,
      isHit: false,
    };
  }

  private newEvent(resource: Resource, type: Type, variant: Variant, timeoutSeconds: number): RequestEvent {
    const { scheduler, random } = this.surroundings;
    this.requestCount += 1;
    const skew = random.between(-1_000, 1_000); // its hosts' clocks differ
    const signedAt = new Date(scheduler.now + skew).toISOString().replace(/[-:]|\.\d+/g, '');
    const membership = resource.membershipId;
    const template = `arn:aws:cleanrooms:us-east-1:111122223333:membership/${membership}/analysistemplate/${TEMPLATE_ID}`;
    return {
      RequestType: type,
      // A retry may repeat the ID of the request that failed, so the URL alone tells them apart.
      RequestId: type === 'Create' ? `create-of-${resource.logicalId}` : `request-${this.requestCount}`,
      ResponseURL: `https://responses.s3.amazonaws.com/${this.requestCount}?X-Amz-Date=${signedAt}&X-Amz-Signature=5ec4e7`,
      StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/analytics/0a1b2c3d',
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: type === 'Create' ? undefined : `physical-${resource.logicalId}`,
      ResourceProperties: jobProperties({
        MembershipIdentifier: membership,
        AnalysisTemplateArn: template,
        Parameters: { segment: `${SECRET}-${resource.group}-${variant}` },
        Timeout: String(timeoutSeconds),
      }),
    };
  }

  private variantOf(resource: Resource, otherwise: Variant): Variant {
    return this.variants.get(resource) ?? otherwise;
  }

  private enter(status: string): void {
    const isDeploying = status === 'CREATE_IN_PROGRESS' || status === 'UPDATE_IN_PROGRESS';
    this.statusNow = status;
    this.notDeployingSince = isDeploying ? undefined : (this.notDeployingSince ?? this.surroundings.scheduler.now);
    this.surroundings.scheduler.say(`STACK ${status}`);
  }
}

const TEMPLATE_ID = '66666666-7777-4888-8999-000000000000';

/**
 * Between the end of a deployment and the first request that undoes it. Requests that are sent closer together than the clocks of
 * CloudFormation's hosts agree can arrive in the wrong order unnoticed; that case is not simulated.
 */
const SETTLING = 8_000;
