/** The rollback of an update: each resource goes back to what it was when the stack was last stable. */
import { type Cleanup } from './cleanup';
import { inOrder } from './dependency-order';
import { failureOf, type ResourceProvider, type ResourceProviders } from './resource-provider';
import { type Stack, type StackResource } from './stack';

export class Restoration {
  constructor(
    private readonly stack: Stack,
    private readonly providers: ResourceProviders,
    private readonly cleanup: Cleanup,
    /** The resources that ContinueUpdateRollback is told to skip. */
    private readonly skip: readonly string[] = [],
  ) {}

  /** The logical IDs of the resources that could not be restored. */
  async run(): Promise<readonly string[]> {
    const { resources } = this.stack.stable;
    const failed: string[] = [];
    const definitions = [...resources.values()].map(({ definition }) => definition);
    await inOrder(definitions, async ({ logicalId }) => {
      const stable = resources.get(logicalId);
      if (stable && !(await this.restore(stable))) {
        failed.push(logicalId);
      }
    });
    return failed;
  }

  private async restore(stable: StackResource): Promise<boolean> {
    const current = this.stack.resources.get(stable.definition.logicalId);
    const provider = this.providers.providerOf(stable.definition.type);
    const isTouched =
      current && (current.attempted !== undefined || current.properties !== stable.properties || current.physicalId !== stable.physicalId);
    const isSkipped = this.skip.includes(stable.definition.logicalId);
    if (!current || !isTouched || isSkipped) {
      return this.markRestored(stable, current, isSkipped);
    }
    const wasReplaced = !provider.isAbandoned && current.physicalId !== stable.physicalId;
    if (wasReplaced) {
      // The old resource was never changed. It belongs to the stack again, and the new one is deleted.
      this.cleanup.drop(stable.physicalId);
      this.cleanup.add(current, 'replaced');
      return this.markRestored(stable, undefined, false);
    }
    return this.reverse(stable, current, provider);
  }

  private markRestored(stable: StackResource, current: StackResource | undefined, isSkipped: boolean): boolean {
    this.cleanup.drop(stable.physicalId);
    const isUnchanged = current !== undefined && !current.status.endsWith('_FAILED') && current.physicalId === stable.physicalId;
    if (isUnchanged) {
      this.stack.resources.set(stable.definition.logicalId, stable);
    } else {
      // The CLI reports skipped resources by these words.
      const statusReason = isSkipped ? 'Resource was skipped during UPDATE_ROLLBACK' : undefined;
      this.stack.setResource({ ...stable, status: 'UPDATE_COMPLETE', statusReason });
    }
    return true;
  }

  /**
   * Another Update in which old and new properties are exchanged, even if the handler may still work on the first one.
   */
  private async reverse(stable: StackResource, current: StackResource, provider: ResourceProvider): Promise<boolean> {
    const { logicalId } = stable.definition;
    const attempted = current.attempted ?? current.properties;
    this.stack.setResource({ ...current, definition: stable.definition, status: 'UPDATE_IN_PROGRESS' });
    try {
      const state = await provider.update(current.physicalId ?? '', stable.properties, attempted, this.stack.contextFor(logicalId));
      if (state.physicalId !== current.physicalId) {
        this.cleanup.add(current, 'replaced');
      }
      this.cleanup.drop(state.physicalId);
      this.stack.setResource({ definition: stable.definition, properties: stable.properties, ...state, status: 'UPDATE_COMPLETE' });
      return true;
    } catch (error) {
      const { reason, physicalId = current.physicalId } = failureOf(error);
      this.stack.setResource({ ...current, physicalId, attempted, status: 'UPDATE_FAILED', statusReason: reason });
      return false;
    }
  }
}
