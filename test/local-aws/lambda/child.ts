/**
 * What Lambda's Node.js runtime is to a function: loads the handler, runs one event at a time, reports what came of it.
 * Runs in a child process without anything of the test around it; environment.ts is at the other end.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { type FromChild, type ToChild } from './environment';

type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown;

let requestId = '';

function send(message: FromChild): void {
  process.send?.(message);
}

/** Log lines take the way of the answers, so that they arrive in order and none is missing when the answer is there. */
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
  const handler = exported(await import(pathToFileURL(path).href), exportName);
  if (!isHandler(handler)) {
    throw runtimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  return handler;
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

function contextOf(message: ToChild): object {
  const start = performance.now();
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
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(message.timeout - (performance.now() - start) * message.rate)),
  };
}

/** A handler answers by its promise or by the callback; without either its answer is null. */
function call(handler: Handler, message: ToChild): Promise<unknown> {
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

async function run(handler: Handler, message: ToChild): Promise<void> {
  requestId = message.requestId;
  try {
    const result = await call(handler, message);
    send({ type: 'result', requestId: message.requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    logError(error, 'Invoke Error');
    send({ type: 'error', requestId: message.requestId, payload: JSON.stringify(errorBody(error)) });
  }
}

/** Lambda ends an environment whose function let an error escape. */
function dieOf(error: unknown): void {
  logError(error, 'Uncaught Exception');
  const message: FromChild = { type: 'error', requestId, payload: JSON.stringify(errorBody(error)) };
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
  const handler = loadHandler();
  handler.catch(() => undefined);
  process.on('message', (message: ToChild) => {
    requestId = message.requestId;
    handler.then((loaded) => run(loaded, message), dieOf);
  });
  send({ type: 'ready' });
}

void main();
