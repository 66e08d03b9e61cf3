import * as path from 'node:path';
import { aws_cleanrooms as cleanrooms, aws_iam as iam, aws_s3 as s3, aws_ssm as ssm, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { uploadUserScript } from './user-script';
import { ProtectedJob, WorkerType } from 'cdk-cleanrooms-protected-job';

export interface FirstJobStackProps {
  /** The campaign to analyze: a parameter of the analysis. */
  readonly campaign: string;
  /** The account of the member who brings the purchases. */
  readonly partnerAccountId: string;
}

/**
 * Two companies, one analysis: what a campaign of ours did to the purchases of a partner's customers.
 */
export class FirstJobStack extends Stack {
  constructor(scope: Construct, id: string, props: FirstJobStackProps) {
    super(scope, id);

    const collaboration = new cleanrooms.CfnCollaboration(this, 'Collaboration', {
      name: 'campaign-uplift',
      description: 'What campaigns do to purchases',
      creatorDisplayName: 'Advertiser',
      creatorMemberAbilities: ['CAN_QUERY', 'CAN_RUN_JOB', 'CAN_RECEIVE_RESULTS'],
      members: [{ accountId: props.partnerAccountId, displayName: 'Retailer', memberAbilities: [] }],
      queryLogStatus: 'DISABLED',
      analyticsEngine: 'SPARK',
    });

    const membership = this.addMembership(collaboration);
    const analysisTemplate = this.addAnalysisTemplate(membership);

    const job = new ProtectedJob(this, 'Uplift', {
      membership,
      analysisTemplate,
      parameters: { campaign: props.campaign },
      worker: { type: WorkerType.CR_1X, number: 4 },
    });

    // Whatever reads the results gets their location from the stack, in the same deployment.
    new ssm.StringParameter(this, 'LatestResult', {
      parameterName: '/campaign-uplift/latest-result',
      stringValue: job.resultLocation,
    });
  }

  /** Our membership, with the place for the results of jobs: a job fails if its receiver has none. */
  private addMembership(collaboration: cleanrooms.CfnCollaboration): cleanrooms.CfnMembership {
    const results = new s3.Bucket(this, 'Results', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN, // results outlive the stack that asked for them
    });
    const writer = this.addRole('ResultWriter');
    results.grantWrite(writer);
    writer.addToPolicy(
      new iam.PolicyStatement({ actions: ['s3:GetBucketLocation', 's3:ListBucket'], resources: [results.bucketArn] }),
    );
    const membership = new cleanrooms.CfnMembership(this, 'Membership', {
      collaborationIdentifier: collaboration.attrCollaborationIdentifier,
      queryLogStatus: 'DISABLED',
      jobLogStatus: 'DISABLED',
      defaultJobResultConfiguration: {
        outputConfiguration: { s3: { bucket: results.bucketName, keyPrefix: 'uplift' } },
        roleArn: writer.roleArn,
      },
    });
    membership.node.addDependency(writer);
    return membership;
  }

  private addAnalysisTemplate(membership: cleanrooms.CfnMembership): cleanrooms.CfnAnalysisTemplate {
    const script = uploadUserScript(this, path.join(__dirname, 'analysis', 'user_script.py'));
    const reader = this.addRole('ScriptReader');
    const { bucketName, objectKey } = script;
    s3.Bucket.fromBucketName(this, 'Assets', bucketName).grantRead(reader, objectKey);
    const template = new cleanrooms.CfnAnalysisTemplate(this, 'AnalysisTemplate', {
      name: 'campaign-uplift',
      membershipIdentifier: membership.attrMembershipIdentifier,
      format: 'PYSPARK_1_0',
      analysisParameters: [{ name: 'campaign', type: 'VARCHAR' }],
      schema: { referencedTables: ['exposures', 'purchases'] },
      source: {
        artifacts: { entryPoint: { location: { bucket: bucketName, key: objectKey } }, roleArn: reader.roleArn },
      },
      // Names and values of both companies' data may be in an error, so they agree on showing it.
      errorMessageConfiguration: { type: 'DETAILED' },
    });
    template.node.addDependency(reader);
    return template;
  }

  private addRole(id: string): iam.Role {
    return new iam.Role(this, id, {
      assumedBy: new iam.ServicePrincipal('cleanrooms.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    });
  }
}
