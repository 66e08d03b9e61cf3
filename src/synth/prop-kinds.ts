import { Duration } from 'aws-cdk-lib';
import { kindOfValue } from '../contract/kind-of-value';

/**
 * What values a prop takes. TypeScript knows, but JavaScript does not, and neither does TypeScript of what comes from a configuration file.
 *
 * @internal
 */
export interface PropKind {
  /** In words, with what to pass. */
  readonly expected: string;
  /** Of a value that is there. */
  readonly fits: (value: unknown) => boolean;
  readonly isRequired?: boolean;
  /** What is wrong inside of a value that fits. */
  readonly findProblemsInside?: (prop: string, value: unknown) => string[];
}

/** @internal */
export type PropKinds<Props> = { readonly [Prop in keyof Required<Props>]: PropKind };

/**
 * What is wrong with the kinds of values, before anything else is asked of them.
 *
 * @internal
 */
export function findKindProblems<Props>(kinds: PropKinds<Props>, props: unknown, prefix = ''): string[] {
  if (!isObject(props)) {
    return [`${prefix === '' ? 'props' : prefix.slice(0, -1)}: ${kindOfValue(props)}, where an object is expected`];
  }
  return Object.entries<PropKind>(kinds).flatMap(([name, kind]) => {
    const value: unknown = Reflect.get(props, name);
    if (value === undefined && !kind.isRequired) {
      return [];
    }
    return findKindProblem(kind, `${prefix}${name}`, value);
  });
}

function findKindProblem(kind: PropKind, prop: string, value: unknown): string[] {
  return kind.fits(value)
    ? (kind.findProblemsInside?.(prop, value) ?? [])
    : [`${prop}: ${kindOfValue(value)}, where ${kind.expected} is expected`];
}

/** @internal */
export const BOOLEAN: PropKind = { expected: 'true or false', fits: (value) => typeof value === 'boolean' };

/** @internal */
export const NUMBER: PropKind = { expected: 'a number', fits: (value) => typeof value === 'number', isRequired: true };

/**
 * Its rule says more of it.
 *
 * @internal
 */
export const TEXT: PropKind = { expected: 'a text', fits: (value) => typeof value === 'string' };

/** @internal */
export const MAP: PropKind = {
  expected: 'a plain object of names and texts',
  fits: (value) => isObject(value) && !(Symbol.iterator in value) && !('resolve' in value && typeof value.resolve === 'function'),
};

/** @internal */
export function duration(example: string): PropKind {
  return {
    expected: `a Duration, such as ${example},`,
    fits: (value) => isObject(value) && 'toSeconds' in value && typeof value.toSeconds === 'function',
    findProblemsInside: (prop, value) =>
      value instanceof Duration && value.isUnresolved() && value.unitLabel() !== 'seconds'
        ? [`${prop}: a token of ${value.unitLabel()}, where a token must be of seconds; use Duration.seconds()`]
        : [],
  };
}

/**
 * An object that is known by something that it has: other libraries and other languages bring objects of classes of their own.
 *
 * @internal
 */
export function objectWith(member: string, expected: string, isRequired = false): PropKind {
  return { expected, isRequired, fits: (value) => isObject(value) && Reflect.get(value, member) !== undefined };
}

/** @internal */
export function listOf(element: PropKind): PropKind {
  return {
    expected: `a list, each of its elements ${element.expected},`,
    fits: (value) => Array.isArray(value),
    findProblemsInside: (prop, value) =>
      Array.isArray(value) ? value.flatMap((item: unknown, index) => findKindProblem(element, `${prop}[${index}]`, item)) : [],
  };
}

/** @internal */
export function oneOf(values: readonly string[], expected: string): PropKind {
  return { expected, fits: (value) => typeof value === 'string' && values.includes(value) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
