/** What the server needs of a service, and what CloudFormation needs of its resource types. */
import { type Account } from './account';

export interface AwsRequest {
  readonly method: string;
  /** Host header without the port. */
  readonly host: string;
  /** Decoded path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly caller: Caller;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Who signed the request. The server finds this by the access key ID. */
export interface Caller {
  /** The role behind a function or a state machine. Undefined for a caller with the administrator's keys (the CLI). */
  readonly roleArn?: string;
  /** The role's session, as it is shown in error messages. A function's session has the name of the function. */
  readonly sessionName?: string;
  /** Lets time pass while the caller waits for something that takes time. Absent if no request waits. */
  readonly wait?: <Result>(work: Promise<Result>) => Promise<Result>;
}

/** The result of the work. Embedded time may pass until then. */
export function keptWaiting<Result>({ wait }: Caller, work: Promise<Result>): Promise<Result> {
  return wait === undefined ? work : wait(work);
}

export interface Service {
  /** The name in the scope of a SigV4 signature: `s3`, `states`, `cleanrooms`. */
  readonly signingName: string;
  /** The CloudFormation types that this service can make, by type name. */
  readonly resourceTypes?: Readonly<Record<string, ResourceType>>;
  handle(request: AwsRequest): Promise<AwsResponse>;
  /** Whether this service answers everything that is sent to a host, whoever signed it. */
  ownsHost?(host: string): boolean;
}

/** Properties as the template has them after its functions were evaluated. */
export type Properties = Readonly<Record<string, unknown>>;

export interface ResourceContext extends Account {
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  /** A physical name as CloudFormation generates it: `<stack>-<logicalId>-<suffix>`. */
  readonly generatedName: string;
}

export interface ResourceState {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives. An attribute that is not here fails the stack. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ResourceType {
  /** The properties whose change makes a new resource instead of editing the old one in place. */
  readonly createOnly?: readonly string[];
  create(properties: Properties, context: ResourceContext): Promise<ResourceState>;
  update(physicalId: string, properties: Properties, context: ResourceContext): Promise<ResourceState>;
  delete(physicalId: string, properties: Properties, context: ResourceContext): Promise<void>;
}

/** An error that a service answers with. The server writes it in the form of the service's protocol. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    /** Further members of the error's body. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = code;
  }
}

/** Thrown by a service to have the server drop the connection without any answer. */
export class ConnectionReset extends Error {}
