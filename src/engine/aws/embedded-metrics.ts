import { METRIC_NAMESPACE, METRIC_UNITS } from '../../contract/custom-resource';
import { type Measure } from '../ports/metrics';
/**
 * Writes measurements as CloudWatch reads them out of a log line, with no call of its own. The line goes past the console, which could
 * wrap it, and is no matter of the log level.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(write: (line: string) => void, now: () => number): Measure {
  return (constructPath, measurements) => {
    const metrics = METRIC_UNITS.filter(({ Name }) => measurements[Name] !== undefined);
    if (metrics.length > 0) {
      const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [['ConstructPath']], Metrics: metrics };
      write(`${JSON.stringify({ _aws: { Timestamp: now(), CloudWatchMetrics: [directive] }, ConstructPath: constructPath, ...measurements })}\n`);
    }
  };
}
