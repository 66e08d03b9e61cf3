import { createHash } from 'node:crypto';
import { Stack, aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../contract/custom-resource';

/**
 * What the metrics of a job are named by: the name of its stack, which is unique in an account and region, and its path in that stack. The
 * construct path alone is not unique: an app can be deployed several times, with other stack names.
 *
 * The value of a dimension is ASCII, and the CDK takes at most 255 characters. What has to be changed for that gets a hash of the
 * whole, so that two jobs never share their metrics.
 *
 * @internal
 */
export function metricDimensionOf(job: Construct): string {
  const stack = deployedStackOf(job);
  const name = [stack.stackName, ...job.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id)].join('/');
  const ascii = name.replace(/[^\x20-\x7e]/g, '?');
  if (ascii === name && name.length <= MAX_DIMENSION_LENGTH) {
    return name;
  }
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${ascii.slice(0, MAX_DIMENSION_LENGTH - hash.length - 1)}-${hash}`;
}

/** A nested stack has no name before it is deployed, but the stack around it has. */
function deployedStackOf(construct: Construct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent !== undefined) {
    stack = stack.nestedStackParent;
  }
  return stack;
}

const MAX_DIMENSION_LENGTH = 255;

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
