/**
 * Custom resources: an event is sent to a function, and an answer is PUT to a URL.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { urlSuffixOf } from '../account';
import { type Appointment, type Clock } from '../clock';
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { xml } from '../protocols';
import { wholeNumber } from '../resource-properties';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type Service,
} from '../service';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html */
const answerLimit = 4096;
const physicalIdLimit = 1024;
/** ServiceTimeout's range and default, in seconds. */
const timeouts = { least: 1, most: 3600 };
/** `X-Amz-Expires` in sample events. */
const urlLifetime = 7200;

export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ServiceToken: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: JsonObject;
  readonly OldResourceProperties?: JsonObject;
}

/** A body that was PUT to the response URL. */
export interface SentAnswer {
  readonly body: string;
  /** On the embedded clock. */
  readonly time: number;
  /** Whether CloudFormation has the answer. The client may have been told otherwise. */
  readonly isTaken: boolean;
}

/** One request and everything that followed from it. */
export interface CustomResourceRequest {
  readonly event: CustomResourceEvent;
  /** On the embedded clock. */
  readonly sentAt: number;
  /** Every PUT to the response URL, including those that were refused. */
  readonly sentAnswers: readonly SentAnswer[];
  /** Every body that was PUT to the response URL and accepted, in order. Only the first one counted. */
  readonly answers: readonly string[];
  /** Why a PUT to the response URL was refused. */
  readonly refusals: readonly string[];
}

/** What goes wrong when an answer is PUT to its response URL. */
export type AnswerFault =
  /** HTTP 500 without any effect. */
  | 'internalError'
  /** CloudFormation has the answer, the client sees HTTP 500. */
  | 'internalErrorAfterEffect'
  /** HTTP 403, as if the URL had expired. */
  | 'accessDenied';

export interface CustomResourceFaults {
  /** Decides about each PUT to the response URL of an event. */
  answerFault?: (event: CustomResourceEvent) => AnswerFault | undefined;
  /** Events for which this says true are delivered twice, as at-least-once delivery allows. */
  deliverTwice?: (event: CustomResourceEvent) => boolean;
  /**
   * Decides which retries of a failed request have its RequestId, as CloudFormation's can (aws-cdk #35957): the URL has a signature of its
   * own then, and the object behind it is the same. Without it all have.
   */
  reusesRequestId?: (context: ResourceContext) => boolean;
  /**
   * Runs before an event is made, and so before its response URL is signed. It is the time that CloudFormation takes
   * between two steps.
   */
  beforeEvent?: (context: ResourceContext) => Promise<void> | void;
  /** Runs before an event goes to its function: the place to hold it, or to do something else first. */
  beforeDelivery?: (event: CustomResourceEvent) => Promise<void> | void;
}

/** The handler answered FAILED, or did not answer. */
export class CustomResourceFailure extends Error {
  constructor(
    message: string,
    readonly physicalId?: string,
    readonly wasSent = true,
  ) {
    super(message);
  }
}

export interface CustomResourceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly partition: string;
  readonly invoke: (functionArn: string, event: string) => Promise<unknown>;
}

interface PendingRequest {
  readonly event: CustomResourceEvent;
  readonly sentAt: number;
  readonly sentAnswers: SentAnswer[];
  readonly answers: string[];
  readonly refusals: string[];
  readonly signature: string;
  readonly expires: number;
  readonly settle: (answer: string) => void;
  hasFailed: boolean;
}

interface Sent {
  readonly context: ResourceContext;
  readonly type: string;
  readonly requestType: CustomResourceEvent['RequestType'];
  readonly properties: Properties;
  readonly physicalId?: string;
  readonly oldProperties?: Properties;
}

interface Answer {
  readonly state: ResourceState;
  readonly noEcho: boolean;
}

export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

export class CustomResources implements Service {
  /** These requests are not signed, because the URL itself is signed. */
  readonly signingName = 'cloudformation-custom-resource-response';
  faults: CustomResourceFaults = {};
  private readonly sent: PendingRequest[] = [];
  private readonly noEcho = new Set<string>();
  private readonly timers = new Set<Appointment>();

  constructor(private readonly options: CustomResourceOptions) {}

  /** All requests so far, in order, with the answers to each. */
  get requests(): readonly CustomResourceRequest[] {
    return this.sent;
  }

  stop(): void {
    for (const timer of this.timers) {
      timer.cancel();
    }
  }

  /** The values of attributes that a handler asked not to show. */
  secrets(): readonly string[] {
    return [...this.noEcho];
  }

  missingAttribute(stackId: string, logicalId: string, attribute: string): string {
    const requestId = this.latest({ stackId, logicalId })?.event.RequestId ?? '';
    const object = `${stackId}|${logicalId}|${requestId} in S3 bucket cloudformation-custom-resource-storage-${this.regionLabel()}`;
    return `CustomResource attribute error: Vendor response doesn't contain ${attribute} key in object ${object}`;
  }

  async create(type: string, properties: Properties, context: ResourceContext): Promise<ResourceState> {
    return this.send({ context, type, requestType: 'Create', properties });
  }

  async update(
    type: string,
    physicalId: string,
    properties: Properties,
    oldProperties: Properties,
    context: ResourceContext,
  ): Promise<ResourceState> {
    if (properties.ServiceToken !== oldProperties.ServiceToken) {
      throw new CustomResourceFailure('Modifying service token is not allowed.', undefined, false);
    }
    return this.send({ context, type, requestType: 'Update', properties, physicalId, oldProperties });
  }

  async delete(type: string, physicalId: string, properties: Properties, context: ResourceContext): Promise<void> {
    await this.send({ context, type, requestType: 'Delete', properties, physicalId });
  }

  ownsHost(host: string): boolean {
    return host.startsWith('cloudformation-custom-resource-response-');
  }

  /** The bucket behind the response URLs. */
  async handle(request: AwsRequest): Promise<AwsResponse> {
    const sharing = this.sent.filter(({ event }) => request.path.endsWith(`|${event.RequestId}`));
    const addressed = sharing.find(({ signature }) => request.query.get('X-Amz-Signature') === signature) ?? sharing.at(-1);
    const fault = addressed && this.faults.answerFault?.(addressed.event);
    const refusal = this.refusalOf(request, addressed) ?? refusalOfFault(fault);
    const body = request.body.toString();
    addressed?.sentAnswers.push({ body, time: this.options.clock.now(), isTaken: !refusal });
    if (refusal) {
      addressed?.refusals.push(refusal.code);
      return errorAnswer(refusal);
    }
    // The request that waits for the object gets it, through whichever of its URLs it came.
    const waiting = sharing.at(-1);
    waiting?.answers.push(body);
    waiting?.settle(body);
    return fault === 'internalErrorAfterEffect'
      ? errorAnswer(internalError)
      : { status: 200, headers: { etag: `"${randomBytes(16).toString('hex')}"` } };
  }

  private refusalOf({ method, query, headers }: AwsRequest, pending: PendingRequest | undefined): AwsError | undefined {
    if (!pending) {
      return new AwsError('AccessDenied', 'Access Denied', 403);
    }
    if (this.options.clock.now() > pending.expires) {
      return new AwsError('AccessDenied', 'Request has expired', 403);
    }
    // The URL is signed for a PUT without a Content-Type.
    if (method !== 'PUT' || query.get('X-Amz-Signature') !== pending.signature || (headers['content-type'] ?? '') !== '') {
      return new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        403,
      );
    }
    return undefined;
  }

  private async send(sent: Sent): Promise<ResourceState> {
    const seconds = timeoutOf(sent.properties);
    await this.faults.beforeEvent?.(sent.context);
    const event = this.eventFor(sent);
    const answer = this.answerTo(event, seconds);
    await this.faults.beforeDelivery?.(event);
    const deliveries = this.faults.deliverTwice?.(event) ? 2 : 1;
    for (let delivery = 0; delivery < deliveries; delivery += 1) {
      await this.deliver(event);
    }
    const { state, noEcho } = await this.understood(answer, event);
    if (noEcho) {
      Object.values(state.attributes)
        .filter((value) => isText(value) && value !== '')
        .forEach((value) => this.noEcho.add(String(value)));
    }
    return state;
  }

  private async understood(answer: Promise<string>, event: CustomResourceEvent): Promise<Answer> {
    try {
      return parseAnswer(await answer, event);
    } catch (error) {
      this.sent.filter((request) => request.event === event).forEach((request) => (request.hasFailed = true));
      throw error;
    }
  }

  private async deliver(event: CustomResourceEvent): Promise<void> {
    try {
      await this.options.invoke(event.ServiceToken, JSON.stringify(event));
    } catch (error) {
      throw new CustomResourceFailure(error instanceof Error ? error.message : String(error));
    }
  }

  private eventFor({ context, type, requestType, properties, physicalId, oldProperties }: Sent): CustomResourceEvent {
    const { ServiceToken: token } = properties;
    if (!isText(token) || !/^arn:[^:]+:lambda:/.test(token)) {
      throw new CustomResourceFailure(
        'Invalid template property or properties [ServiceToken]: the embedded AWS sends events to Lambda functions only.',
        undefined,
        false,
      );
    }
    const requestId = this.requestIdFor(context, requestType);
    return {
      RequestType: requestType,
      ServiceToken: token,
      ResponseURL: this.responseUrl(context, requestId),
      StackId: context.stackId,
      RequestId: requestId,
      LogicalResourceId: context.logicalId,
      ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
      ResourceType: type,
      ResourceProperties: asTexts(properties),
      ...(oldProperties && { OldResourceProperties: asTexts(oldProperties) }),
    };
  }

  private requestIdFor(context: ResourceContext, requestType: CustomResourceEvent['RequestType']): string {
    const former = this.latest(context);
    const isRetry = former?.event.RequestType === requestType && former.hasFailed;
    return isRetry && (this.faults.reusesRequestId?.(context) ?? true) ? former.event.RequestId : randomUUID();
  }

  private latest({ stackId, logicalId }: Pick<ResourceContext, 'stackId' | 'logicalId'>): PendingRequest | undefined {
    return this.sent.filter(({ event }) => event.StackId === stackId && event.LogicalResourceId === logicalId).at(-1);
  }

  private responseUrl({ stackId, logicalId }: ResourceContext, requestId: string): string {
    const { region, partition, clock } = this.options;
    const bucket = `cloudformation-custom-resource-response-${this.regionLabel()}`;
    const regional = region === 'us-east-1' ? '' : `${region}.`;
    const host = `${bucket}.s3.${regional}${urlSuffixOf(partition)}`;
    const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': time,
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Expires': String(urlLifetime),
      'X-Amz-Credential': `AKIAEXAMPLECLOUDFORM/${time.slice(0, 8)}/${region}/s3/aws4_request`,
      'X-Amz-Signature': randomBytes(32).toString('hex'),
    });
    return `https://${host}/${encodeURIComponent(stackId).replace(/%2F/g, '/')}%7C${logicalId}%7C${requestId}?${query.toString()}`;
  }

  private answerTo(event: CustomResourceEvent, seconds: number): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      const timer = this.options.clock.schedule(seconds * 1000, () => reject(new CustomResourceFailure(silence(event))));
      this.timers.add(timer);
      const settle = (body: string): void => {
        timer.cancel();
        this.timers.delete(timer);
        resolve(body);
      };
      const signature = new URL(event.ResponseURL).searchParams.get('X-Amz-Signature') ?? '';
      const expires = this.options.clock.now() + urlLifetime * 1000;
      const sentAt = this.options.clock.now();
      this.sent.push({ event, sentAt, sentAnswers: [], answers: [], refusals: [], signature, expires, settle, hasFailed: false });
    });
    // The delivery can fail while nobody waits for this yet.
    answer.catch(() => undefined);
    return answer;
  }

  private regionLabel(): string {
    return this.options.region.replace(/-/g, '');
  }
}

const internalError = new AwsError('InternalError', 'We encountered an internal error. Please try again.', 500);

function refusalOfFault(fault: AnswerFault | undefined): AwsError | undefined {
  if (fault === 'accessDenied') {
    return new AwsError('AccessDenied', 'Access Denied', 403);
  }
  return fault === 'internalError' ? internalError : undefined;
}

function errorAnswer({ code, message, status }: AwsError): AwsResponse {
  return xml(status, 'Error', { Code: code, Message: message, RequestId: randomUUID() });
}

function timeoutOf(properties: Properties): number {
  try {
    return wholeNumber(properties, 'ServiceTimeout', timeouts) ?? timeouts.most;
  } catch (error) {
    throw new CustomResourceFailure(error instanceof Error ? error.message : String(error), undefined, false);
  }
}

function silence({ RequestId }: CustomResourceEvent): string {
  return (
    `CloudFormation did not receive a response from your custom resource. Please check your logs for requestId [${RequestId}]. ` +
    'If you are using the Python cfn-response module, you may need to update your Lambda function ' +
    'so that CloudFormation can attach the updated version.'
  );
}

/** Every number and every boolean arrives as text. */
function asTexts(properties: Properties): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, asText(value)]));
}

function asText(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(asText);
  }
  return isObject(value) ? asTexts(value) : String(value);
}

function parseAnswer(body: string, event: CustomResourceEvent): Answer {
  if (Buffer.byteLength(body) > answerLimit) {
    throw new CustomResourceFailure('Response object is too long.');
  }
  const answer = parseObject(body);
  const physicalId = isText(answer.PhysicalResourceId) && answer.PhysicalResourceId !== '' ? answer.PhysicalResourceId : undefined;
  if (answer.Status !== 'SUCCESS' && answer.Status !== 'FAILED') {
    throw new CustomResourceFailure('Invalid Response object: Value of property Status must be SUCCESS or FAILED.');
  }
  for (const name of ['StackId', 'RequestId', 'LogicalResourceId'] as const) {
    if (answer[name] !== event[name]) {
      throw new CustomResourceFailure(`Invalid Response object: Value of property ${name} must be that of the request.`, physicalId);
    }
  }
  if (answer.Status === 'FAILED') {
    throw new CustomResourceFailure(refusalText(answer, event), physicalId);
  }
  if (physicalId === undefined) {
    throw new CustomResourceFailure('Invalid PhysicalResourceId');
  }
  if (Buffer.byteLength(physicalId) > physicalIdLimit) {
    throw new CustomResourceFailure(`Invalid PhysicalResourceId: longer than ${physicalIdLimit} bytes.`);
  }
  const data = answer.Data ?? {};
  if (!isObject(data)) {
    throw new CustomResourceFailure('Invalid Response object: Value of property Data must be an object.', physicalId);
  }
  return { state: { physicalId, attributes: data }, noEcho: answer.NoEcho === true || answer.NoEcho === 'true' };
}

function parseObject(body: string): JsonObject {
  try {
    const answer = parseJson(body);
    if (isObject(answer)) {
      return answer;
    }
  } catch {
    // Said below.
  }
  throw new CustomResourceFailure('Response is not valid JSON');
}

function refusalText({ Reason: reason }: JsonObject, { RequestId }: CustomResourceEvent): string {
  const message = isText(reason) ? reason : '';
  return `Received response status [FAILED] from custom resource. Message returned: ${message} (RequestId: ${RequestId})`;
}
