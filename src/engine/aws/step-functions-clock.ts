import { DescribeExecutionCommand, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { type ClockInput } from '../../contract/runner';
import { type Tick, type Clock } from '../ports/clock';

/**
 * The clock of a request is an execution that is named by it, and so is what precludes it. Step Functions lets only one of them have the
 * name, whoever asks at the same moment.
 */
export class StepFunctionsClock implements Clock {
  constructor(
    private readonly client: SFNClient,
    private readonly stateMachineArn: string,
    private readonly now: () => number,
  ) {}

  async start(tick: Tick): Promise<boolean> {
    if (await this.startExecution(tick.requestKey, tick)) {
      return true;
    }
    if (await this.isPrecluded(tick)) {
      return false;
    }
    return this.startExecution(`${tick.requestKey}-${this.now().toString(36)}`, tick); // the first one has ended
  }

  async preclude(tick: Tick): Promise<boolean> {
    return (await this.startExecution(tick.requestKey, tick, { precluded: true })) || this.isPrecluded(tick);
  }

  /** @returns false if the name is taken. With the same name and input, Step Functions returns an execution that still runs. */
  private async startExecution(name: string, { resourceKey, requestKey }: Tick, mark: Partial<Mark> = {}): Promise<boolean> {
    try {
      const input = JSON.stringify({ resourceKey, requestKey, ...mark } satisfies ClockInput);
      await this.client.send(new StartExecutionCommand({ stateMachineArn: this.stateMachineArn, name, input }));
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionAlreadyExists') {
        return false;
      }
      throw error;
    }
  }

  /** Step Functions may not tell of an execution that has just been started: then this throws, and nothing is taken for granted. */
  private async isPrecluded({ requestKey }: Tick): Promise<boolean> {
    const executionArn = `${this.stateMachineArn.replace(':stateMachine:', ':execution:')}:${requestKey}`;
    const { input = '' } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
    return markSchema.parse(JSON.parse(input)).precluded;
  }
}

/** What tells an execution that precludes the clock from the clock. */
export const markSchema = z.object({ precluded: z.boolean().default(false) }) satisfies z.ZodType<Omit<ClockInput, keyof Tick>>;

type Mark = z.infer<typeof markSchema>;
