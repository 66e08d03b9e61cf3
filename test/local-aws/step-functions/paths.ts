/** How the Amazon States Language (JSONPath) reads and builds values: paths, the context object, payload templates, intrinsic functions. */
import { randomUUID } from 'node:crypto';
import { isObject, isText, parseJson, type JsonObject } from '../json';

/** An error by the name that Retry and Catch match. */
export class StatesError extends Error {
  constructor(
    readonly error: string,
    readonly reason: string,
  ) {
    super(`${error}: ${reason}`);
  }
}

export interface Scope {
  readonly input: unknown;
  /** What `$$` is. */
  readonly context: JsonObject;
}

const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]/uy;

/** The names and indexes of a reference path; undefined for anything that is none, such as a wildcard or a filter. */
export function parsePath(path: string): { readonly root: '$' | '$$'; readonly steps: readonly (string | number)[] } | undefined {
  const root = path.startsWith('$$') ? '$$' : '$';
  if (!path.startsWith('$')) {
    return undefined;
  }
  const steps: (string | number)[] = [];
  step.lastIndex = root.length;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (!match) {
      return undefined;
    }
    steps.push(match[3] === undefined ? (match[1] ?? match[2].replace(/\\(.)/g, '$1')) : Number(match[3]));
  }
  return { root, steps };
}

/** Undefined where there is no value. */
export function readPath(path: string, scope: Scope): unknown {
  const parsed = parsePath(path);
  if (!parsed) {
    throw new StatesError('States.Runtime', `Invalid path '${path}'`);
  }
  let value: unknown = parsed.root === '$$' ? scope.context : scope.input;
  for (const name of parsed.steps) {
    value = memberOf(value, name);
  }
  return value;
}

function memberOf(value: unknown, name: string | number): unknown {
  if (Array.isArray(value)) {
    return typeof name === 'number' ? value[name] : undefined;
  }
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** InputPath and OutputPath: null gives an empty object, a path without a value fails the execution. */
export function selectPath(path: unknown, scope: Scope): unknown {
  if (path === null) {
    return {};
  }
  if (!isText(path)) {
    return scope.input;
  }
  const value = readPath(path, scope);
  if (value === undefined) {
    throw new StatesError('States.Runtime', `Invalid path '${path}' : No results for path: ${path}`);
  }
  return value;
}

/** ResultPath: null keeps the input, a path puts the result into it. */
export function placeResult(path: unknown, input: unknown, result: unknown): unknown {
  if (path === null) {
    return input;
  }
  const steps = isText(path) ? (parsePath(path)?.steps ?? []) : [];
  return placeAt(steps, input, result, String(path));
}

function placeAt(steps: readonly (string | number)[], target: unknown, result: unknown, path: string): unknown {
  const [name, ...rest] = steps;
  if (name === undefined) {
    return result;
  }
  if (typeof name === 'number' || (target !== undefined && !isObject(target))) {
    throw new StatesError('States.ResultPathMatchFailure', `Unable to apply ReferencePath ${path} to input ${JSON.stringify(target)}`);
  }
  return { ...target, [name]: placeAt(rest, target?.[name], result, path) };
}

/** Parameters and ResultSelector: a key that ends in `.$` takes its value from a path or an intrinsic function. */
export function fillTemplate(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) {
    return template.map((element) => fillTemplate(element, scope));
  }
  if (!isObject(template)) {
    return template;
  }
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') && isText(value) ? [key.slice(0, -2), evaluate(value, scope)] : [key, fillTemplate(value, scope)],
    ),
  );
}

function evaluate(expression: string, scope: Scope): unknown {
  if (expression.startsWith('States.')) {
    return callIntrinsic(parseIntrinsic(expression), scope);
  }
  const value = readPath(expression, scope);
  if (value === undefined) {
    throw new StatesError(
      'States.ParameterPathFailure',
      `The JSONPath '${expression}' could not be found in the input '${JSON.stringify(scope.input)}'`,
    );
  }
  return value;
}

// --- Intrinsic functions: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html

interface Call {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

type Parameter = { readonly call: Call } | { readonly path: string } | { readonly literal: unknown };

const intrinsics: Readonly<Record<string, (values: readonly unknown[]) => unknown>> = {
  'States.Array': (values) => values,
  'States.ArrayLength': ([array]) => (Array.isArray(array) ? array.length : failIntrinsic('States.ArrayLength')),
  'States.ArrayContains': ([array, value]) =>
    Array.isArray(array) && array.some((element) => JSON.stringify(element) === JSON.stringify(value)),
  'States.Format': ([template, ...values]) => format(String(template), values),
  'States.JsonToString': ([value]) => JSON.stringify(value),
  'States.StringToJson': ([value]) => parseJson(String(value)),
  'States.JsonMerge': ([one, other]) => (isObject(one) && isObject(other) ? { ...one, ...other } : failIntrinsic('States.JsonMerge')),
  'States.MathAdd': ([one, other]) => Number(one) + Number(other),
  'States.UUID': () => randomUUID(),
};

function format(template: string, values: readonly unknown[]): string {
  const rest = [...values];
  return template.replace(/\{\}/g, () => {
    const value = rest.shift();
    return isText(value) ? value : JSON.stringify(value);
  });
}

function failIntrinsic(name: string): never {
  throw new StatesError('States.IntrinsicFailure', `The function '${name}' had invalid arguments`);
}

/** Throws when the text is no call of a function that is known here. */
export function parseIntrinsic(expression: string): Call {
  const { call, rest } = parseCall(expression.trim());
  if (rest.trim() !== '') {
    throw new Error(`Invalid intrinsic function: ${expression}`);
  }
  return call;
}

function parseCall(text: string): { call: Call; rest: string } {
  const name = /^(States\.\w+)\(/.exec(text)?.[1];
  if (name === undefined) {
    throw new Error(`Invalid intrinsic function: ${text}`);
  }
  if (!(name in intrinsics)) {
    throw new Error(`The embedded Step Functions have no intrinsic function ${name}`);
  }
  const parameters: Parameter[] = [];
  let rest = text.slice(name.length + 1).trimStart();
  while (!rest.startsWith(')')) {
    const parsed = parseParameter(rest);
    parameters.push(parsed.parameter);
    rest = parsed.rest.trimStart();
    if (rest.startsWith(',')) {
      rest = rest.slice(1).trimStart();
    } else if (!rest.startsWith(')')) {
      throw new Error(`Invalid intrinsic function: ${text}`);
    }
  }
  return { call: { name, parameters }, rest: rest.slice(1) };
}

function parseParameter(text: string): { parameter: Parameter; rest: string } {
  if (text.startsWith('States.')) {
    const { call, rest } = parseCall(text);
    return { parameter: { call }, rest };
  }
  const quoted = /^'((?:[^'\\]|\\.)*)'/.exec(text);
  if (quoted) {
    return { parameter: { literal: quoted[1].replace(/\\(.)/g, '$1') }, rest: text.slice(quoted[0].length) };
  }
  const path = /^\$[^,)\s]*/.exec(text);
  if (path && parsePath(path[0])) {
    return { parameter: { path: path[0] }, rest: text.slice(path[0].length) };
  }
  const literal = /^(-?\d+(\.\d+)?|true|false|null)/.exec(text);
  if (literal) {
    return { parameter: { literal: parseJson(literal[0]) }, rest: text.slice(literal[0].length) };
  }
  throw new Error(`Invalid intrinsic function parameter: ${text}`);
}

function callIntrinsic({ name, parameters }: Call, scope: Scope): unknown {
  const values = parameters.map((parameter) => {
    if ('call' in parameter) {
      return callIntrinsic(parameter.call, scope);
    }
    return 'path' in parameter ? evaluate(parameter.path, scope) : parameter.literal;
  });
  try {
    return intrinsics[name](values);
  } catch {
    return failIntrinsic(name);
  }
}
