import * as fc from 'fast-check';
import { jobProperties, SECRET } from '../../engine/fakes/events';

/**
 * How often each property is tried, and from which seed: the same at every run, unless the environment says otherwise.
 * `npx projen faults` tries ten times as often.
 */
export const RUNS: fc.Parameters<unknown> = {
  numRuns: Number(process.env.HOSTILE_RUNS ?? 1_000),
  seed: Number(process.env.HOSTILE_SEED ?? 1),
};

const FORBIDDEN_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', ''];

/** Text of every kind: any Unicode, half surrogate pairs, control characters, and texts that are longer than any limit. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 200, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 50, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) },
  { weight: 100, arbitrary: fc.constantFrom(...FORBIDDEN_NAMES, '\ud800', '\u0000\n\r', '"}, {"', '${AWS::NoValue}', 'arn:', 'NaN', '1e999', '-1', '0x10') },
  { weight: 1, arbitrary: fc.constantFrom('x', '\u0000', '\u{1f4a5}', '\ud800').map((character) => character.repeat(200_000)) },
);

const hostileName: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...FORBIDDEN_NAMES, 'segment') },
  { weight: 30, arbitrary: hostileText },
  { weight: 30, arbitrary: fc.stringMatching(/^\w{1,12}$/) },
);

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, Number.MAX_SAFE_INTEGER, 1e308, -1e308, ''),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Whatever JSON can hold; `__proto__` is a name like any other, as it is for `JSON.parse`. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 4 }) },
  { weight: 4, arbitrary: entries(scalar) },
  { weight: 1, arbitrary: entries(entries(scalar)) },
);

/** Hundreds of names, or a few of them. */
const manyNames: fc.Arbitrary<unknown> = fc.nat({ max: 300 }).map((count) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`not a name ${index}`, 'x'.repeat(index % 50)])),
);

function entries(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(hostileName, value), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs));
}

const propertyNames = [
  'Type', 'MembershipIdentifier', 'AnalysisTemplateArn', 'Parameters', 'WorkerType', 'WorkerNumber', 'SparkProperties',
  'ResultReceiverAccountId', 'Triggers', 'Timeout', 'SliceNumber', 'SliceCount', 'JobLogicalId',
];

/** Texts by name: what parameters, Spark properties and triggers should be. */
const texts = fc.dictionary(
  fc.oneof(fc.stringMatching(/^\w{1,12}$/), fc.constantFrom(...FORBIDDEN_NAMES)),
  fc.string({ maxLength: 20 }),
  { maxKeys: 4, noNullPrototype: true },
);

/** A job's properties, all valid except for one to three of them. */
export const hostileProperties: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...propertyNames), hostileValue), { minLength: 1, maxLength: 3 })
      .map((changes) => ({ ...jobProperties(), ...Object.fromEntries(changes) })),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('Parameters', 'Triggers', 'SparkProperties'), texts), { minLength: 1, maxLength: 3 })
      .map((changes) => ({ ...jobProperties({ WorkerType: 'CR.1X', WorkerNumber: '4' }), ...Object.fromEntries(changes) })),
  },
  {
    weight: 2,
    arbitrary: entries(fc.oneof(scalar, fc.constantFrom<unknown>(SECRET, [SECRET], { nested: SECRET }))).map((Parameters) =>
      jobProperties({ Parameters }),
    ),
  },
  { weight: 1, arbitrary: manyNames.map((names) => jobProperties({ Parameters: names })) },
  { weight: 2, arbitrary: hostileValue },
  { weight: 1, arbitrary: fc.constant(jobProperties()) },
);

/** Another value somewhere inside, at any depth, or an additional one. */
export function damaged(original: object): fc.Arbitrary<unknown> {
  const paths = pathsOf(original);
  const change = fc.tuple(fc.constantFrom(...paths), fc.oneof(hostileValue, fc.constant(undefined)));
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy: unknown = JSON.parse(JSON.stringify(original));
    changes.forEach(([path, value]) => put(copy, path, value));
    return copy;
  });
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, entry]) => [[name], ...pathsOf(entry).map((path) => [name, ...path])]);
}

function put(target: unknown, [name, ...rest]: string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) {
    return; // an earlier change has replaced it
  }
  if (rest.length > 0) {
    put(Reflect.get(target, name), rest, value);
  } else if (value === undefined) {
    Reflect.deleteProperty(target, name);
  } else {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  }
}
