import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { jobMetric } from './job-metric';
import { type MetricName } from '../contract/custom-resource';
import { type ProtectedJobRunner } from '../runner/protected-job-runner';

/**
 * What a dashboard shows.
 */
export interface ProtectedJobDashboardProps {
  /**
   * The runner whose jobs are shown: all that use it in the app, in whichever stacks. The one that the jobs of a stack share without
   * being told is the `runner` of any of them.
   */
  readonly runner: ProtectedJobRunner;

  /**
   * The name of the dashboard.
   *
   * @default - a name that CloudFormation makes
   */
  readonly dashboardName?: string;
}

/**
 * A CloudWatch dashboard of the jobs of a runner: how they ended, how long they ran and waited, what was billed, and whether the runner
 * itself is well. CloudWatch charges for a dashboard; the metrics come from the runner's log.
 */
export class ProtectedJobDashboard extends Construct {
  /** The dashboard, to which more widgets can be added. */
  public readonly dashboard: cloudwatch.Dashboard;

  /**
   * @param scope the scope that the dashboard belongs to: a stack in the account and region of the runner
   * @param id the dashboard's ID in that scope
   * @param props what the dashboard shows
   */
  constructor(scope: Construct, id: string, props: ProtectedJobDashboardProps) {
    super(scope, id);
    const { runner, dashboardName } = props;
    const ofJobs = (title: string, name: MetricName, options?: cloudwatch.MetricOptions) =>
      new LaterGraph(title, () => runner._jobs.map((job) => jobMetric(job, name, { label: job.node.path, ...options })));
    const outcomes = (['Succeeded', 'Failed', 'Cancelled', 'TimedOut'] as const).map((name) =>
      ofJobs(name, name, SUM),
    );
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', {
      dashboardName,
      widgets: [
        outcomes,
        [
          ofJobs('Duration', 'Duration'),
          ofJobs('Queue time', 'QueueTime'),
          ofJobs('Billed CRPU-hours', 'BilledUnits', SUM),
          ofJobs('Polls', 'Polls', SUM),
        ],
        [
          ofJobs('Failed, may be retried', 'ErrorRetryable', SUM),
          new cloudwatch.GraphWidget({ title: 'Runner', width: 18, left: runner._metricsOfFailures() }),
        ],
      ],
    });
  }
}

const SUM = { statistic: cloudwatch.Stats.SUM };

/** A graph whose metrics are only asked for when the template is made, when all jobs are there. */
class LaterGraph extends cloudwatch.ConcreteWidget {
  constructor(
    private readonly title: string,
    private readonly metrics: () => cloudwatch.IMetric[],
  ) {
    super(6, 6);
  }

  public toJson(): ReturnType<cloudwatch.ConcreteWidget['toJson']> {
    const graph = new cloudwatch.GraphWidget({ title: this.title, width: this.width, height: this.height, left: this.metrics() });
    graph.position(this.x ?? 0, this.y ?? 0);
    return graph.toJson();
  }
}
