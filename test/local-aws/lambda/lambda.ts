/**
 * Lambda: runs the code that was uploaded, in child processes, with the function's own settings and its role's
 * permissions. Not here: other runtimes than Node.js, layers, container images, the network of a VPC, dead-letter
 * queues, destinations, streaming, freezing.
 */
import { randomUUID } from 'node:crypto';
import { type Account } from '../account';
import { Clients } from '../clients';
import { type Clock } from '../clock';
import { Ec2 } from '../ec2';
import { type IamService } from '../iam/iam';
import { parseJson } from '../json';
import { type Kms } from '../kms';
import { describeConfiguration, type FunctionConfiguration } from './configuration';
import { type Outcome } from './environment';
import { defaultEventInvokeConfig, EventQueue, type Delivery, type EventInvokeConfig, type QueuedEvent } from './event-queue';
import { LambdaFaults, names, type FunctionPattern } from './faults';
import { LambdaFunction, type FunctionHost } from './function';
import { lambdaResourceTypes } from './resource-types';
import { TaskDirectory } from './task-directory';
import { AwsError, keptWaiting, type AwsRequest, type AwsResponse, type Caller, type ResourceType, type Service } from '../service';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const payloadLimits = { RequestResponse: 6_291_456, Event: 1_048_576 };

export interface LambdaOptions extends Account {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly kms: Kms;
  /** Throws AwsError when there is no such object. */
  readonly s3: { getObject(bucket: string, key: string): Uint8Array | Promise<Uint8Array> };
  readonly logs: { append(group: string, line: string): void };
  /** Endpoint, preload and certificates for the children; no credentials. Read when a child starts. */
  readonly childEnvironment?: () => Readonly<Record<string, string>>;
  /** The children are among them. */
  readonly clients?: Clients;
}

export type InvocationType = 'Event' | 'RequestResponse';

export interface InvocationResult {
  readonly statusCode: number;
  readonly requestId: string;
  /** Empty for an asynchronous invocation. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
}

export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Permission {
  readonly functionName: string;
  readonly action: string;
  readonly principal: string;
}

export class LambdaService implements Service {
  readonly signingName = 'lambda';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  readonly faults = new LambdaFaults();
  /** Every invocation that has ended, on the embedded clock. */
  readonly invocations: Invocation[] = [];
  readonly permissions = new Map<string, Permission>();
  readonly ec2: Ec2;
  readonly eventInvokeConfigs = new Map<string, EventInvokeConfig>();
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly events: EventQueue;
  private readonly clients: Clients;
  private taskDirectory?: TaskDirectory;
  private stopped = false;

  constructor(private readonly options: LambdaOptions) {
    this.clients = options.clients ?? new Clients();
    this.ec2 = new Ec2({ ...options, securityGroupsInUse: () => this.securityGroupsInUse() });
    this.resourceTypes = { ...lambdaResourceTypes(this), ...this.ec2.resourceTypes };
    this.events = new EventQueue(
      options.clock,
      (event) => this.runQueued(event),
      (functionName) => this.eventInvokeConfigs.get(functionName) ?? defaultEventInvokeConfig,
    );
  }

  /**
   * `payload` is JSON text. Without a caller, the administrator calls, or a service that acts for the one who deploys.
   */
  async invoke(
    functionNameOrArn: string,
    payload: string,
    type: InvocationType = 'RequestResponse',
    caller: Caller = {},
  ): Promise<InvocationResult> {
    const lambdaFunction = this.function(functionNameOrArn, caller);
    const requestId = randomUUID();
    const event = parsePayload(payload, payloadLimits[type]);
    if (type === 'Event') {
      return this.enqueue(lambdaFunction, event, requestId);
    }
    const { payload: answer, functionError } = await this.run(lambdaFunction, event, requestId);
    return { statusCode: 200, requestId, payload: answer, ...(functionError && { functionError }) };
  }

  functionNames(): readonly string[] {
    return [...this.functions.keys()];
  }

  /** Every delivery of an asynchronous event so far, including the failed ones. */
  deliveries(): readonly Delivery[] {
    return this.events.deliveries;
  }

  /** Kills the running environments of a function, whatever they are doing. */
  async killEnvironments(pattern: FunctionPattern): Promise<void> {
    await Promise.all(
      [...this.functions.values()].filter(({ name }) => names(pattern, name)).map((lambdaFunction) => lambdaFunction.stop()),
    );
  }

  /** Stops it finally. A stack that is still being deployed makes no more functions. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.events.stop();
    const ended = this.killEnvironments(/^/);
    this.functions.clear();
    await ended;
    this.taskDirectory?.remove();
    this.taskDirectory = undefined;
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path);
    if (invocation && request.method === 'POST') {
      return this.handleInvoke(request, invocation[1]);
    }
    const description = /^\/2015-03-31\/functions\/([^/]+)(\/configuration)?$/.exec(request.path);
    if (description && request.method === 'GET') {
      return this.handleGetFunction(request, description[1], description[2] !== undefined);
    }
    throw new AwsError('UnknownOperationException', `The embedded Lambda does not know ${request.method} ${request.path}`, 404);
  }

  async createFunction(configuration: FunctionConfiguration, code: FunctionCode): Promise<string> {
    const { functionName } = configuration;
    if (this.functions.has(functionName)) {
      throw new AwsError('ResourceConflictException', `Function already exist: ${functionName}`, 409);
    }
    this.checkRole(configuration);
    const arn = this.arnOf(functionName);
    this.functions.set(functionName, new LambdaFunction(arn, configuration, await this.unpack(code), this.host()));
    return arn;
  }

  async updateFunction(configuration: FunctionConfiguration, code: FunctionCode): Promise<string> {
    this.checkRole(configuration);
    const lambdaFunction = this.find(configuration.functionName);
    lambdaFunction.update(configuration, await this.unpack(code));
    return lambdaFunction.arn;
  }

  async deleteFunction(functionName: string): Promise<void> {
    const lambdaFunction = this.find(functionName);
    this.functions.delete(functionName);
    await lambdaFunction.stop();
  }

  find(functionNameOrArn: string): LambdaFunction {
    const name = nameOf(functionNameOrArn);
    const lambdaFunction = this.functions.get(name);
    if (!lambdaFunction) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${this.arnOf(name)}`, 404, { Type: 'User' });
    }
    return lambdaFunction;
  }

  /** The role's own policies or the function's resource policy must allow it. */
  private function(functionNameOrArn: string, caller: Caller): LambdaFunction {
    const name = nameOf(functionNameOrArn);
    const permitted = [...this.permissions.values()].some(
      (permission) =>
        permission.functionName === name && permission.principal === caller.roleArn && permission.action === 'lambda:InvokeFunction',
    );
    if (!permitted) {
      this.options.iam.authorize(caller, 'lambda:InvokeFunction', this.arnOf(name) + qualifierOf(functionNameOrArn));
    }
    return this.find(functionNameOrArn);
  }

  private enqueue(lambdaFunction: LambdaFunction, event: unknown, requestId: string): InvocationResult {
    const queued: QueuedEvent = { functionName: lambdaFunction.name, event, requestId, queuedAt: this.options.clock.now() };
    this.events.add(queued);
    const delay = this.faults.takeDuplicate(lambdaFunction.name);
    if (delay !== undefined) {
      this.events.add(queued, delay);
    }
    return { statusCode: 202, requestId, payload: '' };
  }

  private async runQueued({ functionName, event, requestId }: QueuedEvent): Promise<Outcome> {
    return this.run(this.find(functionName), event, requestId);
  }

  private async run(lambdaFunction: LambdaFunction, event: unknown, requestId: string): Promise<Outcome> {
    const { clock } = this.options;
    const order = clock.nextOrder();
    await clock.turn(order);
    const startedAt = clock.now();
    const outcome = await lambdaFunction.run(event, requestId, order);
    this.invocations.push({ functionName: lambdaFunction.name, requestId, startedAt, endedAt: clock.now() });
    return outcome;
  }

  private async handleInvoke(request: AwsRequest, functionName: string): Promise<AwsResponse> {
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'Event' && type !== 'RequestResponse') {
      throw new AwsError('InvalidParameterValueException', `The embedded Lambda does not know the invocation type ${type}`);
    }
    const result = await keptWaiting(request.caller, this.invoke(functionName, request.body.toString() || '{}', type, request.caller));
    return {
      status: result.statusCode,
      headers: {
        'content-type': 'application/json',
        'x-amz-executed-version': '$LATEST',
        'x-amzn-requestid': result.requestId,
        ...(result.functionError && { 'x-amz-function-error': result.functionError }),
      },
      body: result.payload,
    };
  }

  private handleGetFunction(request: AwsRequest, functionName: string, configurationOnly: boolean): AwsResponse {
    const action = configurationOnly ? 'lambda:GetFunctionConfiguration' : 'lambda:GetFunction';
    const name = nameOf(functionName);
    this.options.iam.authorize(request.caller, action, this.arnOf(name));
    const lambdaFunction = this.find(name);
    const configuration = describeConfiguration(lambdaFunction.configuration, lambdaFunction.arn);
    const body = configurationOnly ? configuration : { Configuration: configuration, Code: { RepositoryType: 'S3' }, Tags: {} };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }

  private async unpack(code: FunctionCode): Promise<string> {
    const directory = this.tasks();
    if ('inline' in code) {
      return directory.writeInline(code.inline);
    }
    return directory.unpack(await this.readCode(code.bucket, code.key));
  }

  private async readCode(bucket: string, key: string): Promise<Uint8Array> {
    try {
      return await this.options.s3.getObject(bucket, key);
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      throw new AwsError(
        'InvalidParameterValueException',
        `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
      );
    }
  }

  private tasks(): TaskDirectory {
    if (this.stopped) {
      throw new AwsError('ServiceException', 'The embedded Lambda has ended.', 500);
    }
    this.taskDirectory ??= new TaskDirectory();
    return this.taskDirectory;
  }

  private checkRole({ roleArn, vpc }: FunctionConfiguration): void {
    if (!this.options.iam.isAssumableBy(roleArn, 'lambda.amazonaws.com')) {
      throw new AwsError('InvalidParameterValueException', 'The role defined for the function cannot be assumed by Lambda.');
    }
    if (vpc) {
      this.ec2.checkInterfaces(roleArn, vpc);
    }
  }

  private securityGroupsInUse(): readonly string[] {
    return [...this.functions.values()].flatMap(({ configuration }) => configuration.vpc?.securityGroupIds ?? []);
  }

  /** The function's role decrypts its variables. */
  private checkKey({ keyArn, roleArn }: FunctionConfiguration): void {
    if (keyArn !== undefined && !this.options.kms.isAllowed({ roleArn }, 'kms:Decrypt', keyArn, { via: 'lambda' })) {
      const message = 'Lambda was unable to decrypt the environment variables because KMS access was denied.';
      throw new AwsError('KMSAccessDeniedException', message, 502);
    }
  }

  private host(): FunctionHost {
    return {
      clock: this.options.clock,
      clients: this.clients,
      runner: this.tasks().runner,
      faults: this.faults,
      checkKey: (configuration) => this.checkKey(configuration),
      runtimeVariables: (configuration, directory) => this.runtimeVariables(configuration, directory),
      log: (configuration, line) => this.log(configuration, line),
    };
  }

  private runtimeVariables(configuration: FunctionConfiguration, directory: string): Readonly<Record<string, string>> {
    const credentials = this.options.iam.issueCredentials(configuration.roleArn, configuration.functionName);
    const inherited = this.options.childEnvironment?.() ?? {};
    const { NODE_OPTIONS: preload = '' } = inherited;
    return {
      PATH: process.env.PATH ?? '',
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      ...inherited,
      ...configuration.variables,
      NODE_OPTIONS: `${preload} ${configuration.variables.NODE_OPTIONS ?? ''}`.trim(),
      NODE_PATH: [configuration.variables.NODE_PATH, `${this.tasks().root}/node_modules`].filter(Boolean).join(':'),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: this.options.region,
      AWS_DEFAULT_REGION: this.options.region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${credentials.accessKeyId.toLowerCase()}`,
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: configuration.handler,
    };
  }

  /** Without the permission a function runs normally, but leaves no logs. */
  private log(configuration: FunctionConfiguration, line: string): void {
    const { iam, logs, partition, region, accountId } = this.options;
    const resource = `arn:${partition}:logs:${region}:${accountId}:log-group:${configuration.logGroup}:log-stream:[$LATEST]`;
    if (iam.isAllowed({ roleArn: configuration.roleArn }, 'logs:PutLogEvents', resource)) {
      logs.append(configuration.logGroup, line);
    }
  }

  private arnOf(functionName: string): string {
    return `arn:${this.options.partition}:lambda:${this.options.region}:${this.options.accountId}:function:${functionName}`;
  }
}

export type FunctionCode = { readonly inline: string } | { readonly bucket: string; readonly key: string };

/** The name in `name`, `name:qualifier`, or an ARN. */
function nameOf(functionNameOrArn: string): string {
  return /:function:([^:]+)/.exec(functionNameOrArn)?.[1] ?? functionNameOrArn.split(':')[0];
}

/** A policy for `function:name` does not allow an invocation of `function:name:alias`. */
function qualifierOf(functionNameOrArn: string): string {
  const parts = functionNameOrArn.split(':');
  const qualifier = parts.at(functionNameOrArn.startsWith('arn:') ? 7 : 1);
  return qualifier === undefined ? '' : `:${qualifier}`;
}

function parsePayload(payload: string, limit: number): unknown {
  const size = Buffer.byteLength(payload);
  if (size > limit) {
    throw new AwsError(
      'RequestEntityTooLargeException',
      `${size} byte payload is too large for this invocation (limit ${limit} bytes)`,
      413,
    );
  }
  try {
    return parseJson(payload);
  } catch (error) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
