import { requestEvent, SECRET } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

const again = { Triggers: { run: 'again' } };

describe('a job that may fail', () => {
  const properties = { FailDeployment: 'false' };

  test('is answered with its status and error when it fails, without values of parameters', async () => {
    const create = await running(world, 'Create', properties);
    const [{ id }] = world.cleanRooms.jobs;
    world.cleanRooms.end(id, { status: 'FAILED', error: { code: 'SCRIPT_ERROR', message: `no rows for ${SECRET}` } });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({
      Status: 'SUCCESS',
      Data: { JobId: id, Status: 'FAILED', ErrorCode: 'SCRIPT_ERROR', ErrorMessage: 'no rows for [parameters.segment]' },
    });
  });

  test.each([
    ['東京都'.repeat(3000), /^(?:東京都){50,}.*…$/u],
    ['\u0000\u001b[31m\u202e\u200bno\u0007 rows'.repeat(500), /^no rows.*…$/u],
    ['"\\'.repeat(3000), /^["\\]{500,}…$/u],
  ])('is answered with as much of a long error as fits', async (message, shown) => {
    const create = await running(world, 'Create', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, {
      status: 'FAILED',
      resultKeyPrefix: 'x'.repeat(900),
      error: { code: 'UNKNOWN_ERROR', message },
    });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { ErrorMessage: expect.stringMatching(shown) } });
    expect(Buffer.byteLength(world.answers[0].body)).toBeLessThanOrEqual(4096);
    expect(world.answers[0].body).not.toMatch(/\\u0000|\\u001b|\u202e|\u200b/);
  });

  test('that is cancelled by someone else is answered with the words of this library', async () => {
    const create = await running(world, 'Create', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'CANCELLED', ErrorCode: 'PJ-JOB-CANCELLED' } });
  });

  test('that ends with a status that nobody knows is answered with it', async () => {
    const create = await running(world, 'Create', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'TIMED OUT' });
    world.cleanRooms.failAlways('cancel', 'conflict');
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'TIMED OUT', ErrorCode: 'PJ-JOB-STATUS-UNKNOWN' } });
  });

  test('is cancelled when its time is over, and answered so', async () => {
    const create = await running(world, 'Create', { ...properties, Timeout: '60' });
    await world.settle();
    expect(world.cleanRooms.running()).toEqual([]);
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'CANCELLED', ErrorCode: 'PJ-TIMEOUT' } });
  });

  test('fails the deployment all the same when it can not be started', async () => {
    world.cleanRooms.fail('start', 'invalid');
    const create = await running(world, 'Create', properties);
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-START-REFUSED/) });
  });

  test('fails the deployment all the same when its turn does not come in time', async () => {
    world.cleanRooms.failAlways('start', 'quota');
    const create = await running(world, 'Create', { ...properties, Timeout: '60' });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-TIMEOUT/) });
  });

  test('fails the deployment all the same when it was cancelled for want of permissions', async () => {
    const create = await running(world, 'Create', properties);
    const record = await world.record(create);
    const failure = { code: 'PJ-ACCESS-DENIED', message: 'GetProtectedJob was denied' };
    await world.ledger.save({ ...record, request: { ...record.request, failure } });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-ACCESS-DENIED/) });
  });

  test('that was cancelled for another request is no end of the one that is run instead', async () => {
    await running(world, 'Create', properties);
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    const [{ id }] = world.cleanRooms.jobs;
    await running(world, 'Update', { ...properties, ...again });
    const back = await running(world, 'Update', { ...properties, Timeout: '60' });
    world.cleanRooms.end(id, { status: 'CANCELLED' });
    world.cleanRooms.failAlways('start', 'quota');
    await world.settle();
    expect(onlyAnswerTo(world, back)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-TIMEOUT/) });
  });

  test('is not run again for the same inputs, and a rollback gets the same attributes', async () => {
    const create = await running(world, 'Create', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    await running(world, 'Update', { ...properties, ...again });
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = await running(world, 'Update', properties);
    await world.settle();
    expect(onlyAnswerTo(world, rollback).Data).toEqual(onlyAnswerTo(world, create).Data);
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(world.cleanRooms.running()).toEqual([]);
  });

  test('that succeeds is answered like any other', async () => {
    const create = await created(world, properties);
    expect(onlyAnswerTo(world, create).Data).toMatchObject({ Status: 'SUCCESS', ErrorCode: 'none', ErrorMessage: 'none' });
  });
});

describe('a job that is not waited for', () => {
  const properties = { WaitForCompletion: 'false' };

  test('is answered when it was started, and runs on', async () => {
    const create = await running(world, 'Create', properties);
    await world.settle();
    const [job] = world.cleanRooms.jobs;
    expect(onlyAnswerTo(world, create)).toMatchObject({
      Status: 'SUCCESS',
      Data: { JobId: job.id, MembershipId: job.membershipId, MembershipArn: job.membershipArn, CreateTime: '2026-01-01T00:00:00.000Z' },
    });
    expect(world.cleanRooms.running()).toEqual([job]);
  });

  test('waits in line like any other', async () => {
    world.cleanRooms.fail('start', 'quota', 'quota');
    const create = await running(world, 'Create', properties);
    expect(world.answersTo(create)).toEqual([]);
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });

  test('is not started again by an update that changes no input, nor cancelled', async () => {
    const create = await running(world, 'Create', properties);
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    const update = await running(world, 'Update', { ...properties, Timeout: '600' });
    await world.settle();
    expect(onlyAnswerTo(world, update).Data).toEqual(onlyAnswerTo(world, create).Data);
    expect(world.cleanRooms.running()).toHaveLength(1);
  });

  test('is cancelled by a Delete', async () => {
    await running(world, 'Create', properties);
    await world.settle();
    const remove = requestEvent('Delete', properties);
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(world, remove)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.cleanRooms.running()).toEqual([]);
  });

  test.each(['SUCCESS', 'FAILED'])('that has ended with %s meanwhile is what a rollback gets, as it was told of', async (status) => {
    const create = await running(world, 'Create', properties);
    await world.settle();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status });
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    await running(world, 'Update', { ...properties, ...again });
    expect(world.cleanRooms.jobs).toHaveLength(2);
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = await running(world, 'Update', properties);
    await world.settle();
    expect(onlyAnswerTo(world, rollback).Data).toEqual(onlyAnswerTo(world, create).Data);
    expect(world.cleanRooms.running()).toEqual([]);
  });

  test('is waited for by an update that waits, and not started again', async () => {
    await running(world, 'Create', properties);
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    const update = await running(world, 'Update');
    expect(world.answersTo(update)).toEqual([]);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, update)).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'SUCCESS' } });
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('that has failed is run again by an update that waits, once that was told of the failure', async () => {
    await running(world, 'Create', properties);
    await world.settle();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    const update = await running(world, 'Update');
    await world.settle();
    expect(onlyAnswerTo(world, update)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^PJ-JOB-FAILED/) });
    await running(world, 'Update');
    expect(world.cleanRooms.running()).toHaveLength(1);
  });
});

test.each(['WaitForCompletion', 'FailDeployment'])('%s is true or false, and starts nothing otherwise', async (property) => {
  const create = requestEvent('Create', { [property]: 'maybe' });
  await world.send(create);
  await world.settle();
  expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(property) });
  expect(world.cleanRooms.calls).not.toContain('start');
});

test('a poll interval is kept', async () => {
  await running(world, 'Create', { PollInterval: '45' });
  await world.tick();
  expect(world.clocks[0].dueAt - world.now).toBe(45_000);
});

test('a poll interval or an end that matters otherwise makes no other run', async () => {
  await created(world);
  world.stackStatus = 'UPDATE_IN_PROGRESS';
  const update = await running(world, 'Update', { PollInterval: '45', FailDeployment: 'false' });
  await world.settle();
  expect(onlyAnswerTo(world, update)).toMatchObject({ Status: 'SUCCESS' });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('another payer makes another run', async () => {
  await created(world);
  world.stackStatus = 'UPDATE_IN_PROGRESS';
  await running(world, 'Update', { ComputePayerAccountId: '444455556666' });
  expect(world.cleanRooms.jobs).toHaveLength(2);
});
