import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnAnalysisTemplate, CfnMembership } from 'aws-cdk-lib/aws-cleanrooms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AnalysisTemplate, Membership, ProtectedJob, ProtectedJobRunner, RunnerLogLevel, WorkerType } from 'cdk-cleanrooms-protected-job';
import { type Construct } from 'constructs';

/** A job with resources of the stack, one with references, and a runner with a setting. */
export class AnalysisStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    new ProtectedJobRunner(this, ProtectedJobRunner.DEFAULT_ID, { logLevel: RunnerLogLevel.WARN });
    this.addUplift();
    this.addReach();
  }

  private addUplift(): void {
    const membership = new CfnMembership(this, 'Membership', {
      collaborationIdentifier: '0f1e2d3c-4b5a-4678-90ab-cdef12345678',
      queryLogStatus: 'ENABLED',
    });
    const analysisTemplate = new CfnAnalysisTemplate(this, 'Template', {
      name: 'uplift',
      format: 'PYSPARK_1_0',
      membershipIdentifier: membership.attrMembershipIdentifier,
      source: {
        artifacts: {
          entryPoint: { location: { bucket: 'scripts', key: 'uplift/user_script.py' } },
          roleArn: 'arn:aws:iam::111122223333:role/ScriptReader',
        },
      },
    });
    const job = new ProtectedJob(this, 'Uplift', { membership, analysisTemplate, parameters: { campaign: 'spring' } });
    new StringParameter(this, 'LatestResult', { stringValue: job.resultLocation });
    new Bucket(this, 'Exports').grantRead(job);
  }

  private addReach(): void {
    new ProtectedJob(this, 'Reach', {
      membership: Membership.fromMembershipId(this, 'OtherMembership', '11111111-2222-4333-8444-555555555555'),
      analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(
        this,
        'OtherTemplate',
        'arn:aws:cleanrooms:us-east-1:111122223333:membership/11111111-2222-4333-8444-555555555555/analysistemplate/66666666-7777-4888-8999-000000000000',
      ),
      worker: { type: WorkerType.CR_4X, number: 8 },
      timeout: Duration.hours(3),
    });
  }
}
