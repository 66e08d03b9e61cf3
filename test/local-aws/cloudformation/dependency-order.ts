/**
 * Runs a task per resource: in the order of their dependencies. Resources that do not depend on each other run at the
 * same time.
 */
import { type TemplateResource } from './template';

export type Task = (resource: TemplateResource) => Promise<void>;

/** A resource starts when all resources that it depends on are done. The tasks must not throw. */
export async function inOrder(resources: readonly TemplateResource[], task: Task): Promise<void> {
  await run(resources, ({ dependencies }) => dependencies, task);
}

/** A resource starts when all resources that depend on it are done. */
export async function inReverseOrder(resources: readonly TemplateResource[], task: Task): Promise<void> {
  const dependents = ({ logicalId }: TemplateResource): readonly string[] =>
    resources.filter(({ dependencies }) => dependencies.includes(logicalId)).map((dependent) => dependent.logicalId);
  await run(resources, dependents, task);
}

async function run(
  resources: readonly TemplateResource[],
  before: (resource: TemplateResource) => readonly string[],
  task: Task,
): Promise<void> {
  const byId = new Map(resources.map((resource) => [resource.logicalId, resource]));
  const runs = new Map<string, Promise<void>>();
  const start = (resource: TemplateResource, waiting: readonly string[]): Promise<void> => {
    const running = runs.get(resource.logicalId);
    if (running) {
      return running;
    }
    // Two templates together, as in a cleanup, can have a circle that neither has alone. It is cut where it closes.
    const first = before(resource).filter((name) => byId.has(name) && !waiting.includes(name));
    const path = [...waiting, resource.logicalId];
    const own = Promise.all(first.flatMap((name) => byId.get(name) ?? []).map((earlier) => start(earlier, path))).then(() =>
      task(resource),
    );
    runs.set(resource.logicalId, own);
    return own;
  };
  await Promise.all(resources.map((resource) => start(resource, [])));
}
