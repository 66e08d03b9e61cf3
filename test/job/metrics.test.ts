import { NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type ProtectedJob, ProtectedJobDashboard, ProtectedJobRunner } from '../../src';
import { METRIC_UNITS, RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack, newApp, only } from '../fixtures';

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

/** What the runner is told to write, and what a metric reads. */
function dimensionOf(job: ProtectedJob): string {
  const stack = Stack.of(job);
  const told = only(Template.fromStack(stack).findResources(RESOURCE_TYPE)).Properties.ConstructPath;
  expect(job.metricFailed().dimensions).toEqual({ ConstructPath: told });
  return told;
}

describe('the dimension', () => {
  test('is the construct path where that is the name of the stack and the path in it', () => {
    expect(dimensionOf(new JobStack().addJob())).toBe('Stack/Uplift');
  });

  test('has the name of the stack, because the same app may be deployed under another one', () => {
    expect(dimensionOf(new JobStack(newApp(), 'Stack', { stackName: 'stack-of-branch' }).addJob())).toBe('stack-of-branch/Uplift');
    expect(dimensionOf(new JobStack(new Stage(newApp(), 'Prod')).addJob())).toBe('Prod-Stack/Uplift');
  });

  test('has the name of the stack around a nested stack, which has none before it is deployed', () => {
    const stack = new JobStack(newApp(), 'Stack', { stackName: 'outer' });
    const nested = new NestedStack(stack, 'Nested');
    const { runner } = stack.addJob('Other');
    expect(dimensionOf(stack.addJob('Uplift', { runner }, new Construct(nested, 'Part')))).toBe('outer/Nested/Part/Uplift');
  });

  test('is ASCII, and another one for each job whose name is not', () => {
    const dimensions = ['分析', '解析', '??'].map((id) => dimensionOf(new JobStack().addJob(id)));
    expect(dimensions).toEqual([expect.stringMatching(/^Stack\/\?\?-[0-9a-f]{8}$/), expect.stringMatching(/^Stack\/\?\?-[0-9a-f]{8}$/), 'Stack/??']);
    expect(new Set(dimensions).size).toBe(3);
  });

  test('is not longer than a metric takes, and another one for each job whose path is', () => {
    const dimensions = ['A', 'B'].map((end) => {
      const stack = new JobStack();
      const job = stack.addJob(end, {}, new Construct(stack, 'Long'.repeat(70)));
      new ProtectedJobDashboard(stack, 'Dashboard', { runner: job.runner });
      return dimensionOf(job);
    });
    expect(dimensions.map(({ length }) => length)).toEqual([255, 255]);
    expect(new Set(dimensions).size).toBe(2);
  });
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
