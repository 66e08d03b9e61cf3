/** Step Functions whose Lambda functions are a function of the test, with one state machine `clock`. */
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { parseJson } from '../json';
import { Kms } from '../kms';
import { type InvocationResult } from '../lambda/lambda';
import { Logs } from '../logs';
import { AwsError, type AwsResponse, type Caller, type Properties, type ResourceContext } from '../service';
import { type Execution } from './execution';
import { StepFunctionsService, type StepFunctionsOptions } from './step-functions';

const account = { region: 'eu-central-1', accountId: '111122223333', partition: 'aws' };

export const functionArn = 'arn:aws:lambda:eu-central-1:111122223333:function:advance';
export const machineArn = 'arn:aws:states:eu-central-1:111122223333:stateMachine:clock';

export const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'Clock',
  generatedName: 'stack-Clock-ABCDEFGHIJKL',
};

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } }],
};

export const allow = (action: string | string[], resource: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
});

export const task = (more: object = {}): object => ({ Type: 'Task', Resource: functionArn, End: true, ...more });
export const pass = (more: object = {}): object => ({ Type: 'Pass', End: true, ...more });

/** A function that a test writes, behind the same permission check as Lambda's. */
class FunctionDouble {
  handler?: (event: unknown) => unknown;
  readonly events: unknown[] = [];

  constructor(private readonly iam: IamService) {}

  async invoke(arn: string, payload: string, _type: string, caller: Caller): Promise<InvocationResult> {
    this.iam.authorize(caller, 'lambda:InvokeFunction', arn);
    const event = parseJson(payload);
    this.events.push(event);
    const answer = { statusCode: 200, requestId: 'r' };
    try {
      return { ...answer, payload: JSON.stringify(this.handler ? await this.handler(event) : event) };
    } catch (error) {
      if (error instanceof AwsError) {
        throw error;
      }
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { ...answer, payload: JSON.stringify({ errorType: name, errorMessage: message }), functionError: 'Unhandled' };
    }
  }
}

export class TestStepFunctions {
  static async create(options: Partial<StepFunctionsOptions> = {}): Promise<TestStepFunctions> {
    const aws = new TestStepFunctions(options);
    const role = await aws.iam.resourceTypes['AWS::IAM::Role'].create(
      {
        RoleName: 'clock',
        AssumeRolePolicyDocument: trust,
        Policies: [{ PolicyName: 'p', PolicyDocument: allow('lambda:InvokeFunction', functionArn) }],
      },
      context,
    );
    aws.roleArn = String(role.attributes.Arn);
    return aws;
  }

  readonly clock = new Clock();
  readonly iam = new IamService({ clock: this.clock, ...account });
  readonly lambda = new FunctionDouble(this.iam);
  readonly kms = new Kms({ iam: this.iam, ...account });
  readonly logs = new Logs({ kms: this.kms, ...account });
  readonly service: StepFunctionsService;
  roleArn = '';

  private constructor(options: Partial<StepFunctionsOptions>) {
    const { clock, iam, kms, lambda, logs } = this;
    this.service = new StepFunctionsService({ clock, iam, kms, lambda, logs, ...account, ...options });
  }

  async define(definition: unknown, properties: Properties = {}): Promise<void> {
    await this.service.resourceTypes['AWS::StepFunctions::StateMachine'].create(
      {
        StateMachineName: 'clock',
        RoleArn: this.roleArn,
        DefinitionString: JSON.stringify(definition),
        ...properties,
      },
      context,
    );
  }

  /** The names of the states do not matter to most tests. The first state is the start. */
  async run(machineStates: Record<string, object>, input: unknown = {}): Promise<Execution> {
    await this.define({ StartAt: Object.keys(machineStates)[0], States: machineStates });
    return this.execute(input);
  }

  /** Lets time pass until the execution has ended. */
  async execute(input: unknown, name?: string): Promise<Execution> {
    const execution = await this.start(input, name);
    await this.clock.until(execution.ended);
    return execution;
  }

  /** Embedded time stands still until the test lets it pass. */
  async start(input: unknown, name?: string): Promise<Execution> {
    await this.call('StartExecution', { stateMachineArn: machineArn, name, input: JSON.stringify(input) });
    return this.service.executions().slice(-1)[0];
  }

  /** Without a caller it is the administrator. */
  call(operation: string, input: object, caller: Caller = {}): Promise<AwsResponse> {
    return this.service.handle({
      method: 'POST',
      host: 'states',
      path: '/',
      query: new URLSearchParams(),
      caller,
      headers: { 'x-amz-target': `AWSStepFunctions.${operation}` },
      body: Buffer.from(JSON.stringify(input)),
    });
  }

  stop(): void {
    this.service.stop();
  }
}
