/** One execution of a state machine. */
import { type Appointment, type Clock } from '../clock';
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { isTimestamp, ruleApplies } from './choice-rules';
import { placeResult, readPath, selectPath, StatesError, type Scope } from './paths';
import { evaluateExpression, fillTemplate } from './payload-template';
import { catcherOf, retryDelay } from './retry-and-catch';
import { isLambdaInvoke, type Definition } from './states-language';

type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Inputs and results of states: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const dataLimit = 262_144;

export interface HistoryEvent {
  readonly type: string;
  readonly details: JsonObject;
}

export interface ExecutionHost {
  readonly clock: Clock;
  readonly historyLimit: number;
  /** Throws StatesError. */
  invokeLambda(functionArn: string, payload: unknown, invocationType: string | undefined): Promise<LambdaAnswer>;
  record(event: HistoryEvent): void;
}

export interface LambdaAnswer {
  readonly payload: unknown;
  readonly statusCode: number;
  readonly requestId: string;
}

interface Identity {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
}

interface Step {
  readonly output: unknown;
  /** Undefined ends the execution. */
  readonly next?: string;
}

export class Execution {
  status: ExecutionStatus = 'RUNNING';
  readonly startDate: number;
  stopDate?: number;
  output?: unknown;
  error?: string;
  cause?: string;
  historyEvents = 0;
  /** The state that it is in, or ended in. */
  currentState: string;
  /** Resolves when the execution is no longer running. */
  readonly ended: Promise<void>;
  private reportEnd?: () => void;
  private readonly timers = new Set<Appointment>();

  constructor(
    readonly identity: Identity,
    private readonly definition: Definition,
    /** The input as the caller wrote it. */
    readonly inputText: string,
    private readonly host: ExecutionHost,
  ) {
    this.startDate = host.clock.now();
    this.currentState = definition.startAt;
    this.ended = new Promise((resolve) => {
      this.reportEnd = resolve;
    });
  }

  get input(): unknown {
    return parseJson(this.inputText);
  }

  start(): void {
    const { timeoutSeconds } = this.definition;
    if (timeoutSeconds !== undefined) {
      this.after(timeoutSeconds * 1000, () => this.end('TIMED_OUT', {}));
    }
    void this.run();
  }

  abort(error?: string, cause?: string): void {
    this.end('ABORTED', { error, cause });
  }

  private async run(): Promise<void> {
    try {
      this.history('ExecutionStarted', { input: this.input });
      this.end('SUCCEEDED', { output: await this.runStates() });
    } catch (error) {
      const failure = error instanceof StatesError ? error : new StatesError('States.Runtime', String(error));
      this.end('FAILED', { error: failure.error, cause: failure.reason });
    }
  }

  private async runStates(): Promise<unknown> {
    let input = this.input;
    for (let name: string | undefined = this.definition.startAt; ;) {
      this.currentState = name;
      const state = this.definition.states[name];
      this.history(`${String(state.Type)}StateEntered`, { name, input });
      const result: Step = await this.runState(name, state, input);
      this.stillRunning();
      this.history(`${String(state.Type)}StateExited`, { name, output: result.output });
      checkSize(result.output, name);
      if (result.next === undefined) {
        return result.output;
      }
      name = result.next;
      input = result.output;
    }
  }

  private async runState(name: string, state: JsonObject, input: unknown): Promise<Step> {
    const scope = (value: unknown): Scope => ({ input: value, context: this.context(name) });
    const effective = selectPath(state.InputPath, scope(input));
    const next = isText(state.Next) ? state.Next : undefined;
    switch (state.Type) {
      case 'Task':
        return this.runTask(state, input, scope(effective));
      case 'Pass':
        return {
          next,
          output: selectPath(state.OutputPath, scope(placeResult(state.ResultPath, input, passResult(state, scope(effective))))),
        };
      case 'Wait':
        await this.sleep(this.waitTime(state, scope(effective)));
        return { next, output: selectPath(state.OutputPath, scope(effective)) };
      case 'Choice':
        return { next: chosen(state, scope(effective)), output: selectPath(state.OutputPath, scope(effective)) };
      case 'Succeed':
        return { output: selectPath(state.OutputPath, scope(effective)) };
      default:
        throw new StatesError(failText(state, 'Error', scope(input)), failText(state, 'Cause', scope(input)));
    }
  }

  // --- Tasks

  private async runTask(state: JsonObject, input: unknown, scope: Scope): Promise<Step> {
    const attempts = new Map<JsonObject, number>();
    for (;;) {
      try {
        const result = await this.attemptTask(state, scope);
        const output = placeResult(state.ResultPath, input, result);
        return { next: isText(state.Next) ? state.Next : undefined, output: selectPath(state.OutputPath, { ...scope, input: output }) };
      } catch (error) {
        this.stillRunning();
        if (!(error instanceof StatesError)) {
          throw error;
        }
        const delay = retryDelay(state, error, attempts);
        if (delay === undefined) {
          return caught(state, error, input);
        }
        await this.sleep(delay * 1000);
        this.stillRunning();
      }
    }
  }

  private async attemptTask(state: JsonObject, scope: Scope): Promise<unknown> {
    const parameters = state.Parameters === undefined ? scope.input : fillTemplate(state.Parameters, scope);
    const kind = isLambdaInvoke(state.Resource) ? 'Task' : 'LambdaFunction';
    this.history(`${kind}Scheduled`, { resource: state.Resource, parameters });
    this.history(`${kind}Started`, {});
    try {
      const result = await this.withTimeout(state, scope, this.performTask(state, parameters));
      checkSize(result, this.currentState);
      this.history(`${kind}Succeeded`, { output: result });
      return state.ResultSelector === undefined ? result : fillTemplate(state.ResultSelector, { ...scope, input: result });
    } catch (error) {
      if (this.status === 'RUNNING' && error instanceof StatesError) {
        this.history(`${kind}Failed`, { error: error.error, cause: error.reason });
      }
      throw error;
    }
  }

  private async performTask(state: JsonObject, parameters: unknown): Promise<unknown> {
    if (!isLambdaInvoke(state.Resource)) {
      return (await this.host.invokeLambda(String(state.Resource), parameters, undefined)).payload;
    }
    const request = isObject(parameters) ? parameters : {};
    const qualifier = isText(request.Qualifier) ? `:${request.Qualifier}` : '';
    const invocationType = isText(request.InvocationType) ? request.InvocationType : undefined;
    const answer = await this.host.invokeLambda(String(request.FunctionName) + qualifier, request.Payload ?? {}, invocationType);
    return {
      ExecutedVersion: '$LATEST',
      Payload: answer.payload,
      SdkHttpMetadata: { HttpStatusCode: answer.statusCode },
      SdkResponseMetadata: { RequestId: answer.requestId },
      StatusCode: answer.statusCode,
    };
  }

  private async withTimeout<Result>(state: JsonObject, scope: Scope, work: Promise<Result>): Promise<Result> {
    const seconds = isText(state.TimeoutSecondsPath) ? readPath(state.TimeoutSecondsPath, scope) : state.TimeoutSeconds;
    if (typeof seconds !== 'number') {
      return work;
    }
    let timer: Appointment | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = this.host.clock.schedule(seconds * 1000, () => reject(new StatesError('States.Timeout', '')));
    });
    return Promise.race([work, timeout]).finally(() => timer?.cancel());
  }

  // --- Time

  private waitTime(state: JsonObject, scope: Scope): number {
    const timestamp = isText(state.TimestampPath) ? readPath(state.TimestampPath, scope) : state.Timestamp;
    if (isTimestamp(timestamp)) {
      return Math.max(0, Date.parse(timestamp) - this.host.clock.now());
    }
    const seconds = isText(state.SecondsPath) ? readPath(state.SecondsPath, scope) : state.Seconds;
    if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= 99_999_999) {
      return seconds * 1000;
    }
    const name = state.SecondsPath === undefined ? 'TimestampPath' : 'SecondsPath';
    const value = `${String(state[name])} == ${JSON.stringify(seconds ?? timestamp)}`;
    throw new StatesError('States.Runtime', `The ${name} parameter does not reference a valid value: ${value}`);
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  private after(milliseconds: number, task: () => void): void {
    const timer = this.host.clock.schedule(milliseconds, () => {
      this.timers.delete(timer);
      task();
    });
    this.timers.add(timer);
  }

  // --- History and end

  /** `$$` */
  private context(stateName: string): JsonObject {
    const { arn, name, roleArn, stateMachineArn, stateMachineName } = this.identity;
    return {
      Execution: {
        Id: arn,
        Input: this.input,
        Name: name,
        RoleArn: roleArn,
        StartTime: new Date(this.startDate).toISOString(),
        RedriveCount: 0,
      },
      State: { Name: stateName, EnteredTime: new Date(this.host.clock.now()).toISOString(), RetryCount: 0 },
      StateMachine: { Id: stateMachineArn, Name: stateMachineName },
    };
  }

  private history(type: string, details: JsonObject): void {
    // The last event is the one that reports the failure.
    if (this.historyEvents >= this.host.historyLimit - 1) {
      throw new StatesError('States.Runtime', `The execution reached the maximum number of history events (${this.host.historyLimit}).`);
    }
    this.historyEvents += 1;
    this.host.record({ type, details });
  }

  private stillRunning(): void {
    if (this.status !== 'RUNNING') {
      throw new StatesError('States.Runtime', 'the execution has ended');
    }
  }

  private end(status: ExecutionStatus, { output, error, cause }: { output?: unknown; error?: string; cause?: string }): void {
    if (this.status !== 'RUNNING') {
      return;
    }
    this.status = status;
    this.stopDate = this.host.clock.now();
    this.output = output;
    this.error = error;
    this.cause = cause;
    for (const timer of this.timers) {
      timer.cancel();
    }
    this.historyEvents += 1;
    const types = {
      RUNNING: '',
      SUCCEEDED: 'ExecutionSucceeded',
      FAILED: 'ExecutionFailed',
      TIMED_OUT: 'ExecutionTimedOut',
      ABORTED: 'ExecutionAborted',
    };
    this.host.record({ type: types[status], details: { output, error, cause } });
    this.reportEnd?.();
  }
}

function passResult(state: JsonObject, scope: Scope): unknown {
  if (state.Result !== undefined) {
    return state.Result;
  }
  return state.Parameters === undefined ? scope.input : fillTemplate(state.Parameters, scope);
}

function chosen(state: JsonObject, scope: Scope): string {
  const rules = Array.isArray(state.Choices) ? state.Choices.filter(isObject) : [];
  const target = rules.find((rule) => ruleApplies(rule, scope))?.Next ?? state.Default;
  if (!isText(target)) {
    throw new StatesError('States.NoChoiceMatched', 'None of the choices matched, and there is no Default.');
  }
  return target;
}

function failText(state: JsonObject, name: 'Error' | 'Cause', scope: Scope): string {
  const path = state[`${name}Path`];
  if (isText(path)) {
    return String(evaluateExpression(path, scope));
  }
  return isText(state[name]) ? state[name] : '';
}

function caught(state: JsonObject, error: StatesError, input: unknown): Step {
  const catcher = catcherOf(state, error);
  if (!catcher) {
    throw error;
  }
  return { next: String(catcher.Next), output: placeResult(catcher.ResultPath, input, { Error: error.error, Cause: error.reason }) };
}

function checkSize(value: unknown, stateName: string): void {
  if (Buffer.byteLength(JSON.stringify(value) ?? '') <= dataLimit) {
    return;
  }
  throw new StatesError(
    'States.DataLimitExceeded',
    `The state/task '${stateName}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
