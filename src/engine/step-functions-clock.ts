import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

/** Names a request to the clock and to whom the clock calls. It holds nothing secret. */
export interface Tick {
  readonly resourceKey: string;
  readonly requestKey: string;
}

/** What calls the advance function until a request is finished. */
export interface Clock {
  /** Starts the clock of the request, if it does not run already. */
  start(tick: Tick): Promise<void>;
}

export class StepFunctionsClock implements Clock {
  constructor(
    private readonly client: SFNClient,
    private readonly stateMachineArn: string,
    private readonly now: () => number,
  ) {}

  async start(tick: Tick): Promise<void> {
    try {
      // With the same name and input, Step Functions returns an execution that still runs.
      await this.startExecution(tick.requestKey, tick);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) {
        throw error;
      }
      await this.startExecution(`${tick.requestKey}-${this.now().toString(36)}`, tick); // the first one has ended
    }
  }

  private async startExecution(name: string, { resourceKey, requestKey }: Tick): Promise<void> {
    await this.client.send(
      new StartExecutionCommand({
        stateMachineArn: this.stateMachineArn,
        name,
        input: JSON.stringify({ resourceKey, requestKey }),
      }),
    );
  }
}
