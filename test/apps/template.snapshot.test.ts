import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AnalysisTemplate, Membership, ProtectedJob, ProtectedJobRunner, ProtectedJobType, WorkerType } from '../../src';
import { MEMBERSHIP_ID, newApp, TEMPLATE_ARN } from '../fixtures';

/** The hashes of assets differ between machines and with each change of a handler. */
function withoutHashes(template: Template): unknown {
  return JSON.parse(JSON.stringify(template.toJSON()).replaceAll(/[0-9a-f]{64}/g, '<hash>'));
}

test('a stack with one job that has all props', () => {
  const stack = new Stack(newApp(), 'Stack');
  new ProtectedJob(stack, 'Uplift', {
    membership: Membership.fromMembershipId(stack, 'Membership', MEMBERSHIP_ID),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', TEMPLATE_ARN),
    type: ProtectedJobType.PYSPARK,
    parameters: { start_date: '2026-10-01' },
    worker: { type: WorkerType.CR_1X, number: 16, sparkProperties: { 'spark.sql.shuffle.partitions': '64' } },
    resultReceiver: '444455556666',
    triggers: { month: '2026-10' },
    timeout: Duration.minutes(30),
    stackOutputs: true,
    runner: new ProtectedJobRunner(stack, 'Runner', { logGroup: new logs.LogGroup(stack, 'Logs') }),
  });

  expect(withoutHashes(Template.fromStack(stack))).toMatchSnapshot();
});
