/** Policy documents: what a valid one looks like, and whether its statements cover a request. */
import { asList, isObject, isText, type JsonObject } from '../json';
import { AwsError } from '../service';

export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request in lower case, such as `aws:requestedregion`. */
  readonly conditionKeys: Readonly<Record<string, string>>;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly covers: (request: AccessRequest) => boolean;
}

/** The statements of an identity policy. A document that IAM would refuse is refused in IAM's words. */
export function parseIdentityPolicy(document: unknown): readonly Statement[] {
  if (!isObject(document)) {
    throw malformed('Syntax errors in policy.');
  }
  if (document.Version !== '2012-10-17' && document.Version !== '2008-10-17') {
    throw malformed('Syntax errors in policy.');
  }
  const statements = asList(document.Statement);
  if (statements.length === 0) {
    throw malformed('Syntax errors in policy.');
  }
  return statements.map(parseStatement);
}

function parseStatement(statement: unknown): Statement {
  if (!isObject(statement)) {
    throw malformed('Syntax errors in policy.');
  }
  if ('Principal' in statement || 'NotPrincipal' in statement) {
    throw malformed('Policy document should not specify a principal.');
  }
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw malformed('Syntax errors in policy.');
  }
  const ofAction = parseActions(statement);
  const ofResource = parseResources(statement);
  const condition = statement.Condition;
  if (condition !== undefined && !isObject(condition)) {
    throw malformed('Syntax errors in policy.');
  }
  return {
    effect,
    covers: (request) => ofAction(request.action) && ofResource(request.resource) && conditionsHold(condition, request.conditionKeys),
  };
}

function parseActions(statement: JsonObject): (action: string) => boolean {
  const { patterns, negated } = patternsOf(statement, 'Action');
  if (patterns.length === 0) {
    throw malformed('Policy statement must contain actions.');
  }
  for (const pattern of patterns) {
    if (pattern !== '*' && !pattern.includes(':')) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
  }
  // Action names are not case-sensitive, ARNs are.
  return (action) => patterns.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) !== negated;
}

function parseResources(statement: JsonObject): (resource: string) => boolean {
  const { patterns, negated } = patternsOf(statement, 'Resource');
  if (patterns.length === 0) {
    throw malformed('Policy statement must contain resources.');
  }
  for (const pattern of patterns) {
    if (!pattern.startsWith('*') && !pattern.startsWith('arn:')) {
      throw malformed(`Resource ${pattern} must be in ARN format or "*".`);
    }
  }
  return (resource) => patterns.some((pattern) => matches(pattern, resource)) !== negated;
}

function patternsOf(statement: JsonObject, name: 'Action' | 'Resource'): { patterns: readonly string[]; negated: boolean } {
  const negated = `Not${name}` in statement;
  if (negated && name in statement) {
    throw malformed('Syntax errors in policy.');
  }
  const values = asList(statement[negated ? `Not${name}` : name]);
  if (!values.every(isText)) {
    throw malformed('Syntax errors in policy.');
  }
  return { patterns: values, negated };
}

/** `*` stands for any characters, `?` for any one character. */
export function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^]*')
    .replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`).test(value);
}

type Operator = (expected: string, actual: string) => boolean;

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: (expected, actual) => expected === actual,
  StringEqualsIgnoreCase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
};

const negatedOperators: Readonly<Record<string, Operator>> = {
  StringNotEquals: (expected, actual) => expected === actual,
  StringNotEqualsIgnoreCase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  StringNotLike: matches,
  ArnNotEquals: matches,
  ArnNotLike: matches,
};

function conditionsHold(condition: JsonObject | undefined, keys: Readonly<Record<string, string>>): boolean {
  return Object.entries(condition ?? {}).every(
    ([operator, block]) =>
      isObject(block) && Object.entries(block).every(([key, expected]) => conditionHolds(operator, keys[key.toLowerCase()], expected)),
  );
}

function conditionHolds(fullOperator: string, actual: string | undefined, expected: unknown): boolean {
  const operator = fullOperator.replace(/IfExists$/, '');
  const values = asList(expected).map(String);
  if (operator === 'Null') {
    return values.includes(String(actual === undefined));
  }
  if (actual === undefined) {
    return fullOperator.endsWith('IfExists') || operator in negatedOperators;
  }
  if (operator in operators) {
    return values.some((value) => operators[operator](value, actual));
  }
  if (operator in negatedOperators) {
    return !values.some((value) => negatedOperators[operator](value, actual));
  }
  // An operator that is not known here must not grant anything.
  return false;
}

/** IAM does not count white space against its size limits. */
export function countedSize(document: unknown): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocument', message);
}
