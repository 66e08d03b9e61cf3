/**
 * Types of resources that do nothing: those of CloudFormation and the CDK that stand for nothing, and those of the
 * CDK's bootstrap stack whose services nothing here uses.
 */
import { urlSuffixOf } from '../account';
import { text } from '../resource-properties';
import { type ResourceContext, type ResourceType } from '../service';

export const inertResourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::CDK::Metadata': nothing(),
  'AWS::CloudFormation::WaitConditionHandle': nothing(),
  'AWS::ECR::Repository': {
    createOnly: ['RepositoryName'],
    create: async (properties, context) => repository(text(properties, 'RepositoryName') ?? context.generatedName.toLowerCase(), context),
    update: async (name, _properties, context) => repository(name, context),
    delete: async () => undefined,
  },
};

function nothing(): ResourceType {
  return {
    create: async (_properties, { generatedName }) => ({ physicalId: generatedName, attributes: {} }),
    update: async (physicalId) => ({ physicalId, attributes: {} }),
    delete: async () => undefined,
  };
}

function repository(
  name: string,
  { partition, region, accountId }: ResourceContext,
): { physicalId: string; attributes: Record<string, string> } {
  const suffix = urlSuffixOf(partition);
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`,
      RepositoryUri: `${accountId}.dkr.ecr.${region}.${suffix}/${name}`,
    },
  };
}
