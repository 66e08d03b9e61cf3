/** The operations that run on stacks, at most one at a time for each stack. */
import { type Clock } from '../clock';
import { keptWaiting, type Caller } from '../service';
import { Deployment, type DeploymentOptions } from './deployment';
import { type ResourceProviders } from './resource-provider';
import { type Stack } from './stack';
import { invalid } from './template';

/**
 * The answers to ExecuteChangeSet, DeleteStack and similar calls are held while the operation runs, so that the CLI
 * finds it finished when it asks for the first time. Otherwise the CLI would ask again after 5 s, the default of its
 * `waitFor`, which no option of the CLI changes. On a paced clock, the answer is given after this many real
 * milliseconds, so that people see something.
 */
const longestHold = 20_000;

interface Running {
  readonly deployment: Deployment;
  readonly done: Promise<void>;
}

export class OperationsInProgress {
  private readonly running = new Map<Stack, Running>();

  constructor(
    private readonly providers: ResourceProviders,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the operation has ended, and on a paced clock also when it takes long. */
  async run(
    stack: Stack,
    options: DeploymentOptions,
    caller: Caller,
    operate: (deployment: Deployment) => Promise<void>,
  ): Promise<void> {
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
    const ended = this.ended(stack);
    await keptWaiting(caller, this.clock.isPaced ? atMost(longestHold, ended) : ended);
  }

  /** Resolves when the operation that runs on the stack, if any, has ended. */
  async settled(stack: Stack): Promise<void> {
    await this.running.get(stack)?.done;
  }

  /** This includes what followed at once, such as the deletion that has interrupted a creation. */
  private async ended(stack: Stack): Promise<void> {
    while (this.running.has(stack)) {
      await this.settled(stack);
      await this.clock.turn();
    }
  }

  cancelUpdate(stack: Stack): void {
    if (stack.status !== 'UPDATE_IN_PROGRESS') {
      throw invalid('CancelUpdateStack cannot be called from current stack status');
    }
    this.running.get(stack)?.deployment.cancel();
  }

  /** DeleteStack gives up a creation that runs, and waits for nothing else. */
  async interruptCreate(stack: Stack, caller: Caller): Promise<void> {
    const running = this.running.get(stack);
    if (!running) {
      return;
    }
    if (stack.status !== 'CREATE_IN_PROGRESS') {
      throw invalid(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
    }
    running.deployment.cancel({ rollback: false });
    await keptWaiting(caller, running.done);
  }
}

async function atMost(realMilliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, realMilliseconds).unref();
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
