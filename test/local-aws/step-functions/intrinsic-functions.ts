/**
 * Intrinsic functions: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html Not here:
 * ArrayGetItem, ArrayPartition, ArrayRange, ArrayUnique, Base64Encode and -Decode, Hash, MathRandom, StringSplit.
 */
import { randomUUID } from 'node:crypto';
import { isObject, isText, parseJson } from '../json';
import { parsePath, requirePath, StatesError, type Scope } from './paths';

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

/** Throws if the text is not a call of a function that is known here. */
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

export function callIntrinsic({ name, parameters }: Call, scope: Scope): unknown {
  const values = parameters.map((parameter) => {
    if ('call' in parameter) {
      return callIntrinsic(parameter.call, scope);
    }
    return 'path' in parameter ? requirePath(parameter.path, scope) : parameter.literal;
  });
  try {
    return intrinsics[name](values);
  } catch {
    return failIntrinsic(name);
  }
}
