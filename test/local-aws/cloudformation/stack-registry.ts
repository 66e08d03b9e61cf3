/** All stacks, the exports among them, and what may be done to which. */
import { type Output, type Stack } from './stack';
import { invalid } from './template';

/** Statuses from which no update goes on. */
const unchangeable = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_COMPLETE', 'DELETE_FAILED', 'UPDATE_ROLLBACK_FAILED'];

export class StackRegistry {
  readonly all: Stack[] = [];

  /** By name or ID; a deleted stack by ID only. */
  find(nameOrId: string): Stack | undefined {
    return this.all.find((stack) => stack.id === nameOrId || (stack.name === nameOrId && !stack.isDeleted));
  }

  get(nameOrId: unknown): Stack {
    const stack = this.find(String(nameOrId));
    if (!stack) {
      throw invalid(`Stack with id ${String(nameOrId)} does not exist`);
    }
    return stack;
  }

  existing(): readonly Stack[] {
    return this.all.filter(({ isDeleted }) => !isDeleted);
  }

  /** A stack that failed without a rollback can be deployed again, REVIEW_IN_PROGRESS is no operation. */
  updatable(nameOrId: unknown): Stack {
    const stack = this.get(nameOrId);
    if (stack.isInProgress || unchangeable.includes(stack.status)) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    }
    return stack;
  }

  exports(): readonly { readonly stack: Stack; readonly output: Output }[] {
    const all = this.existing().flatMap((stack) => stack.outputs.map((output) => ({ stack, output })));
    return all.filter(({ output }) => output.exportName !== undefined);
  }

  importValue(exportName: string): string {
    const found = this.exports().find(({ output }) => output.exportName === exportName);
    if (!found) {
      throw invalid(`No export named ${exportName} found.`);
    }
    return found.output.value;
  }

  refuseUsedExports(stack: Stack): void {
    this.refuseChangedExports(stack, []);
  }

  /** An export in use can be neither changed nor deleted, and which one is in use is only asked when the resources are done. */
  refuseChangedExports(stack: Stack, outputs: readonly Output[]): void {
    for (const { exportName, value } of stack.outputs) {
      const next = outputs.find((output) => output.exportName === exportName);
      const user = exportName !== undefined && next?.value !== value && this.userOf(stack, exportName);
      if (user) {
        throw invalid(`Export ${exportName} cannot be ${next ? 'updated' : 'deleted'} as it is in use by ${user.name}`);
      }
    }
  }

  private userOf(exporter: Stack, exportName: string): Stack | undefined {
    return this.existing().find((stack) => stack !== exporter && imports(stack.target.template.body, exportName));
  }
}

function imports(templateBody: string, exportName: string): boolean {
  return templateBody.includes('Fn::ImportValue') && templateBody.includes(exportName);
}

/** A stack that failed without a rollback is deployed again even if nothing changed. */
export function isRetry({ status }: Stack): boolean {
  return status === 'CREATE_FAILED' || status === 'UPDATE_FAILED';
}
