/** The CloudFormation types of S3. */
import { urlSuffixOf } from '../account';
import { object, requiredText, text } from '../resource-properties';
import { type S3Service } from './s3';
import { AwsError, type Properties, type ResourceState, type ResourceType } from '../service';

export function s3ResourceTypes(s3: S3Service): Readonly<Record<string, ResourceType>> {
  return { 'AWS::S3::Bucket': bucketType(s3), 'AWS::S3::BucketPolicy': bucketPolicyType(s3) };
}

function bucketType(s3: S3Service): ResourceType {
  return {
    createOnly: ['BucketName'],
    create: async (properties, context) => {
      const name =
        text(properties, 'BucketName') ??
        context.generatedName
          .toLowerCase()
          .slice(-63)
          .replace(/^[^a-z0-9]+/, '');
      s3.createBucket(name);
      return configure(s3, name, properties);
    },
    update: async (name, properties) => configure(s3, name, properties),
    delete: async (name) => s3.deleteBucket(name),
  };
}

function configure(s3: S3Service, name: string, properties: Properties): ResourceState {
  s3.bucket(name).encryption = object(properties, 'BucketEncryption');
  const { partition, region } = s3.options;
  const suffix = urlSuffixOf(partition);
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:${partition}:s3:::${name}`,
      DomainName: `${name}.s3.${suffix}`,
      RegionalDomainName: `${name}.s3.${region}.${suffix}`,
      DualStackDomainName: `${name}.s3.dualstack.${region}.${suffix}`,
      WebsiteURL: `http://${name}.s3-website-${region}.${suffix}`,
    },
  };
}

function bucketPolicyType(s3: S3Service): ResourceType {
  return {
    createOnly: ['Bucket'],
    create: async (properties) => {
      const bucket = s3.bucket(requiredText(properties, 'Bucket'));
      if (bucket.policy !== undefined) {
        throw new AwsError('AlreadyExists', `The bucket policy already exists on bucket ${bucket.name}.`, 409);
      }
      bucket.policy = policyOf(properties);
      return { physicalId: bucket.name, attributes: {} };
    },
    update: async (name, properties) => {
      s3.bucket(name).policy = policyOf(properties);
      return { physicalId: name, attributes: {} };
    },
    delete: async (name) => {
      s3.bucket(name).policy = undefined;
    },
  };
}

function policyOf(properties: Properties): unknown {
  const policy = object(properties, 'PolicyDocument');
  if (!policy) {
    throw new AwsError('MalformedPolicy', 'Properties validation failed: #: required key [PolicyDocument] not found');
  }
  return policy;
}
