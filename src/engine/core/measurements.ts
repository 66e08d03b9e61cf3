import { type Job, hasEnded } from './job';
import { type Observation } from './observation';
import { type ResourceRecord } from './record';
import { type MetricName } from '../../contract/custom-resource';

/** Values of metrics, by their names. */
export type Measurements = Partial<Record<MetricName, number>>;

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
  return isEnd ? { ...countOfEnd(job), Duration: job.durationInMillis, BilledUnits: job.billedUnits } : {};
}

function countOfEnd({ status, error }: Job): Measurements {
  switch (status) {
    case 'SUCCESS':
      return { Succeeded: 1 };
    case 'FAILED':
      return { Failed: 1, ...ofError(error) };
    default:
      return { Cancelled: 1 };
  }
}

/** Zero is a measurement, too: how many of the failures there is no use in repeating. */
function ofError(error: Job['error']): Measurements {
  return error?.retryable === undefined ? {} : { ErrorRetryable: Number(error.retryable) };
}

function ofTimeout(before: ResourceRecord, after: ResourceRecord): Measurements {
  const isOver = before.request.failure === undefined && after.request.failure?.code === 'PJ-TIMEOUT';
  return isOver ? { TimedOut: 1 } : {};
}
