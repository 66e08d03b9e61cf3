/**
 * Does what Lambda's Node.js runtime does for a function: loads the handler, runs one event at a time, reports the
 * result. Runs in a child process without anything of the test around it; environment.ts is at the other end.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { nextTimer, setTime } from './embedded-time'; // first, before anything looks at the time
import { type FromChild, type ToChild } from './environment';

type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown;

type Invocation = Extract<ToChild, { readonly type: 'invoke' }>;

let number = 0;
let requestId = '';
let received = 0;
/** Connections by their local ports, which the other end knows too. */
const connections = new Map<number | undefined, Socket>();

function send(message: FromChild): void {
  process.send?.(message);
}

/**
 * Log lines are sent on the same channel as the answers, so that they arrive in order, and none is missing when the
 * answer is there.
 */
function catchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk: string | Uint8Array): boolean => {
      send({ type: 'output', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
      return true;
    };
  }
}

/** Lambda writes `time requestId LEVEL message`, and keeps a message with several lines in one event. */
function patchConsole(): void {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR', trace: 'TRACE' };
  for (const [name, level] of Object.entries(levels)) {
    Object.assign(console, { [name]: (...values: unknown[]) => logLine(level, format(...values)) });
  }
}

function logLine(level: string, message: string): void {
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${message.replace(/\n/g, '\r')}\n`);
}

async function loadHandler(): Promise<Handler> {
  const name = process.env._HANDLER ?? '';
  const dot = name.lastIndexOf('.');
  const [file, exportName] = [name.slice(0, dot), name.slice(dot + 1)];
  const path = ['.js', '.mjs', '.cjs'].map((extension) => join(process.cwd(), file + extension)).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  }
  const handler = exported(await load(path), exportName);
  if (!isHandler(handler)) {
    throw runtimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  return handler;
}

/**
 * Lambda does the same. `import` would first have to find out what a CommonJS module exports, which takes 200 ms for a
 * large bundle.
 */
async function load(path: string): Promise<unknown> {
  if (path.endsWith('.mjs')) {
    return import(pathToFileURL(path).href);
  }
  try {
    return createRequire(path)(path);
  } catch (error) {
    if (property(error, 'code') !== 'ERR_REQUIRE_ESM') {
      throw error;
    }
    return import(pathToFileURL(path).href);
  }
}

/** A CommonJS module's exports that Node.js could not foresee are only on `default`. */
function exported(module: unknown, name: string): unknown {
  return property(module, name) ?? property(property(module, 'default'), name);
}

function property(value: unknown, name: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? Reflect.get(value, name) : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function runtimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function contextOf(message: Invocation): object {
  const functionName = process.env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    awsRequestId: message.requestId,
    functionName,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
  };
}

/** A handler answers with its promise or with the callback. If it uses neither, its answer is null. */
function call(handler: Handler, message: Invocation): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = handler(message.event, contextOf(message), (error, result) => {
      if (error === null || error === undefined) {
        return resolve(result);
      }
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    if (returned instanceof Promise) {
      returned.then(resolve, reject);
    } else if (handler.length < 3) {
      resolve(null);
    }
  });
}

function errorBody(error: unknown): { errorType: string; errorMessage: string; trace: readonly string[] } {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** The runtime logs the error with all its own properties, which is how secrets get into logs. */
function logError(error: unknown, title: string): void {
  const { trace, ...body } = errorBody(error);
  const own = error instanceof Error ? { ...error } : {};
  logLine('ERROR', `${title} \t${JSON.stringify({ ...body, ...own, stack: trace })}`);
}

async function run(handler: Handler, message: Invocation): Promise<void> {
  try {
    const result = await call(handler, message);
    send({ type: 'result', number: message.number, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    logError(error, 'Invoke Error');
    send({ type: 'error', number: message.number, payload: JSON.stringify(errorBody(error)) });
  }
}

/** Preloaded code changes this method too, so that it is known to be the one that all connections take. */
function noteConnections(): void {
  const { connect } = Socket.prototype;
  Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...values: unknown[]): unknown {
    this.once('connect', () => {
      const { localPort } = this;
      connections.set(localPort, this);
      this.once('close', () => connections.delete(localPort));
    });
    return Reflect.apply(connect, this, values);
  });
}

async function take(handler: Promise<Handler>, message: ToChild): Promise<void> {
  if (message.type === 'wait') {
    connections.get(message.port)?.unref(); // it does not count either, until the answer comes
    return;
  }
  if (message.type === 'wake') {
    connections.get(message.port)?.ref();
    await setTime(message.now);
    return send({ type: 'woken' });
  }
  await setTime(message.now);
  ({ number, requestId } = message);
  handler.then((loaded) => run(loaded, message), dieOf);
}

/** Lambda ends an environment whose function let an error escape. */
function dieOf(error: unknown): void {
  logError(error, 'Uncaught Exception');
  const message: FromChild = { type: 'error', number, payload: JSON.stringify(errorBody(error)) };
  process.send?.(message, () => process.exit(129));
}

async function main(): Promise<void> {
  catchOutput();
  patchConsole();
  process.on('disconnect', () => process.exit(0));
  process.on('uncaughtException', dieOf);
  process.on('unhandledRejection', (reason) =>
    dieOf(Object.assign(new Error(String(reason)), { name: 'Runtime.UnhandledPromiseRejection' })),
  );
  noteConnections();
  const handler = loadHandler();
  handler.catch(() => undefined);
  let taken = Promise.resolve();
  process.on('message', (message: ToChild) => {
    process.channel?.unref();
    received += 1;
    taken = taken.then(() => take(handler, message)).catch(dieOf); // a timer has thrown
  });
  // The event loop has nothing but the channel, which does not count. So nothing happens any more without a message.
  process.on('beforeExit', () => {
    process.channel?.ref();
    send({ type: 'asleep', number, received, nextTimer: nextTimer() });
  });
  send({ type: 'ready' });
}

void main();
