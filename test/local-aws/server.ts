/**
 * The listeners on loopback, HTTP for clients with an endpoint URL and TLS for real host names, and the way to a
 * service.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type CertificateAuthority } from './certificate';
import { type Clients } from './clients';
import { type Activity, type Clock } from './clock';
import { errorAnswer, protocolOf } from './protocols';
import { AwsError, ConnectionReset, type AwsRequest, type AwsResponse, type Caller, type Service } from './service';

export interface ServerOptions {
  readonly services: readonly Service[];
  readonly certificateAuthority: CertificateAuthority;
  readonly callerOf: (accessKeyId: string) => Caller;
  readonly clock: Clock;
  readonly clients: Clients;
}

export class AwsServer {
  static async start(options: ServerOptions): Promise<AwsServer> {
    const server = new AwsServer(options);
    try {
      await Promise.all([listen(server.plain), listen(server.tls)]);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** When the last request came, in real time. */
  lastRequestAt = Date.now();
  private readonly plain: Server;
  private readonly tls: Server;

  private constructor(private readonly options: ServerOptions) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.answer(request, response);
    this.plain = createServer(answer);
    this.tls = createTlsServer(
      {
        SNICallback: (hostName, done) => {
          options.certificateAuthority.contextFor(hostName).then(
            (context) => done(null, context),
            (error: Error) => done(error),
          );
        },
      },
      answer,
    );
  }

  get port(): number {
    return portOf(this.plain);
  }

  get tlsPort(): number {
    return portOf(this.tls);
  }

  async stop(): Promise<void> {
    await Promise.all([close(this.plain), close(this.tls)]);
  }

  /** Embedded time stands still while a request is served. */
  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.lastRequestAt = Date.now();
    const activity = this.options.clock.begin();
    try {
      const { remotePort = 0 } = message.socket; // not known any more if the client has gone
      const answer = await this.serve(await read(message, this.options.callerOf), activity, remotePort);
      response.writeHead(answer.status, { ...answer.headers, 'content-length': bodyLength(answer, message.method) });
      response.end(message.method === 'HEAD' ? undefined : answer.body);
    } catch (error) {
      // The client has gone, or a service wants it to see a broken connection.
      if (!(error instanceof ConnectionReset)) {
        response.destroy(error instanceof Error ? error : undefined);
      }
      message.socket.destroy();
    } finally {
      activity.end();
    }
  }

  private async serve(request: AwsRequest, activity: Activity, port: number): Promise<AwsResponse> {
    const client = this.options.clients.find(request.headers);
    if (client !== undefined) {
      await activity.pausedDuring(client.turn());
    }
    // While it waits, the request itself is not under way either.
    const wait = <Result>(work: Promise<Result>): Promise<Result> => activity.pausedDuring(client === undefined ? work : client.wait(work, port));
    return this.route({ ...request, caller: { ...request.caller, wait } });
  }

  private async route(request: AwsRequest): Promise<AwsResponse> {
    const service = this.serviceOf(request);
    if (!service) {
      return errorAnswer('rest-json', unknownService(request));
    }
    try {
      return await service.handle(request);
    } catch (error) {
      if (error instanceof ConnectionReset) {
        throw error;
      }
      return errorAnswer(protocolOf(service.signingName), awsErrorOf(error));
    }
  }

  /**
   * A host that belongs to a service comes first, because requests to CloudFormation's response URLs are not signed.
   */
  private serviceOf(request: AwsRequest): Service | undefined {
    const { services } = this.options;
    const name = signatureScope(request)?.service ?? serviceByHost(request.host);
    return services.find((service) => service.ownsHost?.(request.host)) ?? services.find((service) => service.signingName === name);
  }
}

interface Scope {
  readonly accessKeyId: string;
  readonly service: string;
}

/**
 * `Credential=AKID/20261122/us-east-1/s3/aws4_request`, in the Authorization header or the query of a presigned URL.
 */
function signatureScope({ headers, query }: Pick<AwsRequest, 'headers' | 'query'>): Scope | undefined {
  const credential = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? query.get('X-Amz-Credential');
  const [accessKeyId, , , service] = credential?.split('/') ?? [];
  return service ? { accessKeyId, service } : undefined;
}

/** `bucket.s3.us-east-1.amazonaws.com`, `s3.amazonaws.com`, `cleanrooms.us-east-1.amazonaws.com`. */
function serviceByHost(host: string): string | undefined {
  const labels = /^(.*)\.amazonaws\.com(\.cn)?$/.exec(host)?.[1].split('.');
  if (!labels) {
    return undefined;
  }
  return labels.includes('s3') ? 's3' : labels[0];
}

async function read(message: IncomingMessage, callerOf: (accessKeyId: string) => Caller): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(Buffer.from(chunk));
  }
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value ?? '')]));
  const [path, query = ''] = (message.url ?? '/').split(/\?(.*)/s);
  const request = {
    method: message.method ?? 'GET',
    host: (headers.host ?? '').replace(/:\d+$/, ''),
    path: decodeURIComponent(path),
    query: new URLSearchParams(query),
    headers,
    body: Buffer.concat(chunks),
  };
  const scope = signatureScope(request);
  return { ...request, caller: scope ? callerOf(scope.accessKeyId) : {} };
}

function unknownService({ headers, host }: AwsRequest): AwsError {
  const scope = signatureScope({ headers, query: new URLSearchParams() })?.service;
  return new AwsError('UnknownService', `The embedded AWS has no service "${scope ?? host}".`, 501);
}

/** A fault of the embedded AWS itself must be visible as such. */
function awsErrorOf(error: unknown): AwsError {
  if (error instanceof AwsError) {
    return error;
  }
  return new AwsError('InternalFailure', error instanceof Error ? (error.stack ?? error.message) : String(error), 500);
}

/** The answer to HEAD has the length that GET would have, which the service sets. */
function bodyLength(answer: AwsResponse, method: string | undefined): string {
  const ownLength = method === 'HEAD' ? answer.headers?.['content-length'] : undefined;
  return ownLength ?? String(Buffer.byteLength(answer.body ?? ''));
}

function listen(server: Server): Promise<void> {
  // If a connection is closed while a client uses it, the client gets ECONNRESET, and whether this happens depends on
  // how fast the machine is.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the server does not listen');
  }
  return address.port;
}
