/**
 * S3: buckets and objects in memory. Not here: versions, multipart uploads, access control lists, bucket policies in
 * force.
 */
import { createHash } from 'node:crypto';
import { type Account } from '../account';
import { type IamService } from '../iam/iam';
import { asList, isObject } from '../json';
import { xml } from '../protocols';
import { s3ResourceTypes } from './resource-types';
import { AwsError, type AwsRequest, type AwsResponse, type ResourceType, type Service } from '../service';

export interface S3Options extends Account {
  readonly clock: { now(): number };
  readonly iam: IamService;
}

export interface S3Object {
  readonly key: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly contentType: string;
  readonly modified: Date;
}

export interface Bucket {
  readonly name: string;
  /** As AWS::S3::Bucket has it. */
  encryption: unknown;
  policy?: unknown;
  readonly objects: Map<string, S3Object>;
}

const namespace = { '@xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/' };

/**
 * Query parameters that are operations of their own. A request with one of them must not be treated as a plain read or
 * write.
 */
const subresources = [
  'acl',
  'cors',
  'delete',
  'lifecycle',
  'logging',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'replication',
  'restore',
  'tagging',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
  'versionId',
];

interface Address {
  readonly bucket: string;
  readonly key: string;
}

export class S3Service implements Service {
  readonly signingName = 's3';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  private readonly buckets = new Map<string, Bucket>();

  constructor(readonly options: S3Options) {
    this.resourceTypes = s3ResourceTypes(this);
  }

  createBucket(name: string): Bucket {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
    }
    if (this.buckets.has(name)) {
      throw new AwsError(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        409,
      );
    }
    const bucket: Bucket = { name, encryption: undefined, objects: new Map() };
    this.buckets.set(name, bucket);
    return bucket;
  }

  deleteBucket(name: string): void {
    if (this.bucket(name).objects.size > 0) {
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409);
    }
    this.buckets.delete(name);
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) {
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    }
    return bucket;
  }

  bucketNames(): readonly string[] {
    return [...this.buckets.keys()];
  }

  putObject(bucketName: string, key: string, body: Buffer | string, contentType = 'binary/octet-stream'): S3Object {
    const content = Buffer.from(body);
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    const object = { key, body: content, etag, contentType, modified: new Date(this.options.clock.now()) };
    this.bucket(bucketName).objects.set(key, object);
    return object;
  }

  getObject(bucketName: string, key: string): Buffer {
    return this.object(bucketName, key).body;
  }

  /** The keys in their order. */
  listObjects(bucketName: string, prefix = ''): readonly string[] {
    return [...this.bucket(bucketName).objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  deleteObject(bucketName: string, key: string): void {
    this.bucket(bucketName).objects.delete(key);
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { bucket, key } = addressOf(request);
    if (bucket === '') {
      throw notImplemented('operations without a bucket');
    }
    const subresource = subresources.find((name) => request.query.has(name));
    if (subresource) {
      throw notImplemented(`?${subresource}`);
    }
    return key === '' ? this.handleBucket(request, bucket) : this.handleObject(request, bucket, key);
  }

  private handleBucket(request: AwsRequest, name: string): AwsResponse {
    const operation = bucketOperation(request);
    this.options.iam.authorize(request.caller, `s3:${operation}`, this.arn(name), this.conditionKeys());
    const bucket = this.bucket(name);
    if (operation === 'GetBucketLocation') {
      return this.location();
    }
    if (operation === 'GetEncryptionConfiguration') {
      return encryptionOf(bucket);
    }
    if (request.method === 'HEAD') {
      return { status: 200, headers: { 'x-amz-bucket-region': this.options.region } };
    }
    return this.listObjectsV2(bucket, request.query);
  }

  private handleObject(request: AwsRequest, bucketName: string, key: string): AwsResponse {
    const operation = objectOperations[request.method];
    if (!operation) {
      throw notImplemented(request.method);
    }
    this.options.iam.authorize(request.caller, `s3:${operation}`, this.arn(`${bucketName}/${key}`), this.conditionKeys());
    if (operation === 'PutObject') {
      return this.put(request, bucketName, key);
    }
    if (operation === 'DeleteObject') {
      this.deleteObject(bucketName, key);
      return { status: 204 };
    }
    const { body, etag, contentType, modified } = this.object(bucketName, key);
    const headers = {
      'etag': etag,
      'content-type': contentType,
      'last-modified': modified.toUTCString(),
      'content-length': String(body.length),
    };
    return { status: 200, headers, body };
  }

  private put(request: AwsRequest, bucketName: string, key: string): AwsResponse {
    if (request.headers['x-amz-copy-source']) {
      throw notImplemented('CopyObject');
    }
    const { etag } = this.putObject(bucketName, key, unchunked(request), request.headers['content-type']);
    return { status: 200, headers: { etag } };
  }

  private object(bucketName: string, key: string): S3Object {
    const object = this.bucket(bucketName).objects.get(key);
    if (!object) {
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
    }
    return object;
  }

  /**
   * The oldest region has no name in this answer:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
   */
  private location(): AwsResponse {
    const { region } = this.options;
    return xml(200, 'LocationConstraint', { ...namespace, '#text': region === 'us-east-1' ? '' : region });
  }

  private listObjectsV2(bucket: Bucket, query: URLSearchParams): AwsResponse {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const limit = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    const keys = this.listObjects(bucket.name, prefix).filter((key) => key > after);
    const page = keys.slice(0, limit);
    return xml(200, 'ListBucketResult', {
      ...namespace,
      Name: bucket.name,
      Prefix: prefix,
      KeyCount: page.length,
      MaxKeys: limit,
      IsTruncated: keys.length > page.length,
      ...(keys.length > page.length && { NextContinuationToken: page.at(-1) }),
      Contents: page
        .map((key) => this.object(bucket.name, key))
        .map(({ key, etag, body, modified }) => ({
          Key: key,
          ETag: etag,
          Size: body.length,
          LastModified: modified.toISOString(),
          StorageClass: 'STANDARD',
        })),
    });
  }

  private arn(resource: string): string {
    return `arn:${this.options.partition}:s3:::${resource}`;
  }

  private conditionKeys(): Record<string, string> {
    return { 'aws:ResourceAccount': this.options.accountId, 's3:ResourceAccount': this.options.accountId };
  }
}

const objectOperations: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'GetObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
};

function bucketOperation({ method, query }: AwsRequest): string {
  if (method === 'HEAD') {
    return 'ListBucket';
  }
  if (method !== 'GET') {
    throw notImplemented(`${method} on a bucket`);
  }
  if (query.has('location')) {
    return 'GetBucketLocation';
  }
  if (query.has('encryption')) {
    return 'GetEncryptionConfiguration';
  }
  if (query.get('list-type') === '2') {
    return 'ListBucket';
  }
  throw notImplemented('ListObjects (version 1)');
}

/** `bucket.s3.region.amazonaws.com/key`, or `host/bucket/key`. */
function addressOf({ host, path }: AwsRequest): Address {
  const virtual = /^(.+)\.s3[.-]/.exec(host)?.[1];
  if (virtual !== undefined) {
    return { bucket: virtual, key: path.slice(1) };
  }
  const [bucket, ...key] = path.slice(1).split('/');
  return { bucket, key: key.join('/') };
}

/** SDKs send streams in signed chunks: `SIZE;chunk-signature=…\r\n…\r\n0\r\n` and a checksum as a trailer. */
function unchunked({ headers, body }: AwsRequest): Buffer {
  if (!(headers['content-encoding'] ?? '').includes('aws-chunked')) {
    return body;
  }
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.subarray(at, lineEnd).toString(), 16);
    if (lineEnd < 0 || Number.isNaN(size)) {
      throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
    }
    if (size === 0) {
      return Buffer.concat(parts);
    }
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** Every bucket is encrypted, with S3's own keys if nothing else is configured. */
function encryptionOf(bucket: Bucket): AwsResponse {
  const rules = isObject(bucket.encryption)
    ? asList(bucket.encryption.ServerSideEncryptionConfiguration)
    : [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }];
  return xml(200, 'ServerSideEncryptionConfiguration', {
    ...namespace,
    Rule: rules.filter(isObject).map(({ ServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: hasKey = false }) => ({
      ApplyServerSideEncryptionByDefault: byDefault,
      BucketKeyEnabled: hasKey,
    })),
  });
}

function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `The embedded S3 has no ${what}.`, 501);
}
