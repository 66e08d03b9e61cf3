/** Reads the properties of a resource, and refuses what CloudFormation refuses by the schema of the resource type. */
import { isObject, isText, type JsonObject } from './json';
import { AwsError } from './service';

export interface Members {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
}

export class PropertyError extends AwsError {
  constructor(message: string) {
    super('ValidationError', message);
  }
}

/** CloudFormation's words: "required key [Role] not found", "extraneous key [Foo] is not permitted". */
export function checkMembers(properties: JsonObject, { required = [], optional = [] }: Members, where = '#'): void {
  for (const name of required) {
    if (properties[name] === undefined) {
      throw new PropertyError(`Properties validation failed: ${where}: required key [${name}] not found`);
    }
  }
  for (const name of Object.keys(properties)) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw new PropertyError(`Properties validation failed: ${where}: extraneous key [${name}] is not permitted`);
    }
  }
}

export function text(properties: JsonObject, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined) {
    return undefined;
  }
  if (!isText(value)) {
    throw wrongType(name, 'String', value);
  }
  return value;
}

export function requiredText(properties: JsonObject, name: string): string {
  const value = text(properties, name);
  if (value === undefined) {
    throw new PropertyError(`Properties validation failed: #: required key [${name}] not found`);
  }
  return value;
}

/** Templates write numbers as numbers or as text. Both are valid. */
export function wholeNumber(
  properties: JsonObject,
  name: string,
  range: { readonly least: number; readonly most: number },
): number | undefined {
  const value = properties[name];
  if (value === undefined) {
    return undefined;
  }
  const number = isText(value) && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw wrongType(name, 'Integer', value);
  }
  if (number < range.least || number > range.most) {
    throw new PropertyError(`Properties validation failed: #/${name}: ${number} is not between ${range.least} and ${range.most}`);
  }
  return number;
}

export function flag(properties: JsonObject, name: string): boolean | undefined {
  const value = properties[name];
  if (value === undefined) {
    return undefined;
  }
  if (value === true || value === 'true') {
    return true;
  }
  if (value === false || value === 'false') {
    return false;
  }
  throw wrongType(name, 'Boolean', value);
}

export function object(properties: JsonObject, name: string): JsonObject | undefined {
  const value = properties[name];
  if (value === undefined) {
    return undefined;
  }
  if (!isObject(value)) {
    throw wrongType(name, 'JSONObject', value);
  }
  return value;
}

export function objects(properties: JsonObject, name: string): readonly JsonObject[] {
  return list(properties, name).map((value) => {
    if (!isObject(value)) {
      throw wrongType(name, 'JSONObject', value);
    }
    return value;
  });
}

export function texts(properties: JsonObject, name: string): readonly string[] {
  return list(properties, name).map((value) => {
    if (!isText(value)) {
      throw wrongType(name, 'String', value);
    }
    return value;
  });
}

function list(properties: JsonObject, name: string): readonly unknown[] {
  const value = properties[name];
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw wrongType(name, 'JSONArray', value);
  }
  return value;
}

function wrongType(name: string, expected: string, value: unknown): PropertyError {
  return new PropertyError(`Properties validation failed: #/${name}: expected type: ${expected}, found: ${typeOf(value)}`);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) {
    return 'JSONArray';
  }
  return isObject(value) ? 'JSONObject' : typeof value;
}
