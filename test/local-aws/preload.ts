/**
 * Runs first in every child process (`node --require`): connections to AWS go to the embedded AWS, and all others that
 * would leave the machine fail. It needs nothing but Node.js, and the environment: LOCAL_AWS_TLS_PORT, and
 * LOCAL_AWS_CLIENT for a client that the clock has to know.
 */
import * as diagnostics from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket, type TcpSocketConnectOpts } from 'node:net';
import { CLIENT_HEADER, CLIENT_VARIABLE } from './clients';

const tlsPort = Number(process.env.LOCAL_AWS_TLS_PORT);

type ConnectArguments = readonly unknown[];

/**
 * All of node:https, node:http2 and fetch end up in this one method. The name for SNI and for the verification of the
 * certificate was taken from the options before, so changing the address here leaves them as they are.
 */
function redirectConnections(): void {
  const { connect } = Socket.prototype;
  Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...values: unknown[]): unknown {
    const target = targetOf(values);
    if (target === undefined || isLoopback(target.host)) {
      return Reflect.apply(connect, this, values);
    }
    if (isAws(target.host) && target.port === 443) {
      return Reflect.apply(connect, this, redirected(values, target.options));
    }
    const error = new Error(`the embedded AWS refused a connection to ${target.host}:${target.port}: tests stay on this machine`);
    process.nextTick(() => this.destroy(Object.assign(error, { code: 'ECONNREFUSED' })));
    return this;
  });
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly options: Partial<TcpSocketConnectOpts>;
}

/** `connect(options)`, `connect(port, host)`, or the array that net.connect makes of them, with the options first. */
function targetOf(values: ConnectArguments): Target | undefined {
  const first = Array.isArray(values[0]) ? values[0][0] : values[0];
  if (isOptions(first)) {
    // A path is a Unix socket or a named pipe.
    if (Reflect.get(first, 'path') !== undefined && first.port === undefined) {
      return undefined;
    }
    return { host: first.host ?? 'localhost', port: Number(first.port), options: first };
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) {
    return undefined;
  }
  const host = typeof values[1] === 'string' ? values[1] : 'localhost';
  return { host, port: Number(first), options: {} };
}

function isOptions(value: unknown): value is Partial<TcpSocketConnectOpts> {
  return typeof value === 'object' && value !== null;
}

function redirected(values: ConnectArguments, options: Partial<TcpSocketConnectOpts>): unknown[] {
  const local = { ...options, host: '127.0.0.1', port: tlsPort, lookup: undefined };
  if (Array.isArray(values[0])) {
    // Node.js knows its own array by a symbol on it, so it has to stay the same array.
    values[0][0] = local;
    return [...values];
  }
  return [local, ...values.filter((value) => typeof value === 'function')];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host) || host === '::ffff:127.0.0.1';
}

function isAws(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host);
}

/** With this the server knows whose request it is, even if it is not signed. */
function markRequests(client: string): void {
  // An import gives a copy, so others would not see a change in it.
  for (const module of [process.getBuiltinModule('node:http'), process.getBuiltinModule('node:https')]) {
    const { request: original } = module;
    const request = (...values: unknown[]): unknown => {
      const made: unknown = Reflect.apply(original, module, values);
      if (made instanceof ClientRequest && !made.headersSent) {
        made.setHeader(CLIENT_HEADER, client);
      }
      return made;
    };
    Reflect.set(module, 'request', request);
    Reflect.set(module, 'get', (...values: unknown[]): unknown => {
      const made = request(...values);
      return made instanceof ClientRequest ? made.end() : made;
    });
  }
  syncBuiltinESMExports(); // for those who import them by name
  diagnostics.subscribe('undici:request:create', (message) => {
    Object(message).request.addHeader(CLIENT_HEADER, client);
  });
}

redirectConnections();
const client = process.env[CLIENT_VARIABLE];
if (client !== undefined) {
  markRequests(client);
}
