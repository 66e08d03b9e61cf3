/**
 * One operation on a stack, with CloudFormation's order and statuses.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
 */
import { isDeepStrictEqual } from 'node:util';
import { isText } from '../json';
import { type Properties, type ResourceState } from '../service';
import { Cleanup } from './cleanup';
import { Deletion } from './deletion';
import { inOrder } from './dependency-order';
import { evaluateOutputs } from './outputs';
import { failureOf, type Failure, type ResourceProvider, type ResourceProviders } from './resource-provider';
import { Restoration } from './restoration';
import { type Stack, type StackResource, type Target } from './stack';
import { type TemplateResource } from './template';

interface Failed {
  readonly logicalId: string;
  readonly verb: 'create' | 'update' | 'delete';
}

/** Thrown into the wait for a resource that is given up because another one has failed. */
const cancelled = Symbol('cancelled');

export interface DeploymentOptions {
  readonly disableRollback?: boolean;
  /** What DeleteStack and ContinueUpdateRollback are told to leave alone. */
  readonly skip?: readonly string[];
}

export class Deployment {
  private failures: Failed[] = [];
  private outputFailure?: string;
  private stopping = false;
  private disableRollback: boolean;
  private readonly givenUp: Promise<typeof cancelled>;
  private readonly cleanup: Cleanup;
  private giveUp?: () => void;

  constructor(
    private readonly stack: Stack,
    private readonly providers: ResourceProviders,
    private readonly options: DeploymentOptions,
  ) {
    this.disableRollback = options.disableRollback ?? false;
    this.cleanup = new Cleanup(stack, providers);
    this.givenUp = new Promise((resolve) => {
      this.giveUp = () => resolve(cancelled);
    });
  }

  /** What is running is given up, and what was done is undone (unless the stack is about to be deleted anyway). */
  cancel({ rollback = true }: { rollback?: boolean } = {}): void {
    this.disableRollback = !rollback;
    this.stop();
  }

  async create(target: Target): Promise<void> {
    this.stack.setStatus('CREATE_IN_PROGRESS', 'User Initiated');
    if (await this.forward(target)) {
      return this.complete('CREATE_COMPLETE');
    }
    if (this.disableRollback) {
      return this.stack.setStatus('CREATE_FAILED', this.reason());
    }
    this.stack.setStatus('ROLLBACK_IN_PROGRESS', `${this.reason()} Rollback requested by user.`);
    return this.undoCreate();
  }

  async update(target: Target): Promise<void> {
    this.stack.lastUpdatedTime = this.stack.nextTimestamp();
    this.stack.setStatus('UPDATE_IN_PROGRESS', 'User Initiated');
    const done = await this.forward(target);
    if (done) {
      return this.finishUpdate(target);
    }
    if (this.disableRollback) {
      return this.stack.setStatus('UPDATE_FAILED', this.reason());
    }
    return this.undoUpdate(this.reason());
  }

  /** RollbackStack and ContinueUpdateRollback: back to the last stable state, if there ever was one. */
  async rollback(reason = 'User Initiated'): Promise<void> {
    if (this.stack.stable.resources.size > 0) {
      return this.undoUpdate(reason);
    }
    this.stack.setStatus('ROLLBACK_IN_PROGRESS', reason);
    return this.undoCreate();
  }

  async delete(): Promise<void> {
    this.stack.setStatus('DELETE_IN_PROGRESS', 'User Initiated');
    const failed = await new Deletion(this.stack, this.providers, this.options.skip).run(
      (policy) => policy === 'Delete' || policy === 'RetainExceptOnCreate',
    );
    if (failed.length > 0) {
      return this.stack.setStatus('DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
    }
    this.stack.deletionTime = this.stack.nextTimestamp();
    this.stack.outputs = [];
    this.stack.setStatus('DELETE_COMPLETE');
  }

  // --- Forward

  private async forward(target: Target): Promise<boolean> {
    const active = this.stack.active(target);
    this.stack.target = target;
    await inOrder([...active.values()], (definition) => this.bring(definition, target));
    if (this.failures.length === 0 && !this.stopping) {
      this.evaluateOutputs(target);
    }
    return this.failures.length === 0 && !this.stopping && this.outputFailure === undefined;
  }

  private evaluateOutputs(target: Target): void {
    try {
      const outputs = evaluateOutputs(this.stack, target);
      this.stack.environment.refuseChangedExports(this.stack, outputs);
      this.stack.outputs = outputs;
    } catch (error) {
      this.outputFailure = failureOf(error).reason;
    }
  }

  private async bring(definition: TemplateResource, target: Target): Promise<void> {
    const blocked = definition.dependencies.some((name) => this.failures.some(({ logicalId }) => logicalId === name));
    if (this.stopping || blocked) {
      return;
    }
    const current = this.stack.resources.get(definition.logicalId);
    const isNew = !current || current.physicalId === undefined || current.status === 'CREATE_FAILED';
    try {
      const properties = this.stack.evaluator(target).evaluateObject(definition.properties);
      if (isNew) {
        await this.make(definition, properties, current);
      } else if (current.status !== 'UPDATE_FAILED' && isDeepStrictEqual(current.properties, properties)) {
        this.keep(current, definition);
      } else {
        await this.change(current, definition, properties);
      }
    } catch (error) {
      // The properties could not be evaluated, so that no provider was asked.
      this.fail({ ...failureOf(error), wasSent: false }, isNew ? 'create' : 'update', definition, current);
    }
  }

  private keep(current: StackResource, definition: TemplateResource): void {
    this.stack.resources.set(definition.logicalId, { ...current, definition });
  }

  /**
   * A resource whose creation failed before, in a stack that was not rolled back, is made again and the old one
   * deleted.
   */
  private async make(definition: TemplateResource, properties: Properties, failedBefore?: StackResource): Promise<void> {
    if (failedBefore?.physicalId !== undefined) {
      this.cleanup.add(failedBefore, 'replaced');
    }
    const base = { definition, properties, attributes: {} };
    this.stack.setResource({ ...base, status: 'CREATE_IN_PROGRESS' });
    const provider = this.providers.providerOf(definition.type);
    const context = this.stack.contextFor(definition.logicalId);
    const result = await this.attempt(provider, () => provider.create(properties, context));
    if (result === cancelled) {
      // CloudFormation has no ID yet and makes one up for the Delete.
      this.failures.push({ logicalId: definition.logicalId, verb: 'create' });
      this.stack.setResource({
        ...base,
        physicalId: context.generatedName,
        status: 'CREATE_FAILED',
        statusReason: 'Resource creation cancelled',
      });
    } else if ('reason' in result) {
      // Only a handler can have left something behind; a service here makes all of a resource or nothing.
      const invented = provider.isAbandoned && result.wasSent ? context.generatedName : undefined;
      this.fail({ ...result, physicalId: result.physicalId ?? invented }, 'create', definition, undefined, properties);
    } else {
      this.stack.setResource({ ...base, ...result, status: 'CREATE_IN_PROGRESS', statusReason: 'Resource creation Initiated' });
      this.stack.setResource({ ...base, ...result, status: 'CREATE_COMPLETE' });
    }
  }

  private async change(current: StackResource, definition: TemplateResource, properties: Properties): Promise<void> {
    const provider = this.providers.providerOf(definition.type);
    const replaces = provider.createOnly.some((name) => !isDeepStrictEqual(current.properties[name], properties[name]));
    const statusReason = replaces ? 'Requested update requires the creation of a new physical resource; hence creating one.' : undefined;
    const attempting = { ...current, definition, attempted: properties };
    this.stack.setResource({ ...attempting, status: 'UPDATE_IN_PROGRESS', statusReason });
    const context = this.stack.contextFor(definition.logicalId);
    const result = await this.attempt(provider, () =>
      replaces ? provider.create(properties, context) : provider.update(current.physicalId ?? '', properties, current.properties, context),
    );
    if (result === cancelled) {
      this.failures.push({ logicalId: definition.logicalId, verb: 'update' });
      this.stack.setResource({ ...attempting, status: 'UPDATE_FAILED', statusReason: 'Resource update cancelled' });
    } else if ('reason' in result) {
      this.fail({ ...result, wasSent: result.wasSent && !replaces }, 'update', definition, current, properties);
    } else {
      this.changed(current, definition, properties, result);
    }
  }

  private changed(current: StackResource, definition: TemplateResource, properties: Properties, state: ResourceState): void {
    if (state.physicalId !== current.physicalId) {
      this.cleanup.add(current, 'replaced');
      const statusReason = 'Requested update required the provider to create a new physical resource';
      this.stack.setResource({ definition, properties, ...state, status: 'UPDATE_IN_PROGRESS', statusReason });
    }
    this.stack.setResource({ definition, properties, ...state, status: 'UPDATE_COMPLETE' });
  }

  private async attempt(
    provider: ResourceProvider,
    operation: () => Promise<ResourceState>,
  ): Promise<ResourceState | Failure | typeof cancelled> {
    const outcome = operation().catch(failureOf);
    return provider.isAbandoned ? Promise.race([outcome, this.givenUp]) : outcome;
  }

  private fail(
    failure: Failure,
    verb: 'create' | 'update',
    definition: TemplateResource,
    current?: StackResource,
    properties: Properties = {},
  ): void {
    this.failures.push({ logicalId: definition.logicalId, verb });
    const base = current ?? { definition, properties, attributes: {} };
    this.stack.setResource({
      ...base,
      // A failed Update that names another ID is taken at its word (aws-cdk #13527).
      physicalId: failure.physicalId ?? current?.physicalId,
      ...(current && failure.wasSent && { attempted: properties }),
      status: verb === 'create' ? 'CREATE_FAILED' : 'UPDATE_FAILED',
      statusReason: failure.reason,
    });
    if (!this.disableRollback) {
      this.stop();
    }
  }

  private stop(): void {
    this.stopping = true;
    this.giveUp?.();
  }

  private reason(): string {
    const named = (['create', 'update'] as const).flatMap((verb) => {
      const names = this.failures.filter((failed) => failed.verb === verb).map(({ logicalId }) => logicalId);
      return names.length > 0 ? [`The following resource(s) failed to ${verb}: [${names.join(', ')}].`] : [];
    });
    return [...named, ...(isText(this.outputFailure) ? [this.outputFailure] : [])].join(' ') || 'Stack update cancelled';
  }

  // --- Ends

  /** What is no longer in the template is deleted after all that is was edited; not even DependsOn changes that. */
  private async finishUpdate(target: Target): Promise<void> {
    this.stack.setStatus('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    const active = this.stack.active(target);
    for (const resource of this.stack.resources.values()) {
      if (!active.has(resource.definition.logicalId)) {
        this.cleanup.add(resource, 'removed');
      }
    }
    await this.cleanup.run();
    this.complete('UPDATE_COMPLETE');
  }

  private complete(status: string): void {
    this.stack.stable = { target: this.stack.target, resources: new Map(this.stack.resources) };
    this.stack.setStatus(status);
  }

  private async undoCreate(): Promise<void> {
    const failed = await new Deletion(this.stack, this.providers, this.options.skip).run((policy) => policy !== 'Retain');
    if (failed.length > 0) {
      return this.stack.setStatus('ROLLBACK_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
    }
    this.stack.outputs = [];
    this.stack.setStatus('ROLLBACK_COMPLETE');
  }

  private async undoUpdate(reason: string): Promise<void> {
    const { target, resources } = this.stack.stable;
    this.stack.setStatus('UPDATE_ROLLBACK_IN_PROGRESS', reason);
    const failed = await new Restoration(this.stack, this.providers, this.cleanup, this.options.skip).run();
    if (failed.length > 0) {
      return this.stack.setStatus('UPDATE_ROLLBACK_FAILED', `The following resource(s) failed to update: [${failed.join(', ')}]. `);
    }
    this.stack.target = target;
    this.stack.outputs = evaluateOutputs(this.stack, target);
    this.stack.setStatus('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    for (const resource of this.stack.resources.values()) {
      if (!resources.has(resource.definition.logicalId)) {
        this.cleanup.add(resource, 'removed');
      }
    }
    await this.cleanup.run();
    this.complete('UPDATE_ROLLBACK_COMPLETE');
  }
}
