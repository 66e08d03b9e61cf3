/**
 * Step Functions, Standard workflows. Not here: Express workflows, JSONata, activities, callbacks, Map, Parallel,
 * versions, aliases.
 */
import { randomUUID } from 'node:crypto';
import { type Account } from '../account';
import { type Clock } from '../clock';
import { type IamService } from '../iam/iam';
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { type Kms } from '../kms';
import { type InvocationResult, type InvocationType } from '../lambda/lambda';
import { OperationFaults } from '../operation-faults';
import { jsonAnswer, jsonBody, jsonOperation } from '../protocols';
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type ResourceType, type Service } from '../service';
import { Execution, type HistoryEvent, type LambdaAnswer } from './execution';
import { StatesError } from './paths';
import { stepFunctionsResourceTypes } from './resource-types';
import { parseDefinition, type Definition } from './states-language';

export interface StepFunctionsOptions extends Account {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly kms: Kms;
  readonly lambda: { invoke(functionArn: string, payload: string, type: InvocationType, caller: Caller): Promise<InvocationResult> };
  readonly logs: { append(group: string, line: string): void };
  /**
   * How many events an execution can have before it fails. It is the service's own limit, unless a test needs fewer.
   */
  readonly historyLimit?: number;
}

export interface LogDestination {
  readonly group: string;
  readonly level: 'ALL' | 'ERROR' | 'FATAL';
  readonly includeExecutionData: boolean;
}

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: Definition;
  readonly definitionText: string;
  readonly roleArn: string;
  readonly logging?: LogDestination;
  /** The ARN of the customer's key that encrypts definition and executions, if there is one. */
  readonly keyArn?: string;
}

type Operation = (input: JsonObject, caller: Caller) => JsonObject;

export class StepFunctionsService implements Service {
  readonly signingName = 'states';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  readonly faults = new OperationFaults({
    throttled: new AwsError('ThrottlingException', 'Rate exceeded', 400),
    internalError: new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', 500),
  });
  private readonly stateMachines = new Map<string, StateMachine>();
  private readonly executionsByArn = new Map<string, Execution>();
  private readonly operations: Readonly<Record<string, Operation>> = {
    StartExecution: (input, caller) => this.startExecution(input, caller),
    DescribeExecution: (input, caller) => this.describeExecution(input, caller),
    ListExecutions: (input, caller) => this.listExecutions(input, caller),
    StopExecution: (input, caller) => this.stopExecution(input, caller),
    DescribeStateMachine: (input, caller) => this.describeStateMachine(input, caller),
  };

  constructor(private readonly options: StepFunctionsOptions) {
    this.resourceTypes = stepFunctionsResourceTypes(this);
  }

  /** All executions so far, oldest first, with their inputs and results. */
  executions(): readonly Execution[] {
    return [...this.executionsByArn.values()];
  }

  stop(): void {
    for (const execution of this.executionsByArn.values()) {
      execution.abort();
    }
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const name = jsonOperation(request);
    const operation = this.operations[name];
    if (!operation) {
      throw new AwsError('UnknownOperationException', `The embedded Step Functions do not know ${name}`);
    }
    const input = jsonBody(request);
    return jsonAnswer(await this.faults.around(name, input, async () => operation(input, request.caller)));
  }

  createStateMachine(machine: Omit<StateMachine, 'arn' | 'definition'>): string {
    const arn = this.arn('stateMachine', machine.name);
    if (this.stateMachines.has(arn)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    this.putStateMachine(arn, machine);
    return arn;
  }

  /** Running executions continue with the definition and the role with which they started. */
  updateStateMachine(arn: string, machine: Omit<StateMachine, 'arn' | 'definition'>): void {
    this.stateMachine(arn);
    this.putStateMachine(arn, machine);
  }

  deleteStateMachine(arn: string): void {
    this.stateMachines.delete(arn);
    for (const execution of this.executionsByArn.values()) {
      if (execution.identity.stateMachineArn === arn) {
        execution.abort();
      }
    }
  }

  private putStateMachine(arn: string, machine: Omit<StateMachine, 'arn' | 'definition'>): void {
    const definition = parseDefinition(machine.definitionText);
    if (!this.options.iam.isAssumableBy(machine.roleArn, 'states.amazonaws.com')) {
      throw new AwsError(
        'AccessDeniedException',
        'Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role. ' +
          `(${machine.roleArn})`,
      );
    }
    this.checkLogAccess(machine);
    this.stateMachines.set(arn, { ...machine, arn, definition });
  }

  private checkLogAccess({ logging, roleArn }: Omit<StateMachine, 'arn' | 'definition'>): void {
    const actions = ['logs:CreateLogDelivery', 'logs:PutResourcePolicy', 'logs:DescribeLogGroups'];
    if (!logging || actions.every((action) => this.options.iam.isAllowed({ roleArn }, action, '*'))) {
      return;
    }
    throw new AwsError('AccessDeniedException', 'The state machine IAM Role is not authorized to access the Log Destination');
  }

  /** The role of the state machine encrypts and decrypts what its executions hold. */
  private checkKey({ arn, roleArn, keyArn }: StateMachine): void {
    for (const action of keyArn === undefined ? [] : ['kms:Decrypt', 'kms:GenerateDataKey']) {
      if (!this.options.kms.isAllowed({ roleArn }, action, keyArn ?? '', { via: 'states', context: { 'aws:states:stateMachineArn': arn } })) {
        throw new AwsError('KmsAccessDeniedException', `The role ${roleArn} is not authorized to perform: ${action}`);
      }
    }
  }

  /** An encrypted log is encrypted by the role, and read by the service that delivers it. */
  private canDeliverLog({ roleArn, keyArn }: StateMachine): boolean {
    const { kms, partition, region, accountId } = this.options;
    const context = { SourceArn: `arn:${partition}:logs:${region}:${accountId}:*` };
    return (
      keyArn === undefined ||
      (kms.isAllowed({ roleArn }, 'kms:GenerateDataKey', keyArn, { via: 'states', context }) &&
        kms.isAllowedForService('delivery.logs.amazonaws.com', 'kms:Decrypt', keyArn, context))
    );
  }

  // --- Operations

  private startExecution(input: JsonObject, caller: Caller): JsonObject {
    const stateMachineArn = textOf(input, 'stateMachineArn');
    this.options.iam.authorize(caller, 'states:StartExecution', stateMachineArn);
    const machine = this.stateMachine(stateMachineArn);
    this.checkKey(machine);
    const name = isText(input.name) ? checkName(input.name) : randomUUID();
    const inputText = checkInput(isText(input.input) ? input.input : '{}');
    const arn = this.arn('execution', `${machine.name}:${name}`);
    const execution = this.executionsByArn.get(arn);
    if (!execution) {
      return started(this.run(machine, arn, name, inputText));
    }
    if (execution.status === 'RUNNING' && execution.inputText === inputText) {
      return started(execution);
    }
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }

  private describeExecution(input: JsonObject, caller: Caller): JsonObject {
    const execution = this.execution(textOf(input, 'executionArn'), 'states:DescribeExecution', caller);
    this.decryptFor(caller, execution.identity);
    return {
      ...summaryOf(execution),
      input: execution.inputText,
      inputDetails: { included: true },
      ...(execution.output !== undefined && { output: JSON.stringify(execution.output), outputDetails: { included: true } }),
      error: execution.error,
      cause: execution.cause,
    };
  }

  /** Input and output are decrypted for the caller, with the caller's permissions. */
  private decryptFor(caller: Caller, { stateMachineArn }: { readonly stateMachineArn: string }): void {
    const keyArn = this.stateMachines.get(stateMachineArn)?.keyArn;
    if (keyArn !== undefined) {
      this.options.kms.authorize(caller, 'kms:Decrypt', keyArn, { via: 'states', context: { 'aws:states:stateMachineArn': stateMachineArn } });
    }
  }

  private listExecutions(input: JsonObject, caller: Caller): JsonObject {
    const arn = textOf(input, 'stateMachineArn');
    this.options.iam.authorize(caller, 'states:ListExecutions', arn);
    this.stateMachine(arn);
    const all = this.executions().filter(
      (execution) =>
        execution.identity.stateMachineArn === arn && (input.statusFilter === undefined || execution.status === input.statusFilter),
    );
    const newestFirst = all.reverse().map(summaryOf);
    const start = isText(input.nextToken) ? Number(input.nextToken) : 0;
    const end = start + (typeof input.maxResults === 'number' && input.maxResults > 0 ? input.maxResults : 100);
    return { executions: newestFirst.slice(start, end), ...(end < newestFirst.length && { nextToken: String(end) }) };
  }

  private stopExecution(input: JsonObject, caller: Caller): JsonObject {
    const execution = this.execution(textOf(input, 'executionArn'), 'states:StopExecution', caller);
    execution.abort(isText(input.error) ? input.error : undefined, isText(input.cause) ? input.cause : undefined);
    return { stopDate: (execution.stopDate ?? this.options.clock.now()) / 1000 };
  }

  private describeStateMachine(input: JsonObject, caller: Caller): JsonObject {
    const arn = textOf(input, 'stateMachineArn');
    this.options.iam.authorize(caller, 'states:DescribeStateMachine', arn);
    const machine = this.stateMachine(arn);
    const { name, definitionText: definition, roleArn } = machine;
    return { stateMachineArn: arn, name, status: 'ACTIVE', definition, roleArn, type: 'STANDARD' };
  }

  // --- Running

  private run(machine: StateMachine, arn: string, name: string, inputText: string): Execution {
    const caller = { roleArn: machine.roleArn, sessionName: randomUUID().replaceAll('-', '') };
    const identity = { arn, name, stateMachineArn: machine.arn, stateMachineName: machine.name, roleArn: machine.roleArn };
    const execution = new Execution(identity, machine.definition, inputText, {
      clock: this.options.clock,
      historyLimit: this.options.historyLimit ?? 25_000,
      invokeLambda: (functionArn, payload, type) => this.invokeLambda(functionArn, payload, type, caller),
      record: (event) => this.log(machine, arn, event),
    });
    this.executionsByArn.set(arn, execution);
    execution.start();
    return execution;
  }

  private async invokeLambda(functionArn: string, payload: unknown, type: string | undefined, caller: Caller): Promise<LambdaAnswer> {
    const result = await this.sendToLambda(functionArn, JSON.stringify(payload), type === 'Event' ? 'Event' : 'RequestResponse', caller);
    const answer = result.payload === '' ? {} : parseJson(result.payload);
    if (result.functionError === undefined) {
      return { payload: answer, statusCode: result.statusCode, requestId: result.requestId };
    }
    const errorType = isObject(answer) && isText(answer.errorType) ? answer.errorType : 'Lambda.Unknown';
    throw new StatesError(errorType, result.payload);
  }

  private async sendToLambda(functionArn: string, payload: string, type: InvocationType, caller: Caller): Promise<InvocationResult> {
    try {
      return await this.options.lambda.invoke(functionArn, payload, type, caller);
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw new StatesError('Lambda.Unknown', String(error));
      }
      throw new StatesError(lambdaErrorName(error), error.message);
    }
  }

  private log(machine: StateMachine, executionArn: string, { type, details }: HistoryEvent): void {
    const { logging } = machine;
    if (!logging || !this.canDeliverLog(machine)) {
      return;
    }
    const failure = /Failed$|TimedOut$|Aborted$/.test(type);
    if (logging.level !== 'ALL' && !(logging.level === 'ERROR' ? failure : failure && type.startsWith('Execution'))) {
      return;
    }
    const shown = logging.includeExecutionData ? details : withoutData(details);
    const event = { type, execution_arn: executionArn, event_timestamp: this.options.clock.now(), details: shown };
    this.options.logs.append(logging.group, JSON.stringify(event));
  }

  private stateMachine(arn: string): StateMachine {
    const machine = this.stateMachines.get(arn);
    if (!machine) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return machine;
  }

  private execution(arn: string, action: string, caller: Caller): Execution {
    this.options.iam.authorize(caller, action, arn);
    const execution = this.executionsByArn.get(arn);
    if (!execution) {
      throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    }
    return execution;
  }

  private arn(kind: string, name: string): string {
    return `arn:${this.options.partition}:states:${this.options.region}:${this.options.accountId}:${kind}:${name}`;
  }
}

/**
 * The names that Retry and Catch see:
 * https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 */
function lambdaErrorName({ code }: AwsError): string {
  const known = ['TooManyRequestsException', 'ServiceException', 'ResourceNotFoundException', 'RequestEntityTooLargeException'];
  return known.includes(code) ? `Lambda.${code}` : 'Lambda.AWSLambdaException';
}

/** Without IncludeExecutionData, logs hold no inputs, no outputs, and no causes of errors. */
function withoutData({ input: _input, output: _output, parameters: _parameters, cause: _cause, ...details }: JsonObject): JsonObject {
  return details;
}

function started(execution: Execution): JsonObject {
  return { executionArn: execution.identity.arn, startDate: execution.startDate / 1000 };
}

function summaryOf(execution: Execution): JsonObject {
  return {
    executionArn: execution.identity.arn,
    stateMachineArn: execution.identity.stateMachineArn,
    name: execution.identity.name,
    status: execution.status,
    startDate: execution.startDate / 1000,
    ...(execution.stopDate !== undefined && { stopDate: execution.stopDate / 1000 }),
  };
}

function textOf(input: JsonObject, name: string): string {
  const value = input[name];
  if (!isText(value)) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
    );
  }
  if (!/^arn:[\w-]+:states:/.test(value)) {
    throw new AwsError('InvalidArn', `Invalid Arn: '${value}'`);
  }
  return value;
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
function checkName(name: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/.test(name)) {
    return name;
  }
  throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function checkInput(text: string): string {
  if (Buffer.byteLength(text) > 262_144) {
    throw new AwsError('InvalidExecutionInput', 'The input is longer than 262144 bytes');
  }
  try {
    parseJson(text);
  } catch (error) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${error instanceof Error ? error.message : ''}'`);
  }
  return text;
}
