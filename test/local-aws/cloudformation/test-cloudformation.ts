/**
 * A CloudFormation whose Lambda functions are functions of the test, and whose other resources are parameters and
 * buckets.
 */
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { type JsonObject } from '../json';
import { S3Service } from '../s3/s3';
import { SsmService } from '../ssm';
import { CloudFormationService } from './cloudformation';
import { type CustomResourceEvent } from './custom-resource';

const account = { region: 'us-east-1', accountId: '111122223333', partition: 'aws' };

export type Handler = (event: CustomResourceEvent) => JsonObject | string | undefined | Promise<JsonObject | string | undefined>;

export class TestCloudFormation {
  readonly clock = new Clock();
  readonly s3: S3Service;
  readonly ssm: SsmService;
  readonly service: CloudFormationService;
  readonly events: CustomResourceEvent[] = [];

  /**
   * The handler's answer is PUT to the response URL, completed with what every answer must have. If it is undefined,
   * nothing is sent.
   */
  constructor(handler: Handler = () => ({})) {
    const iam = new IamService({ ...account, clock: this.clock });
    const shared = { ...account, clock: this.clock, iam };
    this.s3 = new S3Service(shared);
    this.ssm = new SsmService(shared);
    const invoke = async (_arn: string, payload: string): Promise<void> => {
      const event: CustomResourceEvent = JSON.parse(payload);
      this.events.push(event);
      void this.respond(event, await handler(event));
    };
    this.service = new CloudFormationService({
      ...shared,
      s3: this.s3,
      ssm: this.ssm,
      lambda: { invoke },
      resourceTypes: () => ({ ...iam.resourceTypes, ...this.s3.resourceTypes, ...this.ssm.resourceTypes }),
    });
  }

  async respond(
    event: CustomResourceEvent,
    answer: JsonObject | string | undefined,
    headers: Record<string, string> = {},
  ): Promise<number> {
    if (answer === undefined) {
      return 0;
    }
    const { StackId, RequestId, LogicalResourceId, PhysicalResourceId = 'physical' } = event;
    const body =
      typeof answer === 'string'
        ? answer
        : JSON.stringify({ Status: 'SUCCESS', StackId, RequestId, LogicalResourceId, PhysicalResourceId, ...answer });
    const url = new URL(event.ResponseURL);
    const response = await this.service.customResources.handle({
      method: 'PUT',
      host: url.host,
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers,
      body: Buffer.from(body),
      caller: {},
    });
    return response.status;
  }

  /** The event with that index. Time passes until it is sent, and stops there. */
  async event(index: number): Promise<CustomResourceEvent> {
    await this.clock.until(() => this.events.length > index);
    return this.events[index];
  }

  /** Creates the stack, or updates it. Resolves with the status when that has ended. */
  deploy(resources: JsonObject, sections: JsonObject = {}, parameters: JsonObject = {}): Promise<string> {
    return this.clock.until(this.startDeploying(resources, sections, parameters));
  }

  /** Embedded time stands still until the test lets it pass. */
  startDeploying(resources: JsonObject, sections: JsonObject = {}, parameters: JsonObject = {}): Promise<string> {
    const operation = this.service.findStack('Test') ? 'UpdateStack' : 'CreateStack';
    return this.start(operation, { TemplateBody: JSON.stringify({ Resources: resources, ...sections }), ...parameters });
  }

  run(operation: string, parameters: JsonObject = {}): Promise<string> {
    return this.clock.until(this.start(operation, parameters));
  }

  private async start(operation: string, parameters: JsonObject): Promise<string> {
    const id = this.service.findStack('Test')?.id;
    await this.service.call(operation, { StackName: 'Test', ...parameters });
    return (await this.service.settled(id ?? 'Test')).status;
  }

  /** `STATUS LogicalId`, in the order in which they happened. */
  history(): readonly string[] {
    return this.service.events(this.lastStackId()).map(({ status, logicalId }) => `${status} ${logicalId}`);
  }

  reasonOf(logicalId: string, status: string): string | undefined {
    return this.service
      .events(this.lastStackId())
      .filter((event) => event.logicalId === logicalId && event.status === status)
      .at(-1)?.reason;
  }

  outputs(): Record<string, string> {
    return Object.fromEntries((this.service.findStack('Test')?.outputs ?? []).map(({ name, value }) => [name, value]));
  }

  private lastStackId(): string {
    return this.service.findStack('Test')?.id ?? this.events.at(-1)?.StackId ?? '';
  }
}

const serviceToken = 'arn:aws:lambda:us-east-1:111122223333:function:handler';

export function custom(properties: JsonObject = {}, others: JsonObject = {}): JsonObject {
  return { Type: 'Custom::Thing', Properties: { ServiceToken: serviceToken, ...properties }, ...others };
}

export function parameter(value: unknown, others: JsonObject = {}, properties: JsonObject = {}): JsonObject {
  return { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: value, ...properties }, ...others };
}

/** SSM refuses an empty value, so that this resource fails. */
export function failing(others: JsonObject = {}): JsonObject {
  return parameter('', others);
}
