/**
 * Paths of the Amazon States Language: how InputPath, OutputPath and ResultPath pick values and place them, `$$`
 * included.
 */
import { isObject, isText, type JsonObject } from '../json';

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
  /** The value of `$$`. */
  readonly context: JsonObject;
}

const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]/uy;

/** The names and indexes of a reference path. Undefined for anything else, such as a wildcard or a filter. */
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

/** Undefined if there is no value. */
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

/** The value of a path in a payload template, which must be there. */
export function requirePath(path: string, scope: Scope): unknown {
  const value = readPath(path, scope);
  if (value === undefined) {
    throw new StatesError(
      'States.ParameterPathFailure',
      `The JSONPath '${path}' could not be found in the input '${JSON.stringify(scope.input)}'`,
    );
  }
  return value;
}
