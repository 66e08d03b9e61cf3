/** The deletion of resources that an update no longer needs. */
import { inReverseOrder } from './dependency-order';
import { failureOf, type ResourceProviders } from './resource-provider';
import { type Leftover, type Stack, type StackResource } from './stack';

/**
 * After this many tries CloudFormation gives up, and the stack still counts as updated (cloudformation-coverage-roadmap
 * #744).
 */
const attempts = 3;

export class Cleanup {
  constructor(
    private readonly stack: Stack,
    private readonly providers: ResourceProviders,
  ) {}

  add(resource: StackResource, why: Leftover['why']): void {
    this.stack.leftovers.push({ resource, why });
  }

  /** The resource belongs to the stack again. */
  drop(physicalId: string | undefined): void {
    this.stack.leftovers = this.stack.leftovers.filter(({ resource, why }) => why === 'removed' || resource.physicalId !== physicalId);
  }

  async run(): Promise<void> {
    const definitions = [...new Set(this.stack.leftovers.map(({ resource }) => resource.definition.logicalId))].flatMap(
      (logicalId) => this.stack.leftovers.find(({ resource }) => resource.definition.logicalId === logicalId)?.resource.definition ?? [],
    );
    await inReverseOrder(definitions, async ({ logicalId }) => {
      for (const leftover of this.stack.leftovers.filter(({ resource }) => resource.definition.logicalId === logicalId)) {
        await this.remove(leftover);
      }
    });
    this.stack.leftovers = [];
  }

  private async remove({ resource, why }: Leftover): Promise<void> {
    const { definition } = resource;
    const policy = why === 'removed' ? definition.deletionPolicy : definition.updateReplacePolicy;
    if (why === 'removed') {
      this.stack.resources.delete(definition.logicalId);
    }
    if (resource.physicalId === undefined) {
      return;
    }
    if (policy === 'Retain') {
      return this.record(resource, 'DELETE_SKIPPED');
    }
    this.record(resource, 'DELETE_IN_PROGRESS');
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const reason = await this.delete(resource, resource.physicalId);
      if (reason === undefined) {
        return this.record(resource, 'DELETE_COMPLETE');
      }
      this.record(resource, 'DELETE_FAILED', reason);
    }
  }

  /** The reason why it was not deleted, or undefined. */
  private async delete({ definition, attempted, properties }: StackResource, physicalId: string): Promise<string | undefined> {
    try {
      await this.providers
        .providerOf(definition.type)
        .delete(physicalId, attempted ?? properties, this.stack.contextFor(definition.logicalId));
      return undefined;
    } catch (error) {
      return failureOf(error).reason;
    }
  }

  private record({ definition: { logicalId, type }, physicalId = '' }: StackResource, status: string, reason?: string): void {
    this.stack.record({ logicalId, physicalId, type, status, reason });
  }
}
