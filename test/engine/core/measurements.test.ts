import { embeddedMetrics } from '../../../src/engine/aws/embedded-metrics';
import { type Measurements } from '../../../src/engine/core/measurements';
import { created, running } from '../fakes/scenarios';
import { World } from '../fakes/world';

const PATH = 'Analytics/Uplift';
const properties = { ConstructPath: PATH };

let world: World;

beforeEach(() => {
  world = new World();
});

/** The sum of all that was measured. */
function totals(): Measurements {
  const sums: Record<string, number> = {};
  for (const [name, value] of world.measured.flatMap(({ measurements }) => Object.entries(measurements))) {
    sums[name] = (sums[name] ?? 0) + (value ?? 0);
  }
  return sums;
}

test('a job that succeeds is measured once', async () => {
  await created(world, properties);
  expect(totals()).toEqual({ Polls: 2, QueueTime: 0, Succeeded: 1, Duration: 600_000, BilledUnits: 5.33 });
  expect(new Set(world.measured.map(({ constructPath }) => constructPath))).toEqual(new Set([PATH]));
});

test('the time in line is measured', async () => {
  world.cleanRooms.fail('start', 'quota', 'quota');
  await created(world, properties);
  expect(totals()).toMatchObject({ QueueTime: 60_000 });
});

test.each([
  ['FAILED', 'Failed'],
  ['CANCELLED', 'Cancelled'],
])('a job that ends with %s counts as %s', async (status, name) => {
  await running(world, 'Create', properties);
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status });
  await world.settle();
  expect(totals()).toMatchObject({ [name]: 1 });
  expect(totals()).not.toHaveProperty('Succeeded');
});

test.each([
  [true, 1],
  [false, 0],
])('a job whose error is retryable, or not, is measured as such: %s', async (retryable, measured) => {
  await running(world, 'Create', properties);
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED', error: { code: 'TRANSIENT_ERROR', message: 'no', retryable } });
  await world.settle();
  expect(totals()).toMatchObject({ Failed: 1, ErrorRetryable: measured });
});

test('a job that is not done in time counts as timed out and as cancelled', async () => {
  await running(world, 'Create', { ...properties, Timeout: '60' });
  await world.settle();
  expect(totals()).toMatchObject({ TimedOut: 1, Cancelled: 1 });
});

test('a job of a template without a path is not measured', async () => {
  await created(world);
  expect(totals()).toEqual({});
});

describe('the embedded metric format', () => {
  function written(measurements: Measurements): string[] {
    const lines: string[] = [];
    embeddedMetrics((line) => lines.push(line), () => 1000)(PATH, measurements);
    return lines;
  }

  test('is one line of JSON that names the metrics, their units and the path', () => {
    const [line, ...others] = written({ Succeeded: 1, Duration: 600_000 });
    expect(others).toEqual([]);
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      _aws: {
        Timestamp: 1000,
        CloudWatchMetrics: [
          {
            Namespace: 'CdkCleanRoomsProtectedJob',
            Dimensions: [['ConstructPath']],
            Metrics: [{ Name: 'Duration', Unit: 'Milliseconds' }, { Name: 'Succeeded', Unit: 'Count' }],
          },
        ],
      },
      ConstructPath: PATH,
      Succeeded: 1,
      Duration: 600_000,
    });
  });

  test.each([{}, { Duration: undefined }])('is nothing where nothing was measured: %p', (measurements) => {
    expect(written(measurements)).toEqual([]);
  });
});
