import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { ProtectedJob, ProtectedJobDashboard, ProtectedJobRunner } from '../../src';
import { METRIC_UNITS, RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack, newApp } from '../fixtures';

test.each<[string, string, (job: ProtectedJob) => Metric]>([
  ['Duration', 'Average', (job) => job.metricDuration()],
  ['BilledUnits', 'Sum', (job) => job.metricBilledUnits()],
  ['QueueTime', 'Average', (job) => job.metricQueueTime()],
  ['Polls', 'Sum', (job) => job.metricPolls()],
  ['Succeeded', 'Sum', (job) => job.metricSucceeded()],
  ['Failed', 'Sum', (job) => job.metricFailed()],
  ['ErrorRetryable', 'Sum', (job) => job.metricErrorRetryable()],
  ['Cancelled', 'Sum', (job) => job.metricCancelled()],
  ['TimedOut', 'Sum', (job) => job.metricTimedOut()],
])('%s is a metric of the construct', (metricName, statistic, metric) => {
  const job = new JobStack().addJob();
  expect(metric(job)).toMatchObject({
    namespace: 'CdkCleanRoomsProtectedJob', metricName, statistic, dimensions: { ConstructPath: 'Stack/Uplift' },
  });
  expect(METRIC_UNITS.map(({ Name }) => Name)).toContain(metricName);
});

test('the runner is told the path that the metrics are named by, in ASCII', () => {
  const stack = new JobStack();
  const job = stack.addJob('Übersicht');
  Template.fromStack(stack).hasResourceProperties(RESOURCE_TYPE, { ConstructPath: 'Stack/?bersicht' });
  expect(job.metricFailed().dimensions).toEqual({ ConstructPath: 'Stack/?bersicht' });
});

test('a metric can be asked for otherwise', () => {
  const job = new JobStack().addJob();
  expect(job.metricFailed({ statistic: 'Maximum', label: 'failures' })).toMatchObject({ statistic: 'Maximum', label: 'failures' });
});

function bodyOf(stack: Stack): string {
  const [dashboard] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  return JSON.stringify(dashboard.Properties.DashboardBody);
}

test('a dashboard shows all jobs of its runner, also those that are defined later and elsewhere', () => {
  const app = newApp();
  const stack = new JobStack(app);
  const { runner } = stack.addJob('Early');
  new ProtectedJobDashboard(stack, 'Dashboard', { runner });
  stack.addJob('Late');
  new JobStack(app, 'Other').addJob('Elsewhere', { runner });
  stack.addJob('Foreign', { runner: new ProtectedJobRunner(stack, 'OtherRunner') });

  const body = bodyOf(stack);
  for (const path of ['Stack/Early', 'Stack/Late', 'Other/Elsewhere']) {
    expect(body).toContain(path);
  }
  expect(body).not.toContain('Stack/Foreign');
  for (const { Name } of METRIC_UNITS) {
    expect(body).toContain(Name);
  }
});

test('a dashboard can be named, and can get more widgets', () => {
  const stack = new JobStack();
  const { runner } = stack.addJob();
  const { dashboard } = new ProtectedJobDashboard(stack, 'Dashboard', { runner, dashboardName: 'uplift' });
  expect(dashboard.dashboardArn).toBeDefined();
  Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'uplift', DashboardBody: Match.anyValue() });
});
