/**
 * State machine definitions, checked as CreateStateMachine checks them: https://states-language.net/spec.html The
 * language is JSONPath. Refused, because it is not here: JSONata, Assign, Map, Parallel, and tasks other than Lambda.
 */
import { isObject, isText, parseJson, type JsonObject } from '../json';
import { AwsError } from '../service';
import { isTimestamp, ruleFaults } from './choice-rules';
import { parseIntrinsic } from './intrinsic-functions';
import { parsePath } from './paths';

export interface Definition {
  readonly startAt: string;
  readonly states: Readonly<Record<string, JsonObject>>;
  readonly timeoutSeconds?: number;
}

const transition = ['Next', 'End'];
const inputOutput = ['InputPath', 'OutputPath'];

/** The fields of a state by its type, without Type, Comment and QueryLanguage that each may have. */
const fieldsByType: Readonly<Record<string, readonly string[]>> = {
  Task: [
    ...transition,
    ...inputOutput,
    'Resource',
    'Parameters',
    'ResultSelector',
    'ResultPath',
    'Retry',
    'Catch',
    'TimeoutSeconds',
    'TimeoutSecondsPath',
    'HeartbeatSeconds',
    'HeartbeatSecondsPath',
  ],
  Pass: [...transition, ...inputOutput, 'Parameters', 'Result', 'ResultPath'],
  Wait: [...transition, ...inputOutput, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: [...inputOutput, 'Choices', 'Default'],
  Succeed: inputOutput,
  Fail: ['Error', 'ErrorPath', 'Cause', 'CausePath'],
};

const lambdaInvokeParameters = ['FunctionName', 'Payload', 'InvocationType', 'Qualifier', 'ClientContext', 'LogType'];

export function parseDefinition(text: string): Definition {
  const definition = parseObject(text);
  const faults = [...definitionFaults(definition)];
  if (faults.length > 0) {
    throw invalidDefinition(faults.join('; '));
  }
  const states = isObject(definition.States) ? definition.States : {};
  return {
    startAt: String(definition.StartAt),
    states: Object.fromEntries(Object.entries(states).flatMap(([name, state]) => (isObject(state) ? [[name, state]] : []))),
    ...(typeof definition.TimeoutSeconds === 'number' && { timeoutSeconds: definition.TimeoutSeconds }),
  };
}

/** `arn:aws:states:::lambda:invoke`, in whatever partition. */
export function isLambdaInvoke(resource: unknown): boolean {
  return isText(resource) && /^arn:[\w-]+:states:::lambda:invoke$/.test(resource);
}

function isLambdaFunction(resource: unknown): boolean {
  return isText(resource) && /^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(resource);
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw invalidDefinition('INVALID_JSON_DESCRIPTION: the definition is not valid JSON');
  }
  if (!isObject(value)) {
    throw invalidDefinition('INVALID_JSON_DESCRIPTION: the definition is not a JSON object');
  }
  return value;
}

function invalidDefinition(message: string): AwsError {
  return new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${message}'`);
}

const schema = (message: string): string => `SCHEMA_VALIDATION_FAILED: ${message}`;

function* definitionFaults(definition: JsonObject): Generator<string> {
  yield* languageFaults(definition, '/');
  yield* unknownFields(definition, ['Comment', 'StartAt', 'States', 'TimeoutSeconds', 'Version', 'QueryLanguage'], '/');
  const { States: states, TimeoutSeconds: timeout } = definition;
  if (timeout !== undefined && (typeof timeout !== 'number' || timeout <= 0)) {
    yield schema('Value is not a positive number at /TimeoutSeconds');
  }
  if (!isObject(states) || Object.keys(states).length === 0) {
    return yield schema("The field 'States' is missing or empty at /");
  }
  for (const [name, state] of Object.entries(states)) {
    yield* stateFaults(name, state);
  }
  yield* transitionFaults(definition.StartAt, states);
  return undefined;
}

function* languageFaults(object: JsonObject, where: string): Generator<string> {
  const { QueryLanguage: language } = object;
  if (language !== undefined && language !== 'JSONPath') {
    yield schema(`The embedded Step Functions know JSONPath only, not ${String(language)}, at ${where}`);
  }
}

function* unknownFields(object: JsonObject, known: readonly string[], where: string): Generator<string> {
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) {
      yield schema(`Field '${name}' is not supported at ${where}`);
    }
  }
}

function* stateFaults(name: string, state: unknown): Generator<string> {
  const where = `/States/${name}`;
  if (name.length > 80) {
    yield schema(`State name is longer than 80 characters at ${where}`);
  }
  if (!isObject(state)) {
    return yield schema(`Value is not an object at ${where}`);
  }
  const fields = isText(state.Type) ? fieldsByType[state.Type] : undefined;
  if (!fields) {
    return yield schema(`The embedded Step Functions have no state type ${JSON.stringify(state.Type)} at ${where}/Type`);
  }
  yield* languageFaults(state, where);
  yield* unknownFields(state, ['Type', 'Comment', 'QueryLanguage', ...fields], where);
  if (fields.includes('Next')) {
    yield* endFaults(state, where);
  }
  yield* pathFaults(state, where);
  for (const template of ['Parameters', 'ResultSelector']) {
    yield* templateFaults(state[template], `${where}/${template}`);
  }
  yield* typeFaults(state, where);
  return undefined;
}

function* endFaults(state: JsonObject, where: string): Generator<string> {
  const end = state.End === true;
  if (state.End !== undefined && !end) {
    yield schema(`Value is not 'true' at ${where}/End`);
  }
  if (end === (state.Next !== undefined)) {
    yield schema(`These fields are required, exactly one of them: ['Next', 'End'] at ${where}`);
  }
}

function* pathFaults(state: JsonObject, where: string): Generator<string> {
  for (const name of [
    'InputPath',
    'OutputPath',
    'ResultPath',
    'SecondsPath',
    'TimestampPath',
    'TimeoutSecondsPath',
    'HeartbeatSecondsPath',
  ]) {
    const value = state[name];
    const nullable = ['InputPath', 'OutputPath', 'ResultPath'].includes(name);
    if (value === undefined || (value === null && nullable)) {
      continue;
    }
    const path = isText(value) ? parsePath(value) : undefined;
    if (!path || (name === 'ResultPath' && path.root === '$$')) {
      yield schema(`Value is not a Reference Path at ${where}/${name}`);
    }
  }
}

function* templateFaults(template: unknown, where: string): Generator<string> {
  if (Array.isArray(template)) {
    for (const [index, element] of template.entries()) {
      yield* templateFaults(element, `${where}[${index}]`);
    }
  }
  if (!isObject(template)) {
    return;
  }
  for (const [key, value] of Object.entries(template)) {
    if (key.endsWith('.$')) {
      yield* expressionFaults(value, `${where}/${key}`);
    } else {
      yield* templateFaults(value, `${where}/${key}`);
    }
  }
}

function* expressionFaults(value: unknown, where: string): Generator<string> {
  if (!isText(value)) {
    return yield schema(`The value for the field must be a STRING that contains a JSONPath at ${where}`);
  }
  if (!value.startsWith('States.')) {
    if (!parsePath(value)) {
      yield schema(`The value must be a valid JSONPath or a valid intrinsic function call at ${where}`);
    }
    return undefined;
  }
  try {
    parseIntrinsic(value);
  } catch (error) {
    yield schema(`${error instanceof Error ? error.message : String(error)} at ${where}`);
  }
  return undefined;
}

function* typeFaults(state: JsonObject, where: string): Generator<string> {
  if (state.Type === 'Task') {
    yield* taskFaults(state, where);
  }
  if (state.Type === 'Wait') {
    yield* waitFaults(state, where);
  }
  if (state.Type === 'Choice') {
    yield* choiceFaults(state, where);
  }
  if (state.Type === 'Fail') {
    yield* failFaults(state, where);
  }
}

function* taskFaults(state: JsonObject, where: string): Generator<string> {
  if (!isLambdaFunction(state.Resource) && !isLambdaInvoke(state.Resource)) {
    yield schema(`The embedded Step Functions invoke Lambda functions only, not ${JSON.stringify(state.Resource)}, at ${where}/Resource`);
  }
  if (isLambdaInvoke(state.Resource)) {
    yield* lambdaInvokeFaults(state.Parameters, `${where}/Parameters`);
  }
  for (const name of ['TimeoutSeconds', 'HeartbeatSeconds']) {
    const value = state[name];
    if (value !== undefined && (typeof value !== 'number' || value <= 0)) {
      yield schema(`Value is not a positive number at ${where}/${name}`);
    }
  }
  for (const name of ['Retry', 'Catch']) {
    yield* handlerFaults(name, state[name], `${where}/${name}`);
  }
}

function* lambdaInvokeFaults(parameters: unknown, where: string): Generator<string> {
  if (!isObject(parameters)) {
    return yield schema(`The field 'FunctionName' is required but was missing at ${where}`);
  }
  const names = Object.keys(parameters).map((name) => name.replace(/\.\$$/, ''));
  if (!names.includes('FunctionName')) {
    yield schema(`The field 'FunctionName' is required but was missing at ${where}`);
  }
  for (const name of names) {
    if (!lambdaInvokeParameters.includes(name)) {
      yield schema(`The field '${name}' is not supported by Step Functions at ${where}`);
    }
  }
  return undefined;
}

function* handlerFaults(kind: string, handlers: unknown, where: string): Generator<string> {
  if (handlers === undefined) {
    return;
  }
  if (!Array.isArray(handlers)) {
    return yield schema(`Value is not an array at ${where}`);
  }
  for (const [index, handler] of handlers.entries()) {
    const last = index === handlers.length - 1;
    yield* kind === 'Retry' ? retrierFaults(handler, last, `${where}[${index}]`) : catcherFaults(handler, last, `${where}[${index}]`);
  }
}

function* retrierFaults(retrier: unknown, last: boolean, where: string): Generator<string> {
  if (!isObject(retrier)) {
    return yield schema(`Value is not an object at ${where}`);
  }
  yield* unknownFields(
    retrier,
    ['Comment', 'ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy'],
    where,
  );
  yield* errorEqualsFaults(retrier.ErrorEquals, last, where);
  const least = { IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1, MaxDelaySeconds: 1 };
  for (const [name, limit] of Object.entries(least)) {
    const value = retrier[name];
    if (value !== undefined && (typeof value !== 'number' || value < limit)) {
      yield schema(`Value must be a number of at least ${limit} at ${where}/${name}`);
    }
  }
  return undefined;
}

function* catcherFaults(catcher: unknown, last: boolean, where: string): Generator<string> {
  if (!isObject(catcher)) {
    return yield schema(`Value is not an object at ${where}`);
  }
  yield* unknownFields(catcher, ['Comment', 'ErrorEquals', 'Next', 'ResultPath'], where);
  yield* errorEqualsFaults(catcher.ErrorEquals, last, where);
  if (!isText(catcher.Next)) {
    yield schema(`The field 'Next' is required but was missing at ${where}`);
  }
  yield* pathFaults(catcher, where);
  return undefined;
}

function* errorEqualsFaults(names: unknown, last: boolean, where: string): Generator<string> {
  if (!Array.isArray(names) || names.length === 0 || !names.every(isText)) {
    return yield schema(`Value must be a non-empty array of strings at ${where}/ErrorEquals`);
  }
  if (names.includes('States.ALL') && (names.length > 1 || !last)) {
    yield schema(`States.ALL must appear alone and last at ${where}/ErrorEquals`);
  }
  return undefined;
}

function* waitFaults(state: JsonObject, where: string): Generator<string> {
  const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((name) => state[name] !== undefined);
  if (given.length !== 1) {
    yield schema(`Exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is required at ${where}`);
  }
  const { Seconds: seconds, Timestamp: timestamp } = state;
  // The limit of Seconds: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
  if (seconds !== undefined && (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds > 99_999_999)) {
    yield schema(`Value is not an integer between 0 and 99999999 at ${where}/Seconds`);
  }
  if (timestamp !== undefined && !isTimestamp(timestamp)) {
    yield schema(`Value is not a timestamp at ${where}/Timestamp`);
  }
}

function* choiceFaults(state: JsonObject, where: string): Generator<string> {
  if (!Array.isArray(state.Choices) || state.Choices.length === 0) {
    return yield schema(`Value must be a non-empty array at ${where}/Choices`);
  }
  for (const [index, rule] of state.Choices.entries()) {
    for (const fault of ruleFaults(rule, `${where}/Choices[${index}]`, true)) {
      yield schema(fault);
    }
  }
  return undefined;
}

function* failFaults(state: JsonObject, where: string): Generator<string> {
  for (const name of ['Error', 'Cause']) {
    const [value, path] = [state[name], state[`${name}Path`]];
    if (value !== undefined && !isText(value)) {
      yield schema(`Value is not a string at ${where}/${name}`);
    }
    if (path !== undefined && (!isText(path) || !(path.startsWith('States.') || parsePath(path)))) {
      yield schema(`Value is not a Reference Path at ${where}/${name}Path`);
    }
    if (value !== undefined && path !== undefined) {
      yield schema(`Only one of '${name}', '${name}Path' is allowed at ${where}`);
    }
  }
}

function* transitionFaults(startAt: unknown, states: JsonObject): Generator<string> {
  if (!isText(startAt) || !(startAt in states)) {
    return yield `MISSING_TRANSITION_TARGET: Missing 'Next' target: ${String(startAt)} at /StartAt`;
  }
  const reached = new Set([startAt]);
  for (const name of reached) {
    for (const target of targetsOf(states[name])) {
      if (target in states) {
        reached.add(target);
      } else {
        yield `MISSING_TRANSITION_TARGET: Missing 'Next' target: ${target} at /States/${name}`;
      }
    }
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) {
      yield `MISSING_TRANSITION_TARGET: State "${name}" is not reachable. at /States/${name}`;
    }
  }
  return undefined;
}

function targetsOf(state: unknown): readonly string[] {
  if (!isObject(state)) {
    return [];
  }
  const handlers = [state.Choices, state.Catch].flatMap((list) => (Array.isArray(list) ? list : [])).filter(isObject);
  return [state.Next, state.Default, ...handlers.map(({ Next: next }) => next)].filter(isText);
}
