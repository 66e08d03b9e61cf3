import { requestEvent } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('update', () => {
  beforeEach(async () => {
    await created(world);
    world.stackStatus = 'UPDATE_IN_PROGRESS';
  });

  test('with the same inputs starts nothing and answers the same', async () => {
    const update = requestEvent('Update', { Timeout: '1200' });
    await world.send(update);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(onlyAnswerTo(world, update).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
    expect(onlyAnswerTo(world, update).PhysicalResourceId).toBe('protected-job-1');
  });

  test.each([
    { Parameters: { segment: 'other' } },
    { Triggers: { at: 'now' } },
    { WorkerType: 'CR.4X', WorkerNumber: '8' },
    { ResultReceiverAccountId: '444455556666' },
  ])('with other inputs starts one more job: %o', async (properties) => {
    const update = await running(world, 'Update', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(world, update).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });

  test('back to former inputs starts nothing and gives the former attributes', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    const revert = requestEvent('Update');
    await world.send(revert);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(world, revert).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('that failed runs again when it is tried again', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.cleanRooms.end(world.cleanRooms.jobs[1].id, { status: 'FAILED' });
    await world.settle();
    await running(world, 'Update', { Parameters: {} });
    expect(world.cleanRooms.jobs).toHaveLength(3);
  });

  test('superseded by its rollback is cancelled, and the rollback restores the attributes and starts nothing', async () => {
    const update = await running(world, 'Update', { Parameters: {} });
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update');
    await world.send(rollback);
    await world.settle();
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['SUCCESS', 'CANCELLED']);
    expect(world.answersTo(update)).toEqual([]);
    expect(onlyAnswerTo(world, rollback)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });

  test('a rollback of which nothing is remembered succeeds without attributes and starts nothing', async () => {
    world.ledger.records.clear();
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update');
    await world.send(rollback);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    const { Status, Data } = onlyAnswerTo(world, rollback);
    expect(Status).toBe('SUCCESS');
    expect(new Set(Object.values(Data ?? {}))).toEqual(new Set(['none']));
  });

  test('a rollback to inputs that break the rules succeeds with the attributes that the stack had last', async () => {
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update', { Timeout: '7200' });
    await world.send(rollback);
    await world.settle();
    expect(onlyAnswerTo(world, rollback)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });

  test('a rollback to a run that is not remembered gets the attributes of the success that was asked for last', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update', { Parameters: { segment: 'forgotten' } });
    await world.send(rollback);
    await world.settle();
    expect(onlyAnswerTo(world, rollback).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('to another membership stops the job where it runs, and runs one where it is asked for', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    const update = requestEvent('Update', { MembershipIdentifier: '99999999-2222-4333-8444-555555555555' });
    await world.send(update);
    await world.tickUntil(() => world.cleanRooms.jobs[1].status === 'CANCELLING');
    await world.tick();
    world.cleanRooms.end(world.cleanRooms.jobs[1].id, { status: 'CANCELLED' });
    await world.tickUntil(() => world.cleanRooms.jobs.length === 3);
    world.cleanRooms.end(world.cleanRooms.jobs[2].id);
    await world.settle();
    expect(onlyAnswerTo(world, update).Data?.JobId).toBe(world.cleanRooms.jobs[2].id);
  });

  test('to inputs that break the rules fails', async () => {
    const update = requestEvent('Update', { Timeout: '7200' });
    await world.send(update);
    await world.settle();
    expect(onlyAnswerTo(world, update).Reason).toMatch(/^PJ-INVALID-INPUT/);
  });

  test('with the inputs of a run that is being cancelled waits for its end and then runs', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    await world.send(requestEvent('Update'));
    await world.tick();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    await world.send(requestEvent('Update', { Parameters: {} }));
    await world.tick();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    world.cleanRooms.end(world.cleanRooms.jobs[1].id, { status: 'CANCELLED' });
    await world.tickUntil(() => world.cleanRooms.jobs.length === 3);
    expect(world.cleanRooms.jobs).toHaveLength(3);
  });

  test('asks for a job that has succeeded without an answer: it is not run again', async () => {
    await running(world, 'Update', { Parameters: {} });
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    world.cleanRooms.end(world.cleanRooms.jobs[1].id); // it ends while the rollback begins
    await world.send(requestEvent('Update'));
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    const again = requestEvent('Update', { Parameters: {} });
    await world.send(again);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(world, again).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });
});
