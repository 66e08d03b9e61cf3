/** The CloudFormation types of Clean Rooms. */
import { randomUUID } from 'node:crypto';
import { type IamService } from '../iam/iam';
import { type JsonObject } from '../json';
import { checkMembers, object, objects, PropertyError, requiredText, text, texts } from '../resource-properties';
import { AwsError, type Properties, type ResourceState, type ResourceType } from '../service';
import {
  hashArtifact,
  type AnalysisTemplate,
  type Artifact,
  type Collaboration,
  type Collaborations,
  type JobResults,
  type Membership,
  type ObjectStore,
  type TemplateParameter,
} from './collaborations';

export interface ResourceTypeOptions {
  readonly iam: IamService;
  readonly s3: ObjectStore;
  readonly accountId: string;
  readonly partition: string;
}

export function cleanRoomsResourceTypes(
  collaborations: Collaborations,
  options: ResourceTypeOptions,
): Readonly<Record<string, ResourceType>> {
  return {
    'AWS::CleanRooms::Collaboration': collaborationType(collaborations, options.accountId),
    'AWS::CleanRooms::Membership': membershipType(collaborations, options.iam),
    'AWS::CleanRooms::AnalysisTemplate': analysisTemplateType(collaborations, options),
    'AWS::CleanRooms::ConfiguredTable': configuredTableType(collaborations),
    'AWS::CleanRooms::ConfiguredTableAssociation': tableAssociationType(collaborations),
  };
}

function collaborationType(collaborations: Collaborations, accountId: string): ResourceType {
  const state = ({ id, arn }: Collaboration): ResourceState => ({ physicalId: id, attributes: { Arn: arn, CollaborationIdentifier: id } });
  return {
    createOnly: [
      'CreatorDisplayName',
      'CreatorMemberAbilities',
      'CreatorMLMemberAbilities',
      'CreatorPaymentConfiguration',
      'DataEncryptionMetadata',
      'IsMetricsEnabled',
      'JobLogStatus',
      'Members',
      'QueryLogStatus',
    ],
    create: async (properties) => {
      checkCollaboration(properties);
      return state(collaborations.addCollaboration({ abilities: abilitiesOf(properties, accountId) }));
    },
    update: async (id, properties) => {
      checkCollaboration(properties);
      return state(collaborations.collaboration(id));
    },
    delete: async (id) => {
      collaborations.collaborations.delete(id);
    },
  };
}

function checkCollaboration(properties: Properties): void {
  checkMembers(properties, {
    required: ['CreatorDisplayName', 'Description', 'Name', 'QueryLogStatus'],
    optional: [
      'AllowedResultRegions',
      'AnalyticsEngine',
      'AutoApprovedChangeTypes',
      'CreatorMemberAbilities',
      'CreatorMLMemberAbilities',
      'CreatorPaymentConfiguration',
      'DataEncryptionMetadata',
      'IsMetricsEnabled',
      'JobLogStatus',
      'Members',
      'Tags',
    ],
  });
}

function abilitiesOf(properties: Properties, accountId: string): ReadonlyMap<string, readonly string[]> {
  const members = objects(properties, 'Members').map((member): [string, readonly string[]] => {
    checkMembers(
      member,
      { required: ['AccountId', 'DisplayName'], optional: ['MemberAbilities', 'MLMemberAbilities', 'PaymentConfiguration'] },
      '#/Members',
    );
    return [requiredText(member, 'AccountId'), texts(member, 'MemberAbilities')];
  });
  const abilities = new Map([...members, [accountId, texts(properties, 'CreatorMemberAbilities')]]);
  for (const ability of [...abilities.values()].flat()) {
    if (!['CAN_QUERY', 'CAN_RECEIVE_RESULTS', 'CAN_RUN_JOB'].includes(ability)) {
      throw new PropertyError(`Properties validation failed: ${ability} is not a valid enum value`);
    }
  }
  return abilities;
}

function membershipType(collaborations: Collaborations, iam: IamService): ResourceType {
  const state = ({ id, arn, collaboration }: Membership): ResourceState => ({
    physicalId: id,
    attributes: {
      Arn: arn,
      MembershipIdentifier: id,
      CollaborationArn: collaboration.arn,
      CollaborationCreatorAccountId: collaboration.creatorAccountId,
    },
  });
  return {
    createOnly: ['CollaborationIdentifier'],
    create: async (properties) => {
      checkMembership(properties);
      const collaboration = collaborations.collaboration(requiredText(properties, 'CollaborationIdentifier'));
      return state(collaborations.addMembership({ collaboration, results: resultsOf(properties, iam) }));
    },
    update: async (id, properties) => {
      checkMembership(properties);
      const membership = collaborations.ownMembership(id);
      membership.results = resultsOf(properties, iam);
      return state(membership);
    },
    delete: async (id) => collaborations.deleteMembership(id),
  };
}

function checkMembership(properties: Properties): void {
  checkMembers(properties, {
    required: ['CollaborationIdentifier', 'QueryLogStatus'],
    optional: [
      'DefaultJobResultConfiguration',
      'DefaultResultConfiguration',
      'IsMetricsEnabled',
      'JobLogStatus',
      'PaymentConfiguration',
      'Tags',
    ],
  });
}

function resultsOf(properties: Properties, iam: IamService): JobResults | undefined {
  const configuration = object(properties, 'DefaultJobResultConfiguration');
  if (!configuration) {
    return undefined;
  }
  checkMembers(configuration, { required: ['OutputConfiguration', 'RoleArn'] }, '#/DefaultJobResultConfiguration');
  const s3 = object(object(configuration, 'OutputConfiguration') ?? {}, 'S3') ?? {};
  checkMembers(s3, { required: ['Bucket'], optional: ['KeyPrefix'] }, '#/DefaultJobResultConfiguration/OutputConfiguration/S3');
  const roleArn = requiredText(configuration, 'RoleArn');
  checkServiceRole(iam, roleArn);
  return { bucket: requiredText(s3, 'Bucket'), keyPrefix: text(s3, 'KeyPrefix'), roleArn };
}

function checkServiceRole(iam: IamService, roleArn: string): void {
  if (iam.isAssumableBy(roleArn, 'cleanrooms.amazonaws.com')) {
    return;
  }
  throw new AwsError('ValidationException', `Clean Rooms can not assume the role ${roleArn}.`, 400, { reason: 'INVALID_CONFIGURATION' });
}

function analysisTemplateType(collaborations: Collaborations, options: ResourceTypeOptions): ResourceType {
  return {
    createOnly: [
      'AnalysisParameters',
      'ErrorMessageConfiguration',
      'Format',
      'MembershipIdentifier',
      'Name',
      'Source',
      'SyntheticDataParameters',
    ],
    create: async (properties) => {
      checkTemplate(properties);
      const artifacts = artifactsOf(properties, options);
      const template = collaborations.addTemplate({
        membership: collaborations.ownMembership(requiredText(properties, 'MembershipIdentifier')),
        format: requiredText(properties, 'Format'),
        parameters: parametersOf(properties),
        artifacts,
        artifactHashes: await Promise.all(artifacts.map((artifact) => hashOrRefuse(options.s3, artifact))),
      });
      return templateState(template);
    },
    update: async (physicalId, properties) => {
      checkTemplate(properties);
      return templateState(templateById(collaborations, physicalId));
    },
    delete: async (physicalId) => {
      collaborations.templates.delete(templateById(collaborations, physicalId).arn);
    },
  };
}

function checkTemplate(properties: Properties): void {
  checkMembers(properties, {
    required: ['Format', 'MembershipIdentifier', 'Name', 'Source'],
    optional: [
      'AnalysisParameters',
      'Description',
      'ErrorMessageConfiguration',
      'Schema',
      'SourceMetadata',
      'SyntheticDataParameters',
      'Tags',
    ],
  });
  const format = requiredText(properties, 'Format');
  if (format !== 'PYSPARK_1_0' && format !== 'SQL') {
    throw new PropertyError(`Properties validation failed: #/Format: ${format} is not a valid enum value`);
  }
  const source = object(properties, 'Source') ?? {};
  checkMembers(source, { optional: ['Artifacts', 'Text'] }, '#/Source');
  if (format === 'PYSPARK_1_0' && !source.Artifacts) {
    throw new PropertyError('Properties validation failed: #/Source: required key [Artifacts] not found');
  }
}

function templateState({ id, arn, membership }: AnalysisTemplate): ResourceState {
  return {
    physicalId: `${id}|${membership.id}`,
    attributes: {
      'Arn': arn,
      'AnalysisTemplateIdentifier': id,
      'CollaborationArn': membership.collaboration.arn,
      'CollaborationIdentifier': membership.collaboration.id,
      'MembershipArn': membership.arn,
      'Schema.ReferencedTables': [],
    },
  };
}

function templateById(collaborations: Collaborations, physicalId: string): AnalysisTemplate {
  const id = physicalId.split('|')[0];
  const template = [...collaborations.templates.values()].find((candidate) => candidate.id === id);
  if (!template) {
    throw new AwsError('ResourceNotFoundException', `Analysis template ${physicalId} not found.`, 404);
  }
  return template;
}

function parametersOf(properties: Properties): readonly TemplateParameter[] {
  const parameters = objects(properties, 'AnalysisParameters');
  if (parameters.length > 50) {
    throw new PropertyError('Properties validation failed: #/AnalysisParameters: expected maximum item count: 50');
  }
  return parameters.map((parameter) => {
    checkMembers(parameter, { required: ['Name', 'Type'], optional: ['DefaultValue'] }, '#/AnalysisParameters');
    const name = requiredText(parameter, 'Name');
    if (!/^[0-9a-zA-Z_]{1,100}$/.test(name)) {
      throw new PropertyError(`Properties validation failed: #/AnalysisParameters/Name: ${name} does not match pattern [0-9a-zA-Z_]+`);
    }
    return { name, type: requiredText(parameter, 'Type'), defaultValue: text(parameter, 'DefaultValue') };
  });
}

function artifactsOf(properties: Properties, { iam, partition }: ResourceTypeOptions): readonly Artifact[] {
  const artifacts = object(object(properties, 'Source') ?? {}, 'Artifacts');
  if (!artifacts) {
    return [];
  }
  checkMembers(artifacts, { required: ['EntryPoint', 'RoleArn'], optional: ['AdditionalArtifacts'] }, '#/Source/Artifacts');
  const roleArn = requiredText(artifacts, 'RoleArn');
  checkServiceRole(iam, roleArn);
  const locations = [object(artifacts, 'EntryPoint') ?? {}, ...objects(artifacts, 'AdditionalArtifacts')].map(locationOf);
  for (const { bucket, key } of locations) {
    iam.authorize({ roleArn, sessionName: 'cleanrooms' }, 's3:GetObject', `arn:${partition}:s3:::${bucket}/${key}`);
  }
  return locations;
}

function locationOf(artifact: JsonObject): Artifact {
  const location = object(artifact, 'Location') ?? {};
  return { bucket: requiredText(location, 'Bucket'), key: requiredText(location, 'Key') };
}

async function hashOrRefuse(s3: ObjectStore, artifact: Artifact): Promise<string> {
  try {
    return await hashArtifact(s3, artifact);
  } catch (error) {
    if (!(error instanceof AwsError)) {
      throw error;
    }
    throw new AwsError('ValidationException', `The artifact s3://${artifact.bucket}/${artifact.key} can not be read: ${error.message}`);
  }
}

/** Tables only exist here. What they allow is not checked, because no analysis is run. */
function configuredTableType(collaborations: Collaborations): ResourceType {
  const state = (id: string): ResourceState => ({
    physicalId: id,
    attributes: { Arn: collaborations.arn(collaborations.account.accountId, `configuredtable/${id}`), ConfiguredTableIdentifier: id },
  });
  return {
    createOnly: ['AllowedColumns', 'TableReference'],
    create: async (properties) => {
      checkMembers(properties, {
        required: ['AllowedColumns', 'AnalysisMethod', 'Name', 'TableReference'],
        optional: ['AnalysisRules', 'Description', 'SelectedAnalysisMethods', 'Tags'],
      });
      return state(randomUUID());
    },
    update: async (id) => state(id),
    delete: async () => undefined,
  };
}

function tableAssociationType(collaborations: Collaborations): ResourceType {
  const state = (id: string, membershipId: string): ResourceState => ({
    physicalId: `${id}|${membershipId}`,
    attributes: {
      Arn: `${collaborations.ownMembership(membershipId).arn}/configuredtableassociation/${id}`,
      ConfiguredTableAssociationIdentifier: id,
    },
  });
  return {
    createOnly: ['ConfiguredTableIdentifier', 'MembershipIdentifier', 'Name'],
    create: async (properties) => {
      checkMembers(properties, {
        required: ['ConfiguredTableIdentifier', 'MembershipIdentifier', 'Name', 'RoleArn'],
        optional: ['ConfiguredTableAssociationAnalysisRules', 'Description', 'Tags'],
      });
      return state(randomUUID(), requiredText(properties, 'MembershipIdentifier'));
    },
    update: async (physicalId) => {
      const [id, membershipId] = physicalId.split('|');
      return state(id, membershipId);
    },
    delete: async () => undefined,
  };
}
