import { Annotations, CfnOutput, CfnResource, type CustomResource, Stack } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { elementsOf, logicalIdOf, referencesIn, templatePartOf } from '../synth/resource-graph';

/** What the CDK makes where a stack of another region uses a value. It does not change a value in use either. */
const CROSS_REGION_WRITER = 'Custom::CrossRegionExportWriter';

interface Exporter {
  readonly job: IConstruct;
  readonly resource: CustomResource;
}

const EXPORTERS = new WeakMap<Stack, Exporter[]>();

/**
 * Warns at synth where an attribute of the job is exported to other stacks. CloudFormation refuses to change an export that is in use, and it
 * does so after the job has run and was paid for.
 *
 * @internal
 */
export function warnOfExports(job: IConstruct, resource: CustomResource): void {
  const stack = Stack.of(job);
  const exporters = EXPORTERS.get(stack) ?? [];
  if (exporters.length === 0) {
    EXPORTERS.set(stack, exporters);
    // Exports are made when references between stacks are resolved, which is done when constructs are validated.
    stack.node.addValidation({ validate: () => warnOfAll(stack, exporters) });
  }
  exporters.push({ job, resource });
}

function warnOfAll(stack: Stack, exporters: readonly Exporter[]): string[] {
  const exported = exportedResourcesOf(stack);
  for (const { job, resource } of exporters) {
    if (exported.has(logicalIdOf(stack, resource))) {
      Annotations.of(job).addWarningV2(
        'cdk-cleanrooms-protected-job:exportedAttribute',
        'an attribute of the job is exported to another stack. CloudFormation refuses to change an export that is in use: a run with other inputs would be ' +
          'rolled back, after it has been paid for. Put the attribute into an SSM parameter of this stack, and let the other one read it from there: see ' +
          '"In other stacks" in the README',
      );
    }
  }
  return [];
}

/** The logical IDs of what is exported by the stack, to other stacks of the app or by a name of the user's. */
function exportedResourcesOf(stack: Stack): Set<string> {
  const exports = elementsOf(stack).filter((element) =>
    element instanceof CfnOutput
      ? element.exportName !== undefined
      : CfnResource.isCfnResource(element) && element.cfnResourceType === CROSS_REGION_WRITER,
  );
  return referencesIn(exports.map((element) => templatePartOf(stack, element)));
}
