import { isDeepStrictEqual } from 'node:util';
import { type Exercised } from './exercised';
import { type LiveResource, type LiveResources } from './live-resource';
import { type Surroundings } from './process';
import { type Requests } from './requests';
import { isCustomResource, type References, resolve, type ResourceDefinition, type StackTemplate } from './template';

/** What a stack is deployed with. */
export interface Deployment {
  readonly template: StackTemplate;
  readonly parameters: Readonly<Record<string, string>>;
}

/** How a deployment goes, apart from what its jobs do. */
export interface Manner {
  readonly isRollbackDisabled: boolean;
  /** When somebody cancels it. */
  readonly cancelAfter?: number;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolvePromise = () => {};
  const promise = new Promise<void>((done) => {
    resolvePromise = done;
  });
  return { promise, resolve: resolvePromise };
}

/** One pass over the resources of a template. It stops at the first failure, or when somebody cancels it. */
class Operation {
  readonly stopped: Promise<void>;
  isStopped = false;
  private readonly resolveStopped: () => void;

  constructor() {
    const { promise, resolve: resolvePromise } = deferred();
    this.stopped = promise;
    this.resolveStopped = resolvePromise;
  }

  stop(): void {
    this.isStopped = true;
    this.resolveStopped();
  }
}

/**
 * A stack that CloudFormation changes from one template to another. It works in the order of the dependencies, changes
 * only what has changed, and after success deletes what is no longer wanted. If a resource fails or somebody cancels,
 * it goes back. It then sends requests while earlier ones are still being worked on, and waits for the new ones
 * instead.
 */
export class SimulatedStack {
  private statusNow = 'REVIEW_IN_PROGRESS';
  private notDeployingSince?: number;
  private live = new Map<string, LiveResource>();
  /** The resources at the time when the stack was last complete. A rollback goes back to them. */
  private stable: LiveResources = new Map();
  /** The resources that were changed since then. */
  private readonly touched = new Set<string>();
  private readonly exercised: Exercised;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly requests: Requests,
  ) {
    this.exercised = surroundings.exercised;
  }

  get status(): string {
    return this.statusNow;
  }

  get hasBeenComplete(): boolean {
    return this.stable.size > 0;
  }

  get resources(): LiveResources {
    return this.live;
  }

  /** For how long no job may be started. */
  notDeployingFor(): number {
    return this.notDeployingSince === undefined ? 0 : this.surroundings.scheduler.now - this.notDeployingSince;
  }

  /**
   * @returns whether the stack is complete. If it is not, the deployment was undone, unless its rollback is disabled.
   */
  async create(deployment: Deployment, manner: Manner): Promise<boolean> {
    this.enter('CREATE_IN_PROGRESS');
    if (await this.apply(deployment, manner)) {
      return this.complete('CREATE_COMPLETE');
    }
    if (manner.isRollbackDisabled) {
      this.exercised.note('a create failed with its rollback disabled');
      return this.leave('CREATE_FAILED');
    }
    if (manner.cancelAfter === undefined) {
      this.exercised.note('a create is rolled back');
      await this.tearDown('ROLLBACK');
    }
    return false;
  }

  /** @returns whether the stack is complete, with the new template or with the old one */
  async update(deployment: Deployment, manner: Manner): Promise<boolean> {
    this.enter('UPDATE_IN_PROGRESS');
    if (await this.apply(deployment, manner)) {
      this.enter('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
      await this.cleanUp((logicalId) => !deployment.template.resources.has(logicalId));
      return this.complete('UPDATE_COMPLETE');
    }
    if (manner.isRollbackDisabled) {
      this.exercised.note('an update failed with its rollback disabled');
      return this.leave('UPDATE_FAILED');
    }
    this.exercised.note('an update is rolled back');
    return this.rollBack();
  }

  /** @returns whether the stack is as it was before */
  async rollBack(): Promise<boolean> {
    this.enter('UPDATE_ROLLBACK_IN_PROGRESS');
    await this.surroundings.scheduler.sleep(SETTLING);
    const concerned = [...this.stable.values()].filter(({ definition }) => this.touched.has(definition.logicalId));
    const results = await inOrder(
      concerned.map((resource) => ({ resource, ...resource.definition })),
      ({ resource }) => this.restore(resource),
    );
    if (!results.every(Boolean)) {
      return this.leave('UPDATE_ROLLBACK_FAILED');
    }
    this.enter('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    await this.cleanUp((logicalId) => !this.stable.has(logicalId));
    return this.complete('UPDATE_ROLLBACK_COMPLETE');
  }

  /** Deletes all resources, and tries again if some can not be deleted. */
  async tearDown(prefix: 'DELETE' | 'ROLLBACK'): Promise<void> {
    for (let tries = 0; tries < DELETE_TRIES; tries++) {
      this.enter(tries === 0 ? `${prefix}_IN_PROGRESS` : 'DELETE_IN_PROGRESS');
      await this.surroundings.scheduler.sleep(SETTLING);
      if (await this.deleteAll([...this.live.values()], 1)) {
        this.leave(`${prefix}_COMPLETE`);
        return;
      }
      this.leave(`${prefix}_FAILED`);
    }
  }

  // --- forward

  private async apply(deployment: Deployment, { isRollbackDisabled, cancelAfter }: Manner): Promise<boolean> {
    const operation = new Operation();
    const definitions = [...deployment.template.resources.values()];
    const all = inOrder(definitions, async (definition) => {
      const isDone = operation.isStopped ? false : await this.bringAbout(definition, deployment, operation);
      if (!isDone && !isRollbackDisabled) {
        operation.stop();
      }
      return isDone;
    });
    if (cancelAfter !== undefined) {
      this.surroundings.scheduler.in(cancelAfter, () => operation.stop());
    }
    const results = await Promise.race([all, operation.stopped.then(() => [false])]);
    const isDone = results.every(Boolean) && !operation.isStopped;
    operation.stop(); // a cancellation that comes later finds nothing to cancel
    this.requests.abandonAll();
    return isDone;
  }

  private async bringAbout(definition: ResourceDefinition, deployment: Deployment, operation: Operation): Promise<boolean> {
    const { logicalId } = definition;
    const properties = Object(resolve(definition.properties, this.references(deployment)));
    const former = this.live.get(logicalId);
    if (former?.state === 'complete' && isDeepStrictEqual(former.properties, properties)) {
      this.live.set(logicalId, { ...former, definition });
      return true;
    }
    this.touched.add(logicalId);
    if (former?.state === 'failed' && !this.stable.has(logicalId) && !(await this.clearFailed(former))) {
      return false;
    }
    const target: LiveResource = { ...this.blank(definition), ...this.live.get(logicalId), definition, properties, state: 'under way' };
    return !operation.isStopped && this.change(target, former, false);
  }

  /** A resource whose creation failed is created again, mostly after it was deleted. */
  private async clearFailed(failed: LiveResource): Promise<boolean> {
    if (isCustomResource(failed.definition) && this.surroundings.random.chance(0.3)) {
      this.exercised.note('a retry creates without a Delete before');
      this.live.delete(failed.definition.logicalId);
      return true;
    }
    const isGone = await this.remove(failed, 1);
    await this.surroundings.scheduler.sleep(SETTLING);
    return isGone;
  }

  private async restore(before: LiveResource): Promise<boolean> {
    const current = this.live.get(before.definition.logicalId);
    if (current?.state === 'complete' && isDeepStrictEqual(current.properties, before.properties)) {
      return true;
    }
    return this.change({ ...before, state: 'under way' }, current, true);
  }

  private async change(target: LiveResource, former: LiveResource | undefined, isRollback: boolean): Promise<boolean> {
    const { logicalId } = target.definition;
    this.live.set(logicalId, target);
    const outcome = isCustomResource(target.definition)
      ? await this.requests.ask({
        type: target.physicalId === undefined ? 'Create' : 'Update',
        target,
        retried: former?.state === 'failed' && !isRollback ? former.requestId : undefined,
        isRollback,
        attributesBefore: isRollback ? this.stable.get(logicalId)?.attributes : undefined,
      })
      : await this.changeSibling(target, isRollback);
    if (outcome.isAbandoned) {
      return false; // what made CloudFormation stop decides what happens to it now
    }
    this.live.set(logicalId, { ...target, ...outcome, state: outcome.isDone ? 'complete' : 'failed' });
    return outcome.isDone;
  }

  /** A resource that is not a job takes a moment. The resources that users have beside the jobs fail sometimes. */
  private async changeSibling({ definition, attributes }: LiveResource, isRollback: boolean) {
    const { random, scheduler, exercised } = this.surroundings;
    const isPartOfLibrary = !['AWS::SNS::Topic', 'AWS::SSM::Parameter'].includes(definition.type);
    await scheduler.sleep(isPartOfLibrary ? random.between(100, 2_000) : random.between(500, random.pick([5_000, 60_000, 1_200_000])));
    const fails = !isPartOfLibrary && !isRollback && random.chance(0.06);
    if (fails) {
      exercised.note('a sibling fails');
    }
    return { isDone: !fails, isAbandoned: false, physicalId: definition.logicalId, attributes };
  }

  private blank(definition: ResourceDefinition): LiveResource {
    return { definition, properties: {}, state: 'under way', attributes: {}, since: this.surroundings.scheduler.now };
  }

  private references({ parameters }: Deployment): References {
    return {
      parameters,
      attribute: (logicalId, name) => {
        const { definition, attributes } = this.live.get(logicalId) ?? {};
        const value = definition && isCustomResource(definition) ? attributes?.[name] : `${logicalId}.${name}`;
        if (value === undefined || value === '') {
          throw new Error(`${logicalId} has no attribute ${name}`);
        }
        return value;
      },
    };
  }

  // --- backward

  /** A resource that can not be deleted in three tries is left. */
  private async cleanUp(isConcerned: (logicalId: string) => boolean): Promise<void> {
    const concerned = [...this.live.values()].filter(({ definition }) => isConcerned(definition.logicalId));
    concerned.filter(({ definition }) => isCustomResource(definition)).forEach(({ properties }) => {
      this.exercised.note(properties.JobLogicalId === undefined ? 'a cleanup deletes a job' : 'a cleanup deletes a slice');
    });
    await this.deleteAll(concerned, CLEANUP_TRIES);
    concerned.forEach(({ definition }) => this.live.delete(definition.logicalId));
  }

  private async deleteAll(resources: readonly LiveResource[], tries: number): Promise<boolean> {
    const reversed = resources.map((resource) => {
      const { logicalId } = resource.definition;
      const users = resources.map(({ definition }) => definition).filter(({ dependsOn }) => dependsOn.includes(logicalId));
      return { resource, logicalId, dependsOn: users.map((user) => user.logicalId) };
    });
    const results = await inOrder(reversed, ({ resource }) => this.remove(resource, tries));
    return results.every(Boolean);
  }

  private async remove(resource: LiveResource, tries: number): Promise<boolean> {
    const { definition } = resource;
    if (!isCustomResource(definition)) {
      await this.surroundings.scheduler.sleep(this.surroundings.random.between(100, 2_000));
      return this.live.delete(definition.logicalId);
    }
    for (let count = 0; count < tries; count++) {
      if ((await this.requests.ask({ type: 'Delete', target: resource, isRollback: false })).isDone) {
        return this.live.delete(definition.logicalId);
      }
    }
    return false;
  }

  private complete(status: string): true {
    this.leave(status);
    this.stable = new Map(this.live);
    this.touched.clear();
    return true;
  }

  private leave(status: string): false {
    this.enter(status);
    this.requests.settle(status);
    return false;
  }

  private enter(status: string): void {
    const isDeploying = status === 'CREATE_IN_PROGRESS' || status === 'UPDATE_IN_PROGRESS';
    this.statusNow = status;
    this.notDeployingSince = isDeploying ? undefined : (this.notDeployingSince ?? this.surroundings.scheduler.now);
    this.requests.begin(status);
    this.surroundings.scheduler.say(`STACK ${status}`);
  }
}

/** Works on each resource after those that it depends on, and skips it if one of these failed. */
async function inOrder<T extends { logicalId: string; dependsOn: readonly string[] }>(
  items: readonly T[],
  work: (item: T) => Promise<boolean>,
): Promise<boolean[]> {
  const results = new Map<string, Promise<boolean>>();
  const byId = new Map(items.map((item) => [item.logicalId, item]));
  const resultOf = (item: T): Promise<boolean> => {
    const known = results.get(item.logicalId) ?? after(item);
    results.set(item.logicalId, known);
    return known;
  };
  const after = async (item: T): Promise<boolean> => {
    const before = item.dependsOn.flatMap((id) => byId.get(id) ?? []);
    const areReady = await Promise.all(before.map(resultOf));
    return areReady.every(Boolean) && work(item);
  };
  return Promise.all(items.map(resultOf));
}

/**
 * The time between the end of a deployment and the first request that undoes it, and between a Delete and a Create of
 * the same resource. If two requests are sent closer together than the difference between the clocks of
 * CloudFormation's hosts, nobody notices when they arrive in the wrong order. That case is not simulated.
 */
const SETTLING = 8_000;

/** The same as CloudFormation's. */
const CLEANUP_TRIES = 3;

/** Somebody deletes the stack again. */
const DELETE_TRIES = 4;
