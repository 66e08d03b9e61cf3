import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../contract/custom-resource';

/**
 * What the metrics of a job are named by: its path, as a dimension's value can be, of at most 1024 characters, all of them ASCII.
 *
 * @internal
 */
export function metricDimensionOf(job: Construct): string {
  return job.node.path.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
}

/**
 * A metric that the runner writes into its log.
 *
 * @internal
 */
export function jobMetric(job: Construct, metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { ConstructPath: metricDimensionOf(job) },
    ...options,
  }).attachTo(job);
}
