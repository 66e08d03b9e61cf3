import { hasEnded, Job } from './clean-rooms';
import { Observation } from './observation';
import { ResourceRecord } from './record';
import { METRIC_NAMESPACE, METRIC_UNITS, MetricName } from '../contract';

/** Values of metrics, by their names. */
export type Measurements = Partial<Record<MetricName, number>>;

/** Where measurements of a job go. */
export type Measure = (constructPath: string, measurements: Measurements) => void;

/** What a decision's observation, and what the decision made of the record, tell of the job. */
export function measurementsOf(before: ResourceRecord, after: ResourceRecord, observation: Observation): Measurements {
  return { ...ofLook(observation), ...ofStart(before, after), ...ofEnd(before, after, observation), ...ofTimeout(before, after) };
}

function ofLook(observation: Observation): Measurements {
  return observation.kind === 'get' ? { Polls: 1 } : {};
}

/** From the request's arrival on: waiting in line, and all tries of starting. */
function ofStart(before: ResourceRecord, { run, request }: ResourceRecord): Measurements {
  const startedAt = before.run?.phase === 'started' ? undefined : run?.startedAt;
  return startedAt === undefined ? {} : { QueueTime: startedAt - request.receivedAt };
}

function ofEnd(before: ResourceRecord, after: ResourceRecord, observation: Observation): Measurements {
  const job = observation.kind === 'get' ? observation.result.value : undefined;
  const isEnd = job !== undefined && hasEnded(job.status) && before.run?.jobId === job.id && after.run?.jobId !== job.id;
  return isEnd ? { ...outcomeOf(job), Duration: job.durationInMillis, BilledUnits: job.billedUnits } : {};
}

function outcomeOf({ status }: Job): Measurements {
  switch (status) {
    case 'SUCCESS':
      return { Succeeded: 1 };
    case 'FAILED':
      return { Failed: 1 };
    default:
      return { Cancelled: 1 };
  }
}

function ofTimeout(before: ResourceRecord, after: ResourceRecord): Measurements {
  const isOver = before.request.failure === undefined && after.request.failure?.code === 'PJ-TIMEOUT';
  return isOver ? { TimedOut: 1 } : {};
}

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
