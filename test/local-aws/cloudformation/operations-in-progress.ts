/** The operations that run on stacks: one for a stack at a time. */
import { Deployment, type DeploymentOptions } from './deployment';
import { type ResourceProviders } from './resource-provider';
import { type Stack } from './stack';
import { invalid } from './template';

/**
 * How many real milliseconds the answers to ExecuteChangeSet, DeleteStack and the like are held while the operation runs:
 * the CLI then finds it finished when it looks for the first time, instead of 5 s later.
 */
const heldAnswer = 20_000;

interface Running {
  readonly deployment: Deployment;
  readonly done: Promise<void>;
}

export class OperationsInProgress {
  private readonly running = new Map<Stack, Running>();

  constructor(private readonly providers: ResourceProviders) {}

  /** Resolves when the operation has ended, or goes on for long. */
  async run(stack: Stack, options: DeploymentOptions, operate: (deployment: Deployment) => Promise<void>): Promise<void> {
    if (stack.isInProgress) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    }
    const deployment = new Deployment(stack, this.providers, options);
    const done = operate(deployment)
      // A fault of the embedded CloudFormation must not look like an operation that never ends.
      .catch((error: unknown) =>
        stack.setStatus(stack.status.replace(/_IN_PROGRESS$/, '_FAILED'), error instanceof Error ? error.stack : String(error)),
      )
      .finally(() => this.running.delete(stack));
    this.running.set(stack, { deployment, done });
    await this.hold(done);
  }

  /** Resolves when the operation that runs on the stack, if any, has ended. */
  async settled(stack: Stack): Promise<void> {
    await this.running.get(stack)?.done;
  }

  cancelUpdate(stack: Stack): void {
    if (stack.status !== 'UPDATE_IN_PROGRESS') {
      throw invalid('CancelUpdateStack cannot be called from current stack status');
    }
    this.running.get(stack)?.deployment.cancel();
  }

  /** DeleteStack gives up a creation that runs, and waits for nothing else. */
  async interruptCreate(stack: Stack): Promise<void> {
    const running = this.running.get(stack);
    if (!running) {
      return;
    }
    if (stack.status !== 'CREATE_IN_PROGRESS') {
      throw invalid(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
    }
    running.deployment.cancel({ rollback: false });
    await running.done;
  }

  private async hold(done: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, heldAnswer).unref();
    });
    await Promise.race([done, limit]);
    clearTimeout(timer);
  }
}
