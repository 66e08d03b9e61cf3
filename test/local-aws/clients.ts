/**
 * The processes that use the embedded AWS and that its clock has to know. What they do between their requests is under
 * way too. The preload in each of them marks its requests with a header.
 */
import { randomUUID } from 'node:crypto';
import { type Activity } from './clock';

/** The header's name; the value is in the process' environment. */
export const CLIENT_HEADER = 'x-local-aws-client';
export const CLIENT_VARIABLE = 'LOCAL_AWS_CLIENT';

export interface Client {
  /** Resolves when a request of the client may be served. */
  turn(): Promise<void>;
  /** Lets time pass while the client waits for an answer that depends on it, on the connection from that port. */
  wait<Result>(work: Promise<Result>, port: number): Promise<Result>;
}

export class Clients {
  private readonly clients = new Map<string, Client>();

  /** @returns what the preload of the client's process needs */
  connect(client: Client): Readonly<Record<string, string>> {
    const id = randomUUID();
    this.clients.set(id, client);
    return { [CLIENT_VARIABLE]: id };
  }

  disconnect(client: Client): void {
    for (const [id, connected] of this.clients) {
      if (connected === client) {
        this.clients.delete(id);
      }
    }
  }

  find(headers: Readonly<Record<string, string>>): Client | undefined {
    return this.clients.get(headers[CLIENT_HEADER]);
  }
}

/**
 * A client that lives in real time, such as the CLI. Embedded time stands still until the client waits for an answer
 * that takes embedded time.
 */
export class RealTimeClient implements Client {
  constructor(private readonly activity: Activity) {}

  /** It is served at once, because nothing else is under way. */
  async turn(): Promise<void> {
    return undefined;
  }

  wait<Result>(work: Promise<Result>): Promise<Result> {
    return this.activity.pausedDuring(work);
  }
}
