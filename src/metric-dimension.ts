import { Construct } from 'constructs';

/**
 * What the metrics of a job are named by: its path, as a dimension's value can be, of at most 1024 characters, all of them ASCII.
 *
 * @internal
 */
export function metricDimensionOf(job: Construct): string {
  return job.node.path.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
}
