/** The values of a stack's parameters. */
import { asList, isObject, isText, type JsonObject } from '../json';
import { invalid, type Template } from './template';

export interface ParameterValue {
  /** The value as it was given. For an SSM parameter type, it is the name of the parameter. */
  readonly given: string;
  /** What Ref gives: a list for list types. */
  readonly value: string | readonly string[];
  readonly fromSsm: boolean;
}

export type ParameterValues = Readonly<Record<string, ParameterValue>>;

export interface ParameterSources {
  /** `Parameters` of the request. */
  readonly supplied: unknown;
  readonly previous: ParameterValues;
  readonly ssmParameter: (name: string) => string | undefined;
}

export function resolveParameters(template: Template, sources: ParameterSources): ParameterValues {
  const supplied = new Map(
    asList(sources.supplied || [])
      .filter(isObject)
      .map((parameter) => [String(parameter.ParameterKey), parameter]),
  );
  const foreign = [...supplied.keys()].filter((name) => !(name in template.parameters));
  if (foreign.length > 0) {
    throw invalid(`Parameters: [${foreign.join(', ')}] do not exist in the template`);
  }
  const given = Object.entries(template.parameters).map(([name, definition]) => ({
    name,
    definition,
    value: givenValue(supplied.get(name), sources.previous[name], definition),
  }));
  const missing = given.filter(({ value }) => value === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    throw invalid(`Parameters: [${missing.join(', ')}] must have values`);
  }
  return Object.fromEntries(given.map(({ name, definition, value = '' }) => [name, resolve(name, value, definition, sources)]));
}

function givenValue(supplied: JsonObject | undefined, previous: ParameterValue | undefined, definition: JsonObject): string | undefined {
  // An SSM parameter keeps its name this way; its value is read again.
  if (String(supplied?.UsePreviousValue) === 'true') {
    return previous?.given;
  }
  if (supplied?.ParameterValue !== undefined) {
    return String(supplied.ParameterValue);
  }
  return definition.Default === undefined ? undefined : String(definition.Default);
}

function resolve(name: string, given: string, definition: JsonObject, { ssmParameter }: ParameterSources): ParameterValue {
  const type = String(definition.Type);
  const ssmType = /^AWS::SSM::Parameter::Value<(.*)>$/.exec(type)?.[1];
  const text = ssmType === undefined ? given : ssmParameter(given);
  if (text === undefined) {
    throw invalid(`Unable to fetch parameters [${given}] from parameter store for this account.`);
  }
  check(name, text, definition);
  return { given, value: isList(ssmType ?? type) ? listOf(text) : text, fromSsm: ssmType !== undefined };
}

function isList(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}

function listOf(text: string): readonly string[] {
  return text.split(',').map((element) => element.trim());
}

function check(name: string, value: string, definition: JsonObject): void {
  const { AllowedValues: allowed, AllowedPattern: pattern, MinLength: least, MaxLength: most } = definition;
  const constraint = isText(definition.ConstraintDescription) ? definition.ConstraintDescription : undefined;
  if (allowed !== undefined && !asList(allowed).map(String).includes(value)) {
    throw invalid(constraint ?? `Template error: Parameter '${name}' must be one of AllowedValues`);
  }
  if (isText(pattern) && !new RegExp(`^(?:${pattern})$`).test(value)) {
    throw invalid(`Parameter ${name} failed to satisfy constraint: ${constraint ?? `must match pattern ${pattern}`}`);
  }
  const range = `${String(least ?? 0)} and ${String(most ?? '∞')}`;
  if ((least !== undefined && value.length < Number(least)) || (most !== undefined && value.length > Number(most))) {
    throw invalid(constraint ?? `Template error: Parameter '${name}' must contain between ${range} characters`);
  }
  if (definition.Type === 'Number' && (value.trim() === '' || Number.isNaN(Number(value)))) {
    throw invalid(`Parameter '${name}' must be a number.`);
  }
}
