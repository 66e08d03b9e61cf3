/** The rules of Choice states. */
import { isObject, isText, type JsonObject } from '../json';
import { parsePath, readPath, StatesError, type Scope } from './paths';

type Ordering = 'Equals' | 'LessThan' | 'GreaterThan' | 'LessThanEquals' | 'GreaterThanEquals';

const orderings: Readonly<Record<Ordering, (sign: number) => boolean>> = {
  Equals: (sign) => sign === 0,
  LessThan: (sign) => sign < 0,
  GreaterThan: (sign) => sign > 0,
  LessThanEquals: (sign) => sign <= 0,
  GreaterThanEquals: (sign) => sign >= 0,
};

/** Compares two values of the type. Undefined if one of them is not of the type. */
const comparisons: Readonly<Record<string, (one: unknown, other: unknown) => number | undefined>> = {
  String: (one, other) => (isText(one) && isText(other) ? compare(one, other) : undefined),
  Numeric: (one, other) => (typeof one === 'number' && typeof other === 'number' ? compare(one, other) : undefined),
  Boolean: (one, other) => (typeof one === 'boolean' && typeof other === 'boolean' ? compare(Number(one), Number(other)) : undefined),
  Timestamp: (one, other) => (isTimestamp(one) && isTimestamp(other) ? compare(Date.parse(one), Date.parse(other)) : undefined),
};

const typeTests: Readonly<Record<string, (value: unknown) => boolean>> = {
  IsPresent: (value) => value !== undefined,
  IsNull: (value) => value === null,
  IsString: isText,
  IsNumeric: (value) => typeof value === 'number',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: isTimestamp,
};

const comparisonOperator =
  /^(String|Numeric|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$|^Boolean(Equals)(Path)?$/;

function isChoiceOperator(name: string): boolean {
  return name in typeTests || name === 'StringMatches' || comparisonOperator.test(name);
}

export function ruleApplies(rule: JsonObject, scope: Scope): boolean {
  if (Array.isArray(rule.And)) {
    return rule.And.filter(isObject).every((part) => ruleApplies(part, scope));
  }
  if (Array.isArray(rule.Or)) {
    return rule.Or.filter(isObject).some((part) => ruleApplies(part, scope));
  }
  if (isObject(rule.Not)) {
    return !ruleApplies(rule.Not, scope);
  }
  const operator = Object.keys(rule).find(isChoiceOperator) ?? '';
  const value = readPath(String(rule.Variable), scope);
  if (operator in typeTests) {
    return typeTests[operator](value) === rule[operator];
  }
  if (value === undefined) {
    throw invalidPath(rule.Variable);
  }
  if (operator === 'StringMatches') {
    return isText(value) && matchesPattern(String(rule[operator]), value);
  }
  return comparisonHolds(operator, value, operandOf(operator, rule[operator], scope));
}

function operandOf(operator: string, operand: unknown, scope: Scope): unknown {
  if (!operator.endsWith('Path')) {
    return operand;
  }
  const value = readPath(String(operand), scope);
  if (value === undefined) {
    throw invalidPath(operand);
  }
  return value;
}

function comparisonHolds(operator: string, value: unknown, operand: unknown): boolean {
  const match = /^(String|Numeric|Timestamp|Boolean)(Equals|LessThanEquals|GreaterThanEquals|LessThan|GreaterThan)/.exec(operator);
  const sign = comparisons[match?.[1] ?? '']?.(value, operand);
  const ordering = match?.[2];
  return sign !== undefined && isOrdering(ordering) && orderings[ordering](sign);
}

function isOrdering(name: string | undefined): name is Ordering {
  return name !== undefined && name in orderings;
}

function compare<Value extends string | number>(one: Value, other: Value): number {
  if (one === other) {
    return 0;
  }
  return one < other ? -1 : 1;
}

/** RFC 3339 with an upper-case T, and Z or an offset. */
export function isTimestamp(value: unknown): value is string {
  return isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
}

function matchesPattern(pattern: string, value: string): boolean {
  const parts: Readonly<Record<string, string>> = { '*': '[^]*', '\\*': '\\*' };
  const source = pattern.replace(/\\\*|[.+?^${}()|[\]\\]|\*/g, (part) => parts[part] ?? `\\${part}`);
  return new RegExp(`^${source}$`).test(value);
}

function invalidPath(path: unknown): StatesError {
  return new StatesError(
    'States.Runtime',
    `Invalid path '${String(path)}': The choice state's condition path references an invalid value.`,
  );
}

/** What is wrong with a rule, in the order in which it is read. `top` rules have a Next, the others must not. */
export function* ruleFaults(rule: unknown, where: string, top: boolean): Generator<string> {
  if (!isObject(rule)) {
    return yield `The rule at ${where} is not an object`;
  }
  const { Next: next, Comment: _comment, ...rest } = rule;
  if (top !== (next !== undefined)) {
    yield `${top ? 'MISSING' : 'UNEXPECTED'} 'Next' at ${where}`;
  }
  const names = Object.keys(rest);
  const combined = names.length === 1 ? names[0] : '';
  if (combined === 'Not') {
    return yield* ruleFaults(rest.Not, `${where}/Not`, false);
  }
  if (combined === 'And' || combined === 'Or') {
    return yield* partFaults(rest[combined], `${where}/${combined}`);
  }
  const operators = names.filter((name) => name !== 'Variable');
  if (!isText(rest.Variable) || !parsePath(rest.Variable)) {
    yield `Value is not a Reference Path at ${where}/Variable`;
  }
  if (operators.length !== 1 || !isChoiceOperator(operators[0])) {
    return yield `The rule must have exactly one comparison operator at ${where}: found ${operators.join(', ') || 'none'}`;
  }
  yield* operandFaults(operators[0], rest[operators[0]], where);
  return undefined;
}

function* partFaults(parts: unknown, where: string): Generator<string> {
  if (!Array.isArray(parts) || parts.length === 0) {
    return yield `Value must be a non-empty array at ${where}`;
  }
  for (const [index, part] of parts.entries()) {
    yield* ruleFaults(part, `${where}[${index}]`, false);
  }
  return undefined;
}

function* operandFaults(operator: string, operand: unknown, where: string): Generator<string> {
  const fault = `Value is not valid at ${where}/${operator}`;
  if (operator.endsWith('Path')) {
    if (!isText(operand) || !parsePath(operand)) {
      yield fault;
    }
  } else if (operator in typeTests || operator === 'BooleanEquals') {
    if (typeof operand !== 'boolean') {
      yield fault;
    }
  } else if (operator.startsWith('Numeric')) {
    if (typeof operand !== 'number') {
      yield fault;
    }
  } else if (operator.startsWith('Timestamp')) {
    if (!isTimestamp(operand)) {
      yield fault;
    }
  } else if (!isText(operand)) {
    yield fault;
  }
}
