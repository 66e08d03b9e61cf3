import { requestEvent, SECRET } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { tickOf, World } from './fakes/world';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('create', () => {
  test('starts one job and answers with all attributes when it has succeeded', async () => {
    const create = await created(world);
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(onlyAnswerTo(world, create)).toEqual({
      Status: 'SUCCESS',
      StackId: create.StackId,
      RequestId: create.RequestId,
      LogicalResourceId: 'Uplift',
      PhysicalResourceId: expect.stringMatching(/^protected-job-[0-9a-f]{32}$/),
      Data: {
        JobId: world.cleanRooms.jobs[0].id,
        Status: 'SUCCESS',
        ResultLocation: 's3://results/uplift/000000000001/',
        ResultBucketName: 'results',
        ResultKeyPrefix: 'uplift',
        ResultReceivers: 'none',
        MembershipId: world.cleanRooms.jobs[0].membershipId,
        MembershipArn: world.cleanRooms.jobs[0].membershipArn,
        CreateTime: '2026-01-01T00:00:00.000Z',
        DurationInMillis: '600000',
        BilledUnits: '5.33',
        ErrorCode: 'none',
        ErrorMessage: 'none',
        ErrorRetryable: 'none',
      },
    });
  });

  test('delivered twice starts one job and sends one answer', async () => {
    const create = requestEvent('Create');
    await Promise.all([world.send(create), world.send(create)]);
    world.clocks.push({ tick: tickOf(create), dueAt: world.now }); // two executions
    await world.tickUntil(() => world.cleanRooms.running().length > 0);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(new Set(world.answers.map(({ body }) => body)).size).toBe(1);
  });

  test('delivered again after the answer sends the same answer again and starts nothing', async () => {
    const create = await created(world);
    await world.send(create);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(world.answers).toHaveLength(2);
    expect(world.answers[1]).toEqual(world.answers[0]);
  });

  test.each(['ROLLBACK_IN_PROGRESS', 'DELETE_IN_PROGRESS', 'CREATE_COMPLETE', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_COMPLETE'])(
    'starts nothing while the stack is in %s',
    async (stackStatus) => {
      world.stackStatus = stackStatus;
      const create = requestEvent('Create');
      await world.send(create);
      await world.settle();
      expect(world.cleanRooms.calls).toEqual([]);
      expect(onlyAnswerTo(world, create).Reason).toBe(
        `PJ-STACK-NOT-DEPLOYING: no job was started, because the stack is in ${stackStatus}. Deploy it again`,
      );
    },
  );

  test('with bad values starts nothing, and the reason names the prop and the rule', async () => {
    const create = requestEvent('Create', { MembershipIdentifier: 'mine', WorkerType: 'CR.1X', WorkerNumber: '3' });
    await world.send(create);
    await world.settle();
    expect(world.cleanRooms.calls).toEqual([]);
    expect(onlyAnswerTo(world, create)).toMatchObject({
      Status: 'FAILED',
      Reason:
        'PJ-INVALID-INPUT: no job was started: membership: "mine" (4 characters) is not a membership ID, a UUID of 36 characters ' +
        "in lower case; worker.number: 3 is not a whole number from 4 to 1024 (workers). Correct the job's props and deploy again",
    });
  });

  test('fails with the reason of a job that failed, without the values of parameters', async () => {
    const create = await running(world);
    const error = { code: 'SPARK_ERROR', message: `column\n${SECRET} not found.` };
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED', error });
    await world.settle();
    expect(onlyAnswerTo(world, create)).toMatchObject({
      Status: 'FAILED',
      Reason:
        `PJ-JOB-FAILED: job ${world.cleanRooms.jobs[0].id} failed: SPARK_ERROR: column [parameters.segment] not found. ` +
        'See the job in the Clean Rooms console; deploy again to run it once more',
    });
  });

  test('fails when somebody else cancels the job', async () => {
    const create = await running(world);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-JOB-CANCELLED: job \S+ was cancelled/);
  });

  test('takes a status that it does not know for a failure, once the job can not be cancelled any more', async () => {
    const create = await running(world);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'TIMED_OUT' });
    world.cleanRooms.fail('cancel', 'conflict');
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-JOB-STATUS-UNKNOWN: job \S+ has the status "TIMED_OUT"/);
  });

  test('cancels a job in a status that it does not know and that still runs', async () => {
    const create = await running(world);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'PAUSED' });
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-JOB-STATUS-UNKNOWN/);
  });

  test('cancels the job and fails when the timeout is over', async () => {
    const start = world.now;
    const create = await running(world, 'Create', { Timeout: '600' });
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-TIMEOUT: the timeout of 600 seconds is over; job \S+ did not end/);
    expect(world.now - start).toBe(600_000);
  });
});
