/**
 * The wire form of the Clean Rooms API, read from the client's own runtime schemas: routes, members, types. What is not
 * in them is refused, except members that the API has and the client does not know yet.
 */
import * as client from '@aws-sdk/client-cleanrooms';
// The client's own dependency: its schemas are read by the same code as in the client.
import { NormalizedSchema } from '@smithy/core/schema';
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { AwsError, type AwsRequest } from '../service';
import { constraints } from './constraints';

type OperationSchema = typeof client.StartProtectedJob$;

/**
 * In the API: the payer since 2026-05-21, and RetryInfo as the API reference has it. Client 3.1048.0 drops them, unless
 * a middleware puts them back.
 */
const membersMissingInClient: Readonly<Record<string, readonly string[]>> = {
  StartProtectedJobInput: ['jobComputePayerAccountId'],
  ProtectedJob: ['jobComputePayerAccountId'],
  ProtectedJobSummary: ['jobComputePayerAccountId'],
  ProtectedJobError: ['retry'],
};

export interface Field {
  readonly name: string;
  readonly message: string;
}

export interface Call {
  readonly operation: string;
  readonly input: JsonObject;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

const routes: readonly Route[] = Object.values(client).filter(isOperation).map(routeOf);

function isOperation(value: unknown): value is OperationSchema {
  return Array.isArray(value) && value[0] === client.StartProtectedJob$[0];
}

function routeOf([, , operation, traits, input, output]: OperationSchema): Route {
  const http = isObject(traits) && Array.isArray(traits.http) ? traits.http : [];
  const [method, path] = http.map(String);
  return {
    operation,
    method,
    labels: [...path.matchAll(/\{(\w+)\}/g)].map(([, label]) => label),
    path: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`),
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
  };
}

export function readCall(request: AwsRequest): Call {
  const route = routes.find(({ method, path }) => method === request.method && path.test(request.path));
  if (!route) {
    throw new AwsError('UnknownOperationException', `Clean Rooms has no ${request.method} ${request.path}`, 404);
  }
  const input = { ...bodyOf(request), ...labelsOf(route, request.path), ...queryOf(route, request.query) };
  const fields = [...memberFaults(route.input, input, '')];
  if (fields.length > 0) {
    throw validationError(fields);
  }
  return { operation: route.operation, input };
}

/** Only the members that the output has, times as seconds. */
export function writeOutput(operation: string, output: JsonObject): string {
  const route = routes.find((candidate) => candidate.operation === operation);
  return JSON.stringify(route ? serialize(route.output, output) : output);
}

export function validationError(fields: readonly Field[], reason = 'FIELD_VALIDATION_FAILED'): AwsError {
  const details = fields.map(({ name, message }) => `${name}: ${message}`).join('; ');
  const message = `${fields.length} validation error${fields.length === 1 ? '' : 's'} detected: ${details}`;
  return new AwsError('ValidationException', message, 400, { reason, fieldList: fields });
}

function bodyOf({ body }: AwsRequest): JsonObject {
  if (body.length === 0) {
    return {};
  }
  try {
    const value = parseJson(body.toString());
    if (isObject(value)) {
      return value;
    }
  } catch {
    // As below.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function labelsOf(route: Route, path: string): JsonObject {
  const values = route.path.exec(path)?.slice(1) ?? [];
  return Object.fromEntries(route.labels.map((label, index) => [label, values[index]]));
}

function queryOf(route: Route, query: URLSearchParams): JsonObject {
  const input: Record<string, unknown> = {};
  for (const [member, schema] of route.input.structIterator()) {
    const { httpQuery } = schema.getMergedTraits();
    const value = isText(httpQuery) ? query.get(httpQuery) : null;
    if (value !== null) {
      input[member] = schema.isNumericSchema() ? Number(value) : value;
    }
  }
  return input;
}

// --- Checking

function* memberFaults(schema: NormalizedSchema, value: JsonObject, path: string): Generator<Field> {
  const shape = schema.getName() ?? '';
  const members = new Map(schema.structIterator());
  for (const name of requiredOf(schema)) {
    if (value[name] === undefined || value[name] === null) {
      yield { name: path + name, message: 'Member must not be null' };
    }
  }
  if (schema.isUnionSchema() && Object.keys(value).length !== 1) {
    yield { name: path.slice(0, -1), message: 'Exactly one member of the union must be set' };
  }
  for (const [name, member] of Object.entries(value)) {
    const known = members.get(name);
    if (known) {
      yield* valueFaults(known, member, path + name);
    } else if (!membersMissingInClient[shape]?.includes(name)) {
      yield { name: path + name, message: 'Member is not known' };
    }
    const fault = member === null ? undefined : constraints[`${shape}.${name}`]?.(member);
    if (fault !== undefined) {
      yield { name: path + name, message: `Value failed to satisfy constraint: ${fault}` };
    }
  }
}

/** The schema of a structure ends with how many of its first members are required. */
function requiredOf(schema: NormalizedSchema): readonly string[] {
  const raw: unknown = schema.getSchema();
  if (!Array.isArray(raw) || !schema.isStructSchema() || schema.isUnionSchema()) {
    return [];
  }
  const [names, required]: unknown[] = [raw[4], raw[6]];
  return Array.isArray(names) && typeof required === 'number' ? names.slice(0, required).map(String) : [];
}

function* valueFaults(schema: NormalizedSchema, value: unknown, path: string): Generator<Field> {
  if (value === null) {
    return;
  }
  const expected = typeFault(schema, value);
  if (expected !== undefined) {
    return yield { name: path, message: `Expected ${expected}` };
  }
  if (schema.isStructSchema() && isObject(value)) {
    yield* memberFaults(schema, value, `${path}.`);
  }
  if (schema.isMapSchema() && isObject(value)) {
    for (const [key, element] of Object.entries(value)) {
      yield* valueFaults(schema.getValueSchema(), element, `${path}.${key}`);
    }
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      yield* valueFaults(schema.getValueSchema(), element, `${path}[${index}]`);
    }
  }
}

function typeFault(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isStructSchema() || schema.isMapSchema()) {
    return isObject(value) ? undefined : 'an object';
  }
  if (schema.isListSchema()) {
    return Array.isArray(value) ? undefined : 'a list';
  }
  if (schema.isStringSchema()) {
    return isText(value) ? undefined : 'a string';
  }
  if (schema.isNumericSchema()) {
    return typeof value === 'number' ? undefined : 'a number';
  }
  if (schema.isBooleanSchema()) {
    return typeof value === 'boolean' ? undefined : 'a boolean';
  }
  return undefined;
}

// --- Writing

function serialize(schema: NormalizedSchema, value: unknown): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (value instanceof Date) {
    return value.getTime() / 1000;
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    return value.map((element) => serialize(schema.getValueSchema(), element));
  }
  if (schema.isMapSchema() && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, serialize(schema.getValueSchema(), element)]));
  }
  if (!schema.isStructSchema() || !isObject(value)) {
    return value;
  }
  const missing = membersMissingInClient[schema.getName() ?? ''] ?? [];
  return {
    ...Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, serialize(member, value[name])])),
    ...Object.fromEntries(missing.map((name) => [name, value[name]])),
  };
}
