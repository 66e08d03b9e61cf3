import * as path from 'node:path';
import { type IConstruct } from 'constructs';

/** The symbol is the same for all copies of this library in the process, whatever their versions. */
const COPY_IN_USE = Symbol.for('cdk-cleanrooms-protected-job.copy');

/** Stands for this copy of the library. Every copy evaluates this module once, so each copy has its own object. */
const THIS_COPY = { directory: path.dirname(__dirname) };

/**
 * Two copies of the library in one app would each create a runner with the same construct ID, and would not recognize
 * each other's classes.
 *
 * @throws if another copy of this library is in use in the app
 * @internal
 */
export function assertOnlyCopy(scope: IConstruct): void {
  const root = scope.node.root;
  const copyInUse: unknown = Reflect.get(root, COPY_IN_USE);
  if (copyInUse === undefined) {
    Object.defineProperty(root, COPY_IN_USE, { value: THIS_COPY });
  } else if (copyInUse !== THIS_COPY) {
    throw new Error(
      `${scope.node.path}: a second copy of cdk-cleanrooms-protected-job is used in this app ` +
        `(${directoryOf(copyInUse)} and ${THIS_COPY.directory}); ` +
        'install one version for the whole app, for example with "npm dedupe"',
    );
  }
}

function directoryOf(copy: unknown): string {
  return typeof copy === 'object' && copy !== null && 'directory' in copy ? String(copy.directory) : 'unknown';
}
