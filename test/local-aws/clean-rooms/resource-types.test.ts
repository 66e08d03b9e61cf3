import { type ProtectedJob } from '@aws-sdk/client-cleanrooms';
import { type Properties, type ResourceState } from '../service';
import { allow, context, TestCleanRooms } from './test-clean-rooms';

let aws: TestCleanRooms;

beforeEach(async () => {
  aws = await TestCleanRooms.start();
});

afterEach(() => aws.stop());

describe('resource types', () => {
  const collaborationProperties = { CreatorDisplayName: 'me', Description: 'd', Name: 'n', QueryLogStatus: 'DISABLED' };
  const make = (type: string, properties: Properties): Promise<ResourceState> =>
    aws.service.resourceTypes[`AWS::CleanRooms::${type}`].create(properties, context);

  async function makeStack(
    resultsRole: string,
    artifactsRole: string,
    abilities = ['CAN_RUN_JOB', 'CAN_RECEIVE_RESULTS'],
  ): Promise<ResourceState> {
    const collaboration = await make('Collaboration', { ...collaborationProperties, CreatorMemberAbilities: abilities });
    const member = await make('Membership', {
      CollaborationIdentifier: collaboration.physicalId,
      QueryLogStatus: 'DISABLED',
      DefaultJobResultConfiguration: { OutputConfiguration: { S3: { Bucket: 'results', KeyPrefix: 'p' } }, RoleArn: resultsRole },
    });
    return make('AnalysisTemplate', {
      Name: 't',
      Format: 'PYSPARK_1_0',
      MembershipIdentifier: member.physicalId,
      Source: { Artifacts: { EntryPoint: { Location: { Bucket: 'code', Key: 'job.py' } }, RoleArn: artifactsRole } },
    });
  }

  function startMade({ physicalId, attributes }: ResourceState): Promise<ProtectedJob> {
    return aws.start({ membershipIdentifier: physicalId.split('|')[1], jobParameters: { analysisTemplateArn: String(attributes.Arn) } });
  }

  it('need roles that may read the artifacts and write the results', async () => {
    const bare = await aws.makeRole('cleanrooms.amazonaws.com');
    const reader = await aws.makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    const writer = await aws.makeRole('cleanrooms.amazonaws.com', allow('s3:PutObject', 'arn:aws:s3:::results/p/*'));
    await expect(makeStack(writer, bare)).rejects.toThrow('not authorized to perform: s3:GetObject on resource: arn:aws:s3:::code/job.py');
    await expect(makeStack(await aws.makeRole('lambda.amazonaws.com'), reader)).rejects.toThrow('Clean Rooms can not assume the role');
    await startMade(await makeStack(bare, reader));
    expect((await aws.until('FAILED')).error?.message).toContain('s3:PutObject');
    await startMade(await makeStack(writer, reader));
    await aws.until('SUCCESS');
  });

  it('let only a member with the ability run jobs', async () => {
    const reader = await aws.makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    await expect(startMade(await makeStack(reader, reader, ['CAN_QUERY']))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      reason: 'INSUFFICIENT_PERMISSIONS',
    });
  });

  it('refuse an artifact that does not exist', async () => {
    const reader = await aws.makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    aws.s3.deleteObject('code', 'job.py');
    await expect(makeStack(reader, reader)).rejects.toThrow('The artifact s3://code/job.py can not be read');
  });

  it('have the Ref and attributes that the CDK reads', async () => {
    const reader = await aws.makeRole('cleanrooms.amazonaws.com', allow('s3:GetObject', 'arn:aws:s3:::code/*'));
    const { physicalId, attributes } = await makeStack(reader, reader);
    const [templateId, membershipId] = physicalId.split('|');
    expect(attributes).toMatchObject({ AnalysisTemplateIdentifier: templateId, MembershipArn: expect.stringContaining(membershipId) });
    expect(attributes.Arn).toBe(`arn:aws:cleanrooms:us-east-1:111122223333:membership/${membershipId}/analysistemplate/${templateId}`);
    const { delete: deleteMembership } = aws.service.resourceTypes['AWS::CleanRooms::Membership'];
    await expect(deleteMembership(membershipId, {}, context)).rejects.toMatchObject({
      code: 'ConflictException',
      members: { reason: 'SUBRESOURCES_EXIST' },
    });
    await aws.service.resourceTypes['AWS::CleanRooms::AnalysisTemplate'].delete(physicalId, {}, context);
    await deleteMembership(membershipId, {}, context);
    await expect(make('Membership', { CollaborationIdentifier: 'x', QueryLogStatus: 'DISABLED', Oops: 1 })).rejects.toThrow(
      'extraneous key [Oops]',
    );
  });
});
