import { requestEvent, SECRET } from './fakes/events';
import { tickOf, World } from './fakes/world';
import { advance } from '../../src/engine/advance';
import { RequestEvent } from '../../src/engine/request';

let world: World;

beforeEach(() => {
  world = new World();
});

/** A resource whose job has succeeded. */
async function created(properties: Readonly<Record<string, unknown>> = {}): Promise<RequestEvent> {
  const create = requestEvent('Create', properties);
  await world.send(create);
  await world.tickUntil(() => world.cleanRooms.running().length > 0);
  world.cleanRooms.end(world.cleanRooms.running()[0].id);
  await world.settle();
  return create;
}

/** A resource whose job runs. */
async function running(type: 'Create' | 'Update' = 'Create', properties: Readonly<Record<string, unknown>> = {}): Promise<RequestEvent> {
  const event = requestEvent(type, properties);
  await world.send(event);
  await world.tick();
  return event;
}

function onlyAnswerTo(event: RequestEvent) {
  const answers = world.answersTo(event);
  expect(answers).toHaveLength(1);
  return answers[0];
}

describe('create', () => {
  test('starts one job and answers with all attributes when it has succeeded', async () => {
    const create = await created();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(onlyAnswerTo(create)).toEqual({
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
      },
    });
  });

  test('saves the claim before it starts the job', async () => {
    const create = requestEvent('Create');
    let phaseDuringStart: string | undefined;
    world.cleanRooms.duringStart = async () => {
      phaseDuringStart = (await world.record(create)).run?.phase;
    };
    await world.send(create);
    await world.tick();
    expect(phaseDuringStart).toBe('starting');
  });

  test('saves the answer before it sends it', async () => {
    let savedAnswer: string | undefined;
    const create = await running();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    const { deliver } = world.ports.answers;
    world.ports.answers.deliver = async (url, body) => {
      savedAnswer = (await world.record(create)).request.answer;
      return deliver(url, body);
    };
    await world.settle();
    expect(savedAnswer).toBe(world.answers[0].body);
  });

  test('who loses the save of a claim starts nothing', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.ledger.beforeSave = async (record) => {
      if (record.run?.phase === 'starting') {
        world.ledger.beforeSave = async () => {};
        await advance(world.ports, tickOf(create)); // another execution, which is faster
      }
    };
    await world.tick();
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
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
    const create = await created();
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
      expect(onlyAnswerTo(create).Reason).toBe(
        `PJ-STACK-NOT-DEPLOYING: no job was started, because the stack is in ${stackStatus}. Deploy it again`,
      );
    },
  );

  test('with bad values starts nothing, and the reason names the prop and the rule', async () => {
    const create = requestEvent('Create', { MembershipIdentifier: 'mine', WorkerType: 'CR.1X', WorkerNumber: '3' });
    await world.send(create);
    await world.settle();
    expect(world.cleanRooms.calls).toEqual([]);
    expect(onlyAnswerTo(create)).toMatchObject({
      Status: 'FAILED',
      Reason:
        'PJ-INVALID-INPUT: no job was started: membership: "mine" (4 characters) is not a membership ID, a UUID of 36 characters ' +
        "in lower case; worker.number: 3 is not a whole number from 4 to 1024 (workers). Correct the job's props and deploy again",
    });
  });

  test('fails with the reason of a job that failed, without the values of parameters', async () => {
    const create = await running();
    const error = { code: 'SPARK_ERROR', message: `column\n${SECRET} not found.` };
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED', error });
    await world.settle();
    expect(onlyAnswerTo(create)).toMatchObject({
      Status: 'FAILED',
      Reason:
        `PJ-JOB-FAILED: job ${world.cleanRooms.jobs[0].id} failed: SPARK_ERROR: column [parameters.segment] not found. ` +
        'See the job in the Clean Rooms console; deploy again to run it once more',
    });
  });

  test('fails when somebody else cancels the job', async () => {
    const create = await running();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
    await world.settle();
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-JOB-CANCELLED: job \S+ was cancelled/);
  });

  test('takes a status that it does not know for a failure, once the job can not be cancelled any more', async () => {
    const create = await running();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'TIMED_OUT' });
    world.cleanRooms.fail('cancel', 'conflict');
    await world.settle();
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-JOB-STATUS-UNKNOWN: job \S+ has the status "TIMED_OUT"/);
  });

  test('cancels a job in a status that it does not know and that still runs', async () => {
    const create = await running();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'PAUSED' });
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-JOB-STATUS-UNKNOWN/);
  });

  test('cancels the job and fails when the timeout is over', async () => {
    const start = world.now;
    const create = await running('Create', { Timeout: '600' });
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-TIMEOUT: the timeout of 600 seconds is over; job \S+ did not end/);
    expect(world.now - start).toBe(600_000);
  });

  test('answers in time, names the job and goes on cancelling where the job hangs in CANCELLING', async () => {
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    const start = world.now;
    const create = await running('Create', { Timeout: '600' });
    await world.tickUntil(() => world.answers.length > 0);
    expect(world.now - start).toBeLessThan(900_000);
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-CANCEL-FAILED: job \S+ could not be cancelled in time/);
    expect(world.clocks).toHaveLength(1);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'CANCELLED' });
    await world.settle();
    expect(world.answersTo(create)).toHaveLength(1);
    expect((await world.record(create)).run).toBeUndefined();
  });
});

test('a job that hangs for ever is cancelled for an hour more, looked at once a minute', async () => {
  world.cleanRooms.statusAfterCancel = 'CANCELLING';
  await running('Create', { Timeout: '600' });
  await world.tickUntil(() => world.answers.length > 0);
  const answeredAt = world.now;
  world.cleanRooms.calls.length = 0;
  await world.settle();
  expect(world.now - answeredAt).toBeGreaterThan(3_600_000);
  expect(world.cleanRooms.calls.length).toBeLessThan(70);
});

describe('a start', () => {
  test('waits in line while another job runs with the membership', async () => {
    world.cleanRooms.fail('start', 'quota', 'quota', 'quota');
    const create = await created();
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(4);
    expect(onlyAnswerTo(create).Status).toBe('SUCCESS');
  });

  test('that never gets its turn fails at the timeout and says what it waited for', async () => {
    world.cleanRooms.fail('start', ...Array.from({ length: 100 }, () => 'quota' as const));
    const create = await running('Create', { Timeout: '600' });
    await world.settle();
    expect(world.cleanRooms.jobs).toEqual([]);
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-TIMEOUT: .*no job was started: quotaException: as told/);
  });

  test.each(['notFound', 'invalid', 'conflict'] as const)('that is refused as %s fails at once in the words of Clean Rooms', async (kind) => {
    world.cleanRooms.fail('start', kind);
    world.cleanRooms.message = `no value ${SECRET} here.`;
    const create = await running();
    expect(onlyAnswerTo(create).Reason).toBe(
      `PJ-START-REFUSED: Clean Rooms refused to start the job: ${kind}Exception: no value [parameters.segment] here. ` +
        'Correct what it names and deploy again',
    );
  });

  test.each(['throttled', 'denied'] as const)('that is %s is sent again', async (kind) => {
    world.cleanRooms.fail('start', kind, kind);
    expect(onlyAnswerTo(await created()).Status).toBe('SUCCESS');
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('that stays denied fails after minutes with the action', async () => {
    world.cleanRooms.fail('start', ...Array.from({ length: 100 }, () => 'denied' as const));
    const start = world.now;
    const create = await running();
    await world.settle();
    expect(world.now - start).toBe(300_000);
    expect(onlyAnswerTo(create).Reason).toMatch(
      /^PJ-ACCESS-DENIED: cleanrooms:StartProtectedJob was denied, no job was started: deniedException: as told\. Allow the action/,
    );
  });

  test('whose answer is lost is not sent again: its job is found', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    const create = await created();
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
    expect(onlyAnswerTo(create).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('whose job shows in the list only later is not sent again', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    await running();
    const [hidden] = world.cleanRooms.jobs.splice(0);
    await world.tick();
    await world.tick();
    world.cleanRooms.jobs.push(hidden);
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
    expect(world.ledger.claims.has(hidden.id)).toBe(true);
  });

  test('whose outcome is unknown is sent again once its job can no longer show', async () => {
    world.cleanRooms.fail('start', 'unknown');
    const start = world.now;
    await created();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(world.cleanRooms.jobs[0].createTime.getTime() - start).toBeGreaterThanOrEqual(60_000);
  });

  test('after an unknown outcome is preceded by a lookup, also when it waited in line meanwhile', async () => {
    world.cleanRooms.fail('start', 'unknown', 'quota');
    await created();
    const calls = world.cleanRooms.calls.filter((call) => call !== 'get');
    expect(calls.lastIndexOf('listSince')).toBe(calls.lastIndexOf('start') - 1);
  });

  test('that crashed is looked for when its lease is over', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.cleanRooms.duringStart = async () => {
      world.cleanRooms.duringStart = async () => {};
      throw new Error('crash');
    };
    await expect(world.tick()).rejects.toThrow('crash');
    world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld()), createTime: new Date(world.now) });
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('never takes the job of another run for its own', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld()), createTime: new Date(world.now) });
    await world.ledger.claimJob(world.cleanRooms.jobs[0].id, 'another run');
    await running();
    await world.tickUntil(() => world.cleanRooms.jobs.length > 1);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('never takes a job with other parameters for its own', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld()), createTime: new Date(world.now), parameters: { segment: 'other' } });
    await running();
    await world.tickUntil(() => world.cleanRooms.jobs.length > 1);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('whose job was taken by a run with the same inputs looks for the job of that run', async () => {
    world.cleanRooms.duringStart = async () => {
      await world.ledger.claimJob('00000000-0000-4000-8000-000000000001', 'a run with the same inputs');
    };
    await running();
    world.cleanRooms.duringStart = async () => {};
    world.cleanRooms.jobs.push({ ...world.cleanRooms.jobs[0], id: 'the job of that run' });
    await world.tickUntil(() => world.ledger.claims.size > 1);
    expect(world.ledger.claims.has('the job of that run')).toBe(true);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('never takes an ended job of an earlier run with the same inputs for its own', async () => {
    await running();
    world.stackStatus = 'ROLLBACK_IN_PROGRESS';
    await world.send(requestEvent('Delete'));
    await world.settle();
    world.stackStatus = 'CREATE_IN_PROGRESS';
    world.cleanRooms.fail('start', 'lostAnswer');
    const create = requestEvent('Create');
    await world.send(create);
    await world.tickUntil(() => world.ledger.claims.size > 1);
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    expect(onlyAnswerTo(create).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });

  test('is not claimed where there is no time left to send it', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    let looks = 0;
    const { status } = world.ports.stacks;
    world.ports.stacks.status = async (stackId) => {
      looks += 1;
      return status(stackId);
    };
    await advance({ ...world.ports, hasTime: () => looks === 0 }, tickOf(create));
    expect((await world.record(create)).run).toBeUndefined();
    expect(world.cleanRooms.calls).toEqual([]);
  });

  test('is saved with what came of it where no time is left after it', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    await advance({ ...world.ports, hasTime: () => world.cleanRooms.jobs.length === 0 }, tickOf(create));
    expect((await world.record(create)).run?.jobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('whose job is listed and can not be got yet is not given up', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    world.cleanRooms.fail('get', 'notFound', 'notFound', 'notFound');
    const create = await running();
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.answersTo(create)).toEqual([]);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('fails at once where the membership is gone while its job is looked for', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.fail('listSince', 'notFound', 'notFound');
    const create = await running();
    await world.settle();
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-START-REFUSED: Clean Rooms refused to start the job: notFoundException/);
  });

  test('of which nobody knows what came of it is called so at the timeout', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.fail('listSince', ...Array.from({ length: 100 }, () => 'throttled' as const));
    const create = await running('Create', { Timeout: '60' });
    await world.settle();
    expect(onlyAnswerTo(create).Reason).toMatch(/^PJ-CANCEL-FAILED: a job that may have been started could not be cancelled/);
  });

  async function jobOfAnotherWorld() {
    const other = new World();
    await other.send(requestEvent('Create'));
    await other.tick();
    return other.cleanRooms.jobs[0];
  }
});

describe('update', () => {
  beforeEach(async () => {
    await created();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
  });

  test('with the same inputs starts nothing and answers the same', async () => {
    const update = requestEvent('Update', { Timeout: '1200' });
    await world.send(update);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(onlyAnswerTo(update).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
    expect(onlyAnswerTo(update).PhysicalResourceId).toBe('protected-job-1');
  });

  test.each([
    { Parameters: { segment: 'other' } },
    { Triggers: { at: 'now' } },
    { WorkerType: 'CR.4X', WorkerNumber: '8' },
    { ResultReceiverAccountId: '444455556666' },
  ])('with other inputs starts one more job: %o', async (properties) => {
    const update = await running('Update', properties);
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(update).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });

  test('back to former inputs starts nothing and gives the former attributes', async () => {
    await running('Update', { Parameters: {} });
    world.cleanRooms.end(world.cleanRooms.jobs[1].id);
    await world.settle();
    const revert = requestEvent('Update');
    await world.send(revert);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(revert).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('that failed runs again when it is tried again', async () => {
    await running('Update', { Parameters: {} });
    world.cleanRooms.end(world.cleanRooms.jobs[1].id, { status: 'FAILED' });
    await world.settle();
    await running('Update', { Parameters: {} });
    expect(world.cleanRooms.jobs).toHaveLength(3);
  });

  test('superseded by its rollback is cancelled, and the rollback restores the attributes and starts nothing', async () => {
    const update = await running('Update', { Parameters: {} });
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update');
    await world.send(rollback);
    await world.settle();
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['SUCCESS', 'CANCELLED']);
    expect(world.answersTo(update)).toEqual([]);
    expect(onlyAnswerTo(rollback)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });

  test('a rollback of which nothing is remembered succeeds without attributes and starts nothing', async () => {
    world.ledger.records.clear();
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update');
    await world.send(rollback);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
    const { Status, Data } = onlyAnswerTo(rollback);
    expect(Status).toBe('SUCCESS');
    expect(new Set(Object.values(Data ?? {}))).toEqual(new Set(['none']));
  });

  test('a rollback to inputs that break the rules succeeds with the attributes that the stack had last', async () => {
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const rollback = requestEvent('Update', { Timeout: '7200' });
    await world.send(rollback);
    await world.settle();
    expect(onlyAnswerTo(rollback)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  });

  test('to inputs that break the rules fails', async () => {
    const update = requestEvent('Update', { Timeout: '7200' });
    await world.send(update);
    await world.settle();
    expect(onlyAnswerTo(update).Reason).toMatch(/^PJ-INVALID-INPUT/);
  });

  test('with the inputs of a run that is being cancelled waits for its end and then runs', async () => {
    await running('Update', { Parameters: {} });
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
    await running('Update', { Parameters: {} });
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    world.cleanRooms.end(world.cleanRooms.jobs[1].id); // it ends while the rollback begins
    await world.send(requestEvent('Update'));
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    const again = requestEvent('Update', { Parameters: {} });
    await world.send(again);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(2);
    expect(onlyAnswerTo(again).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });
});

describe('delete', () => {
  test('cancels the job that runs, waits for its end and answers once', async () => {
    await running();
    const remove = requestEvent('Delete', {}, { PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    world.stackStatus = 'ROLLBACK_IN_PROGRESS';
    await world.send(remove);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(onlyAnswerTo(remove)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    expect(world.answers).toHaveLength(1);
  });

  test('without a create succeeds at once', async () => {
    const remove = requestEvent('Delete', {}, { PhysicalResourceId: 'analytics-Uplift-1ABCDEF' });
    await world.send(remove);
    await world.settle();
    expect(world.cleanRooms.calls).toEqual([]);
    expect(onlyAnswerTo(remove).Status).toBe('SUCCESS');
  });

  test('while a start is under way waits for the end of its lease and cancels what came of it', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.cleanRooms.duringStart = async () => {
      world.cleanRooms.duringStart = async () => {};
      await world.send(requestEvent('Delete'));
      throw new Error('crash');
    };
    await expect(world.tick()).rejects.toThrow('crash');
    const orphan = await orphanJob();
    world.cleanRooms.jobs.push(orphan);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.answersTo(create)).toEqual([]);
  });

  test('that is overtaken by the answer to the start cancels the job at once', async () => {
    const create = requestEvent('Create');
    await world.send(create);
    world.cleanRooms.duringStart = async () => {
      await world.send(requestEvent('Delete'));
    };
    const start = world.now;
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.now - start).toBeLessThan(60_000 + 10_000);
  });

  test('ends the memory: the same inputs run again after it', async () => {
    await created();
    await world.send(requestEvent('Delete'));
    await world.settle();
    await running('Create');
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('a create that comes again after it starts nothing', async () => {
    const create = await created();
    await world.send(requestEvent('Delete'));
    await world.settle();
    await world.send(create);
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('a create that comes late, for the first time, after it starts nothing', async () => {
    await world.send(requestEvent('Delete'));
    await world.settle();
    world.stackStatus = 'ROLLBACK_COMPLETE';
    await world.send(requestEvent('Create'));
    await world.settle();
    expect(world.cleanRooms.jobs).toEqual([]);
  });

  test('is done where the job or its membership is gone', async () => {
    await running();
    world.now += 200_000;
    world.cleanRooms.jobs.length = 0;
    const remove = requestEvent('Delete');
    world.cleanRooms.fail('cancel', 'notFound');
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(remove).Status).toBe('SUCCESS');
  });

  test('does not believe that there is no job where it is listed and can not be got yet', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    await running();
    world.cleanRooms.fail('get', 'notFound');
    await world.send(requestEvent('Delete'));
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
  });

  test('is done where the membership is gone while a job is looked for', async () => {
    world.cleanRooms.fail('start', 'unknown');
    await running();
    world.cleanRooms.fail('listSince', 'notFound');
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(remove).Status).toBe('SUCCESS');
  });

  test('that may not look for a job says that one may have been started', async () => {
    world.cleanRooms.fail('start', 'unknown');
    await running();
    world.cleanRooms.fail('listSince', ...Array.from({ length: 200 }, () => 'denied' as const));
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.tickUntil(() => world.answers.length > 0);
    expect(onlyAnswerTo(remove).Reason).toMatch(/^PJ-ACCESS-DENIED: cleanrooms:ListProtectedJobs was denied, a job may have been started/);
  });

  test('that may not cancel fails with the action and the job', async () => {
    await running();
    world.cleanRooms.fail('cancel', ...Array.from({ length: 100 }, () => 'denied' as const));
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.tickUntil(() => world.answers.length > 0);
    expect(onlyAnswerTo(remove).Reason).toMatch(
      new RegExp(`^PJ-ACCESS-DENIED: cleanrooms:UpdateProtectedJob was denied, job ${world.cleanRooms.jobs[0].id} may still be running`),
    );
  });

  test('whose job ends by itself meanwhile succeeds', async () => {
    await running();
    world.cleanRooms.fail('cancel', 'conflict');
    const remove = requestEvent('Delete');
    await world.send(remove);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(remove).Status).toBe('SUCCESS');
  });

  async function orphanJob() {
    const other = new World();
    other.now = world.now;
    await other.send(requestEvent('Create'));
    await other.tick();
    return other.cleanRooms.jobs[0];
  }
});

describe('the answer', () => {
  test('that can not be delivered is tried again, always the same', async () => {
    const create = await running();
    world.delivery = 'unreachable';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.tickUntil(() => world.answers.length === 3);
    world.delivery = 'accepted';
    await world.settle();
    expect(world.answersTo(create)).toHaveLength(4);
    expect(new Set(world.answers.map(({ body }) => body)).size).toBe(1);
  });

  test('that is refused is given up after three times', async () => {
    await running();
    world.delivery = 'refused';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(world.answers).toHaveLength(3);
  });

  test('of the last line of defence names the job, and is the only one', async () => {
    const create = await running();
    await world.giveUp(create);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(create).Reason).toMatch(
      new RegExp(`^PJ-INTERNAL: .*job ${world.cleanRooms.jobs[0].id} may still be running`),
    );
  });

  test('of the last line of defence is followed by cancelling the job that is left', async () => {
    const create = await running();
    world.clocks.length = 0;
    await world.giveUp(create);
    await world.settle();
    expect(world.cleanRooms.jobs[0].status).toBe('CANCELLED');
    expect(world.answersTo(create)).toHaveLength(1);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('that was saved is the one that the last line of defence sends', async () => {
    const create = await running();
    world.delivery = 'unreachable';
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.tickUntil(() => world.answers.length === 1);
    world.delivery = 'accepted';
    await world.giveUp(create);
    expect(world.answers[1]).toEqual(world.answers[0]);
    expect(onlyStatus()).toEqual(['SUCCESS']);
  });

  test('of the last line of defence is not sent for a request that nobody waits for, whose secrets go all the same', async () => {
    const create = await running();
    await world.send(requestEvent('Delete'));
    await world.giveUp(create);
    expect(world.answersTo(create)).toEqual([]);
    expect([...world.ledger.requests.values()].join()).not.toContain(create.ResponseURL);
  });

  test('has the attributes that another version did not save', async () => {
    const create = await created();
    const record = await world.record(create);
    const [{ attributes, ...success }] = record.successes;
    const { BilledUnits: _unknownThen, ...older } = attributes;
    await world.ledger.save({ ...record, successes: [{ ...success, attributes: { ...older, OfANewerVersion: 'kept' } }] });
    const update = requestEvent('Update');
    await world.send(update);
    await world.settle();
    expect(onlyAnswerTo(update).Data).toEqual({ ...older, BilledUnits: 'none', OfANewerVersion: 'kept' });
  });

  function onlyStatus(): string[] {
    return [...new Set(world.answers.map(({ body }) => JSON.parse(body).Status))];
  }
});

describe('secrets', () => {
  test('stay in the ledger only until the answer, and are in no record and no log', async () => {
    const create = await running();
    const [requestText] = world.ledger.requests.values();
    expect(requestText).toContain(SECRET);
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(world.ledger.requests.size).toBe(0);
    const kept = [...world.ledger.records.values(), ...world.ledger.claims.values(), ...world.logged].join();
    expect(kept).not.toContain(SECRET);
    expect(kept).not.toContain(create.ResponseURL);
  });

  test('of a superseded request are discarded when its clock sees that', async () => {
    await running();
    await world.send(requestEvent('Delete'));
    await world.settle();
    expect(world.ledger.requests.size).toBe(0);
  });
});
