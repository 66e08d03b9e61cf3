/**
 * The validation that newer versions of aws-cdk-lib run at synth, with all that it finds as errors. Only
 * `npx projen compat` has such a version.
 */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type App, CfnResource, Duration, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ProtectedJobDashboard, ProtectedJobRunner, RunnerLogLevel, WorkerType } from '../../src';
import { JobStack, newApp, newResources } from '../fixtures';

function strictApp(): App {
  return newApp({ '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true });
}

/** What the validation has to say of the app, hints included, that do not fail a synth. */
function findings(app: App): unknown[] {
  const { directory } = app.synth();
  const report: { pluginReports: unknown[] } = JSON.parse(readFileSync(path.join(directory, 'validation-report.json'), 'utf8'));
  return report.pluginReports;
}

function fullStack(app: App): JobStack {
  const stack = new JobStack(app);
  const runner = new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, {
    vpc: new ec2.Vpc(stack, 'Vpc'),
    encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    logLevel: RunnerLogLevel.WARN,
  });
  new ProtectedJobDashboard(stack, 'Dashboard', { runner });
  stack.addJob('Uplift', {
    parameters: { campaign: 'spring' },
    worker: { type: WorkerType.CR_1X, number: 4, sparkProperties: { 'spark.sql.shuffle.partitions': '64' } },
    resultReceiver: '444455556666',
    triggers: { month: '2026-10' },
    timeout: Duration.hours(12),
    pollInterval: Duration.seconds(30),
    failDeployment: false,
  });
  stack.addJob('Background', { waitForCompletion: false });
  stack.addJob('OfResources', newResources(stack));
  return stack;
}

function firstResource(stack: Stack, type: string): CfnResource {
  for (const construct of stack.node.findAll()) {
    if (CfnResource.isCfnResource(construct) && construct.cfnResourceType === type) {
      return construct;
    }
  }
  throw new Error(`there is no ${type}`);
}

test('the smallest stack has no finding', () => {
  const app = strictApp();
  new JobStack(app).addJob();

  expect(findings(app)).toEqual([]);
});

test('the fullest stack has no finding', () => {
  const app = strictApp();
  fullStack(app);

  expect(findings(app)).toEqual([]);
});

test.each([
  ['AWS::Lambda::Function', 'Runtime', 'nodejs99.x', /nodejs99\.x/],
  ['AWS::DynamoDB::Table', 'KeySchema', 'pk', /KeySchema/],
  ['AWS::Logs::LogGroup', 'RetentionInDays', 31.5, /RetentionInDays/],
])('a fault in a resource of this library is found: %s %s', (type, property, value, message) => {
  const app = strictApp();
  firstResource(fullStack(app), type).addPropertyOverride(property, value);

  expect(() => app.synth()).toThrow(message);
});
