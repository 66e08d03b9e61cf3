/** A function with its warm execution environments. */
import { type Clients } from '../clients';
import { type Clock } from '../clock';
import { type FunctionConfiguration } from './configuration';
import { ExecutionEnvironment, type Outcome } from './environment';
import { type LambdaFaults } from './faults';
import { AwsError } from '../service';

export interface FunctionHost {
  readonly clock: Clock;
  readonly clients: Clients;
  readonly runner: string;
  readonly faults: LambdaFaults;
  /** Throws if the variables of the function can not be decrypted. */
  checkKey(configuration: FunctionConfiguration): void;
  /** Everything that the runtime sets besides the function's own variables, with new credentials at every call. */
  runtimeVariables(configuration: FunctionConfiguration, directory: string): Readonly<Record<string, string>>;
  log(configuration: FunctionConfiguration, line: string): void;
}

export class LambdaFunction {
  private readonly environments = new Set<ExecutionEnvironment>();

  constructor(
    readonly arn: string,
    public configuration: FunctionConfiguration,
    public directory: string,
    private readonly host: FunctionHost,
  ) {}

  get name(): string {
    return this.configuration.functionName;
  }

  /** Runs the event in an environment of its own: an idle warm one if there is one, otherwise a new one. */
  async run(event: unknown, requestId: string, order: number): Promise<Outcome> {
    this.admit();
    const environment = this.idleEnvironment() ?? this.startEnvironment();
    const { configuration } = this;
    environment.busy = true;
    const crash = this.host.faults.nextCrash(this.name);
    if (crash === 'before') {
      environment.kill();
    }
    this.host.log(configuration, `START RequestId: ${requestId} Version: $LATEST`);
    const startTakes = this.host.faults.takeSlowness(this.name);
    const outcome = await environment.invoke({
      order,
      requestId,
      functionArn: this.arn,
      event,
      timeout: configuration.timeout * 1000,
      startTakes,
    });
    environment.busy = false;
    if (environment.retired) {
      environment.kill();
    }
    this.host.log(configuration, `END RequestId: ${requestId}`);
    return crash === 'after' ? this.loseOutcome(environment, requestId) : outcome;
  }

  /** New code or configuration: idle environments end, busy ones finish what they do and are not used again. */
  update(configuration: FunctionConfiguration, directory: string): void {
    this.configuration = configuration;
    this.directory = directory;
    for (const environment of this.environments) {
      if (environment.busy) {
        environment.retired = true;
      } else {
        environment.kill();
      }
    }
  }

  /** Ends all environments, including those that are at work. */
  async stop(): Promise<void> {
    const ended = [...this.environments].map((environment) => {
      environment.kill();
      return environment.ended;
    });
    await Promise.all(ended);
  }

  private admit(): void {
    const { reservedConcurrency } = this.configuration;
    const busy = [...this.environments].filter((environment) => environment.busy).length;
    if (this.host.faults.takeThrottle(this.name)) {
      throw throttled('CallerRateLimitExceeded');
    }
    if (reservedConcurrency !== undefined && busy >= reservedConcurrency) {
      throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    this.host.checkKey(this.configuration);
  }

  private idleEnvironment(): ExecutionEnvironment | undefined {
    return [...this.environments].find((environment) => environment.alive && !environment.busy && !environment.retired);
  }

  private startEnvironment(): ExecutionEnvironment {
    const { configuration, directory } = this;
    const { clock, clients, runner } = this.host;
    const environment = new ExecutionEnvironment({
      clock,
      clients,
      runner,
      directory,
      variables: this.host.runtimeVariables(configuration, directory),
      onLine: (line) => this.host.log(configuration, line),
    });
    this.environments.add(environment);
    void environment.ended.then(() => this.environments.delete(environment));
    return environment;
  }

  private loseOutcome(environment: ExecutionEnvironment, requestId: string): Outcome {
    environment.kill();
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
    return { functionError: 'Unhandled', payload: JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage }) };
  }
}

function throttled(reason: string): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason: reason });
}
