import { logAsJson } from '../../../src/engine/aws/json-log';
import { type LogFields, type LogLevel } from '../../../src/engine/ports/log';
import { MEMBERSHIP_ID, requestEvent, SECRET } from '../fakes/events';
import { created, running } from '../fakes/scenarios';
import { World } from '../fakes/world';

type Line = LogFields & { readonly message: string };

const linesOf = (world: World): Line[] => world.logged.map((line): Line => JSON.parse(line));

describe('a line', () => {
  test('names stack, resource, request, membership and, once it is known, the job', async () => {
    const world = new World();
    const create = await created(world);
    const lines = linesOf(world);

    const names = {
      stackId: create.StackId,
      logicalResourceId: create.LogicalResourceId,
      requestId: create.RequestId,
      requestType: 'Create',
      membershipId: MEMBERSHIP_ID,
    };
    for (const line of lines) {
      expect(line).toMatchObject(names);
    }
    const start = lines.findIndex(({ effect }) => effect === 'start');
    const [job] = world.cleanRooms.jobs;
    expect(lines.slice(0, start).filter(({ jobId }) => jobId !== undefined)).toEqual([]);
    expect(lines.slice(start).filter(({ jobId }) => jobId !== job.id)).toEqual([]);
    expect(world.logged.join()).not.toContain(SECRET);
  });

  test.each<[LogLevel, (line: Line) => boolean]>([
    ['DEBUG', ({ message }) => message === 'wait'],
    ['INFO', ({ message }) => ['request', 'effect', 'finished'].includes(message)],
  ])('is of the level %s where all goes well', async (level, isMeant) => {
    const world = new World();
    await created(world);

    const meant = linesOf(world).filter(isMeant);
    expect(meant).not.toEqual([]);
    expect(meant.filter((line) => (line.level ?? 'INFO') !== level)).toEqual([]);
  });

  test('is a warning where a call is refused, or an answer does not arrive', async () => {
    const world = new World();
    world.cleanRooms.fail('start', 'quota');
    world.delivery = 'refused';
    await running(world);
    await world.send(requestEvent('Delete'));
    await world.settle();

    const warnings = linesOf(world).filter(({ level }) => level === 'WARN');
    expect([...new Set(warnings.map(({ effect }) => effect))].sort()).toEqual(['deliver', 'start']);
  });

  test('is an error where an event can not be understood, or the last line of defence answers', async () => {
    const world = new World();
    await world.send({ ResponseURL: 'https://example.com', ResourceProperties: SECRET });
    await world.giveUp(await running(world));

    const errors = linesOf(world).filter(({ level }) => level === 'ERROR');
    expect(errors.map(({ message }) => message)).toEqual(['malformed event', 'giving up']);
  });
});

describe('the log', () => {
  const print = jest.spyOn(console, 'log').mockImplementation();
  const levels: LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR'];

  beforeEach(() => print.mockClear());
  afterEach(() => delete process.env.LOG_LEVEL);
  afterAll(() => print.mockRestore());

  test.each([
    ['DEBUG', levels],
    ['INFO', ['INFO', 'WARN', 'ERROR']],
    ['WARN', ['WARN', 'ERROR']],
    ['ERROR', ['ERROR']],
    [undefined, ['INFO', 'WARN', 'ERROR']],
  ])('of the level %s has lines of %j', (level, logged) => {
    if (level !== undefined) {
      process.env.LOG_LEVEL = level;
    }
    levels.forEach((ofLine) => logAsJson('happened', { level: ofLine, jobId: 'job' }));

    expect(print.mock.calls.map(([line]) => JSON.parse(line))).toEqual(logged.map((ofLine) => ({ level: ofLine, message: 'happened', jobId: 'job' })));
  });

  test('takes a line without a level for information', () => {
    logAsJson('happened', {});

    expect(print.mock.calls).toEqual([['{"level":"INFO","message":"happened"}']]);
  });
});
