/** The deletion of all resources of a stack: by DeleteStack, and when its creation is rolled back. */
import { inReverseOrder } from './dependency-order';
import { failureOf, type ResourceProviders } from './resource-provider';
import { type Stack, type StackResource } from './stack';
import { type TemplateResource } from './template';

export class Deletion {
  constructor(
    private readonly stack: Stack,
    private readonly providers: ResourceProviders,
    /** The resources that DeleteStack is told to retain. */
    private readonly skip: readonly string[] = [],
  ) {}

  /**
   * The logical IDs of what could not be deleted. Whether a resource is to be deleted is decided by its DeletionPolicy.
   */
  async run(isDeleted: (deletionPolicy: string) => boolean): Promise<readonly string[]> {
    const failed = new Set<string>();
    const all = [...this.stack.resources.values()].map(({ definition }) => definition);
    await inReverseOrder(all, async (definition) => {
      // The resources that it depends on must stay as long as it exists.
      const isHeld = all.some(({ logicalId, dependencies }) => failed.has(logicalId) && dependencies.includes(definition.logicalId));
      if (isHeld) {
        return void failed.add(definition.logicalId);
      }
      const deleted = await this.deleteOne(definition, isDeleted(definition.deletionPolicy));
      if (!deleted) {
        failed.add(definition.logicalId);
      }
    });
    return [...failed];
  }

  private async deleteOne(definition: TemplateResource, isDeleted: boolean): Promise<boolean> {
    const resource = this.stack.resources.get(definition.logicalId);
    if (!resource) {
      return true;
    }
    if (resource.physicalId === undefined) {
      return this.forget(resource, 'DELETE_COMPLETE');
    }
    if (!isDeleted || this.skip.includes(definition.logicalId)) {
      return this.forget(resource, 'DELETE_SKIPPED');
    }
    this.stack.setResource({ ...resource, status: 'DELETE_IN_PROGRESS', statusReason: undefined });
    try {
      const provider = this.providers.providerOf(definition.type);
      await provider.delete(resource.physicalId, resource.attempted ?? resource.properties, this.stack.contextFor(definition.logicalId));
      return this.forget(resource, 'DELETE_COMPLETE');
    } catch (error) {
      this.stack.setResource({ ...resource, status: 'DELETE_FAILED', statusReason: failureOf(error).reason });
      return false;
    }
  }

  private forget(resource: StackResource, status: string): boolean {
    this.stack.setResource({ ...resource, status, statusReason: undefined });
    this.stack.resources.delete(resource.definition.logicalId);
    return true;
  }
}
