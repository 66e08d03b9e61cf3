/**
 * The wire protocols of AWS: how a request names its operation and parameters, and how answers and errors look.
 * https://smithy.io/2.0/aws/protocols/index.html
 */
import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { isObject, parseJson, type JsonObject } from './json';
import { AwsError, type AwsRequest, type AwsResponse } from './service';

export type Protocol = 'query' | 'json' | 'rest-json' | 'rest-xml';

/** By the name in the scope of the signature. */
const protocols: Readonly<Record<string, Protocol>> = {
  cloudformation: 'query',
  sts: 'query',
  iam: 'query',
  ssm: 'json',
  states: 'json',
  dynamodb: 'json',
  logs: 'json',
  lambda: 'rest-json',
  cleanrooms: 'rest-json',
  s3: 'rest-xml',
};

const namespaces: Readonly<Record<string, string>> = {
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};

export function protocolOf(signingName: string): Protocol {
  return protocols[signingName] ?? 'rest-json';
}

// --- Query protocol

export interface QueryRequest {
  readonly operation: string;
  /** `Tags.member.1.Key=a` is here `{ Tags: [{ Key: 'a' }] }`. */
  readonly parameters: JsonObject;
}

interface Branch {
  [name: string]: Branch | string;
}

export function parseQueryRequest(request: AwsRequest): QueryRequest {
  const form = new URLSearchParams(request.method === 'GET' ? request.query.toString() : request.body.toString());
  const tree: Branch = {};
  for (const [name, value] of form) {
    plant(tree, name.split('.'), value);
  }
  const { Action: operation = '', Version: _version, ...parameters } = tree;
  return {
    operation: String(operation),
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, listsOf(value)])),
  };
}

function plant(tree: Branch, path: readonly string[], value: string): void {
  const [name, ...rest] = path;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const existing = tree[name];
  const branch: Branch = typeof existing === 'object' ? existing : {};
  tree[name] = branch;
  plant(branch, rest, value);
}

/** An empty list parameter comes as `Capabilities=`. Code that reads a list takes an empty text as an empty list. */
function listsOf(value: Branch | string): unknown {
  if (typeof value === 'string') {
    return value;
  }
  const members = value.member;
  if (typeof members === 'object') {
    return Object.keys(members)
      .sort((one, other) => Number(one) - Number(other))
      .map((index) => listsOf(members[index]));
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, listsOf(member)]));
}

// --- XML

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: false });

/** In the query protocol a list is `<Stacks><member>…</member></Stacks>`. */
export function queryAnswer(service: string, operation: string, result: JsonObject): AwsResponse {
  const namespace = { '@xmlns': namespaces[service] ?? '' };
  return xml(200, `${operation}Response`, {
    ...namespace,
    [`${operation}Result`]: membersOf(result),
    ResponseMetadata: { RequestId: randomUUID() },
  });
}

export function xml(status: number, root: string, content: JsonObject): AwsResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: content })}`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function membersOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return { member: value.map(membersOf) };
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, membersOf(member)]),
  );
}

// --- JSON

/** `X-Amz-Target: AmazonSSM.GetParameter` names the operation. */
export function jsonOperation(request: AwsRequest): string {
  return (request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
}

export function jsonBody(request: AwsRequest): JsonObject {
  const value = parseJson(request.body.length === 0 ? '{}' : request.body.toString());
  if (!isObject(value)) {
    throw new AwsError('SerializationException', 'The body is not a JSON object.');
  }
  return value;
}

export function jsonAnswer(result: unknown): AwsResponse {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(result) };
}

// --- Errors

export function errorAnswer(protocol: Protocol, error: AwsError): AwsResponse {
  const requestId = randomUUID();
  if (protocol === 'query') {
    return queryError(error, requestId);
  }
  if (protocol === 'rest-xml') {
    return xml(error.status, 'Error', { Code: error.code, Message: error.message, ...error.members, RequestId: requestId });
  }
  const body = JSON.stringify({ ...(protocol === 'json' && { __type: error.code }), message: error.message, ...error.members });
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code, 'x-amzn-requestid': requestId },
    body,
  };
}

function queryError(error: AwsError, requestId: string): AwsResponse {
  return xml(error.status, 'ErrorResponse', {
    Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
    RequestId: requestId,
  });
}
