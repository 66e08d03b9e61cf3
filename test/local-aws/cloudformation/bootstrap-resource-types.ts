/** The types in the CDK's bootstrap stack whose services nothing here uses: they exist, and that is all. */
import { randomUUID } from 'node:crypto';
import { requiredText, text } from '../resource-properties';
import { type ResourceContext, type ResourceType } from '../service';

export const bootstrapResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::ECR::Repository': {
    createOnly: ['RepositoryName'],
    create: async (properties, context) => repository(text(properties, 'RepositoryName') ?? context.generatedName.toLowerCase(), context),
    update: async (name, _properties, context) => repository(name, context),
    delete: async () => undefined,
  },
  'AWS::KMS::Key': {
    create: async (_properties, context) => key(randomUUID(), context),
    update: async (keyId, _properties, context) => key(keyId, context),
    delete: async () => undefined,
  },
  'AWS::KMS::Alias': {
    createOnly: ['AliasName'],
    create: async (properties) => ({ physicalId: requiredText(properties, 'AliasName'), attributes: {} }),
    update: async (aliasName) => ({ physicalId: aliasName, attributes: {} }),
    delete: async () => undefined,
  },
};

function repository(
  name: string,
  { partition, region, accountId }: ResourceContext,
): { physicalId: string; attributes: Record<string, string> } {
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`,
      RepositoryUri: `${accountId}.dkr.ecr.${region}.${suffix}/${name}`,
    },
  };
}

function key(keyId: string, { partition, region, accountId }: ResourceContext): { physicalId: string; attributes: Record<string, string> } {
  return { physicalId: keyId, attributes: { KeyId: keyId, Arn: `arn:${partition}:kms:${region}:${accountId}:key/${keyId}` } };
}
