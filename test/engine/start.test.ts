import { requestEvent, SECRET, TEMPLATE_ARN } from './fakes/events';
import { created, jobOfAnotherWorld, onlyAnswerTo, running } from './fakes/scenarios';
import { World } from './fakes/world';
import { type Job } from '../../src/engine/core/job';

let world: World;

beforeEach(() => {
  world = new World();
});

describe('a start', () => {
  test.each(['quota', 'conflict'] as const)('waits in line while another job runs with the membership, which Clean Rooms calls %s', async (kind) => {
    world.cleanRooms.fail('start', kind, kind, kind);
    const start = world.now;
    await created(world);
    expect(world.cleanRooms.jobs[0].createTime.getTime() - start).toBe(90_000);
  });

  test('waits in line as often as it takes', async () => {
    world.cleanRooms.fail('start', 'quota', 'quota', 'quota');
    const create = await created(world);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(4);
    expect(onlyAnswerTo(world, create).Status).toBe('SUCCESS');
  });

  test('that never gets its turn fails at the timeout and says what it waited for', async () => {
    world.cleanRooms.failAlways('start', 'quota');
    const create = await running(world, 'Create', { Timeout: '600' });
    await world.settle();
    expect(world.cleanRooms.jobs).toEqual([]);
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-TIMEOUT: .*no job was started: quotaException: as told/);
  });

  test('that never gets its turn names the quota that it waited for', async () => {
    world.cleanRooms.failAlways('start', 'quota');
    world.cleanRooms.quota = { name: 'Ongoing jobs per membership', value: 1 };
    const create = await running(world, 'Create', { Timeout: '600' });
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toContain('as told (quota "Ongoing jobs per membership" of 1)');
  });

  test.each([
    [{ WorkerType: 'CR.4X', WorkerNumber: '33' }, 512, 528],
    [{}, 63, 64],
  ])('that asks for more vCPU than there ever are fails at once: %p where there are %d', async (properties, value, vcpus) => {
    world.cleanRooms.fail('start', 'quota');
    world.cleanRooms.quota = { name: 'vCPUs of PySpark workers per account', value };
    const create = await running(world, 'Create', properties);
    expect(onlyAnswerTo(world, create).Reason).toBe(
      `PJ-START-REFUSED: the job asks for ${vcpus} vCPU, more than the account can ever have at once, so it was not started: quotaException: as told ` +
        `(quota "vCPUs of PySpark workers per account" of ${value}). ` +
        'Set a lower number of workers, or have the quota raised (Service Quotas, L-26B93E43), and deploy again',
    );
  });

  test.each<[string, Record<string, string>, { name: string; value?: number }]>([
    ['other jobs use the vCPU that it wants', { WorkerType: 'CR.4X', WorkerNumber: '32' }, { name: 'vCPUs of PySpark workers per account', value: 512 }],
    ['its worker type is new', { WorkerType: 'CR.8X', WorkerNumber: '32' }, { name: 'vCPUs of PySpark workers per account', value: 4 }],
    ['the quota has no value', {}, { name: 'vCPUs of PySpark workers per account' }],
    ['the quota is another', { WorkerType: 'CR.4X', WorkerNumber: '32' }, { name: 'Ongoing jobs per account', value: 2 }],
  ])('waits in line where %s', async (_case, properties, quota) => {
    world.cleanRooms.fail('start', 'quota');
    world.cleanRooms.quota = quota;
    expect(onlyAnswerTo(world, await created(world, properties)).Status).toBe('SUCCESS');
  });

  test.each(['notFound', 'invalid'] as const)('refused as %s fails at once in the words of Clean Rooms', async (kind) => {
    world.cleanRooms.fail('start', kind);
    world.cleanRooms.message = `no value ${SECRET} here.`;
    const create = await running(world);
    expect(onlyAnswerTo(world, create).Reason).toBe(
      `PJ-START-REFUSED: Clean Rooms refused to start the job: ${kind}Exception: no value [parameters.segment] here. ` +
        'Correct what it names and deploy again',
    );
  });

  test.each(['throttled', 'denied'] as const)('that is %s is sent again', async (kind) => {
    world.cleanRooms.fail('start', kind, kind);
    expect(onlyAnswerTo(world, await created(world)).Status).toBe('SUCCESS');
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('that is sent again counts as another, so that what came of the first is not taken for what came of it', async () => {
    world.cleanRooms.fail('start', 'throttled');
    const create = await running(world);
    await world.tickUntil(() => world.cleanRooms.jobs.length > 0);
    expect((await world.record(create)).run?.attempt).toBe(2);
  });

  test('that stays denied fails after minutes with the action', async () => {
    world.cleanRooms.failAlways('start', 'denied');
    const start = world.now;
    const create = await running(world);
    await world.settle();
    expect(world.now - start).toBe(300_000);
    expect(onlyAnswerTo(world, create).Reason).toMatch(
      /^PJ-ACCESS-DENIED: cleanrooms:StartProtectedJob was denied, no job was started: deniedException: as told\. Allow the action/,
    );
  });

  test('whose answer is lost is not sent again: its job is found', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    const create = await created(world);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
    expect(onlyAnswerTo(world, create).Data?.JobId).toBe(world.cleanRooms.jobs[0].id);
  });

  test('whose job shows in the list only later is not sent again', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    await running(world);
    const [hidden] = world.cleanRooms.jobs.splice(0);
    await world.tick();
    await world.tick();
    world.cleanRooms.jobs.push(hidden);
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
    expect(world.ledger.claims.has(hidden.id)).toBe(true);
  });

  test('whose job Clean Rooms dates a minute before it is not sent again', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    await running(world);
    const [{ id }] = world.cleanRooms.jobs;
    world.cleanRooms.end(id, { createTime: new Date(world.now - 60_000) });
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.ledger.claims.has(id)).toBe(true);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('whose outcome is unknown is sent again once its job can no longer show', async () => {
    world.cleanRooms.fail('start', 'unknown');
    const start = world.now;
    await created(world);
    expect(world.cleanRooms.jobs).toHaveLength(1);
    expect(world.cleanRooms.jobs[0].createTime.getTime() - start).toBeGreaterThanOrEqual(60_000);
  });

  test('after an unknown outcome is preceded by a lookup, also when it waited in line meanwhile', async () => {
    world.cleanRooms.fail('start', 'unknown', 'quota');
    await created(world);
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
    world.cleanRooms.jobs.push(await jobOfAnotherWorld(world));
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('never takes the job of another run for its own', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.jobs.push(await jobOfAnotherWorld(world));
    await world.ledger.claimJob(world.cleanRooms.jobs[0].id, 'another run');
    await running(world);
    await world.tickUntil(() => world.cleanRooms.jobs.length > 1);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('never takes the job of another resource with the same inputs for its own', async () => {
    await running(world);
    world.cleanRooms.fail('start', 'unknown');
    await world.send(requestEvent('Create', {}, { LogicalResourceId: 'Other' }));
    await world.tickUntil(() => world.now > Date.UTC(2026, 0, 1) + 300_000);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('never takes a job with other parameters for its own', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld(world)), parameters: { segment: 'other' } });
    await running(world);
    await world.tickUntil(() => world.cleanRooms.jobs.length > 1);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  describe('with every input', () => {
    const INPUTS = {
      WorkerType: 'CR.4X',
      WorkerNumber: '8',
      SparkProperties: { 'spark.sql.shuffle.partitions': '64' },
      ResultReceiverAccountId: '444455556666',
      ComputePayerAccountId: '777788889999',
    };

    test.each<[string, Partial<Job>]>([
      ['type', { type: 'ANOTHER' }],
      ['analysis template', { analysisTemplateArn: `${TEMPLATE_ARN}1` }],
      ['value of a parameter', { parameters: { segment: 'other' } }],
      ['names of parameters', { parameters: { another: SECRET } }],
      ['worker type', { workerType: 'CR.1X' }],
      ['number of workers', { workerNumber: 9 }],
      ['value of a Spark property', { sparkProperties: { 'spark.sql.shuffle.partitions': '65' } }],
      ['names of Spark properties', { sparkProperties: {} }],
      ['receiver of the results', { resultReceiver: '111122223333' }],
      ['payer', { computePayer: '111122223333' }],
    ])('never takes a job with another %s for its own', async (_field, difference) => {
      world.cleanRooms.fail('start', 'unknown');
      world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld(world, INPUTS)), ...difference });
      await running(world, 'Create', INPUTS);
      await world.tickUntil(() => world.cleanRooms.jobs.length > 1);
      expect(world.cleanRooms.jobs).toHaveLength(2);
    });

    test('takes a job of which Clean Rooms shows no more than the template', async () => {
      world.cleanRooms.fail('start', 'unknown');
      const { id, membershipId, membershipArn, createTime, status, analysisTemplateArn } = await jobOfAnotherWorld(world, INPUTS);
      world.cleanRooms.jobs.push({ id, membershipId, membershipArn, createTime, status, analysisTemplateArn, resultReceivers: [] });
      await running(world, 'Create', INPUTS);
      await world.tickUntil(() => world.ledger.claims.size > 0);
      expect(world.cleanRooms.jobs).toHaveLength(1);
    });
  });

  test.each<[string, Partial<Job>]>([
    ['another receiver', { resultReceiver: '444455556666' }],
    ['one more parameter', { parameters: { segment: SECRET, lookback: '30', days: '7' } }],
    ['a Spark property', { sparkProperties: { 'spark.sql.shuffle.partitions': '64' } }],
  ])('takes a job that is like what was asked for rather than one with %s that it did not ask for', async (_field, difference) => {
    world.cleanRooms.fail('start', 'lostAnswer');
    world.cleanRooms.jobs.push({ ...(await jobOfAnotherWorld(world)), id: 'foreign', ...difference });
    const create = await running(world);
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect((await world.record(create)).run?.jobId).toBe(world.cleanRooms.jobs[1].id);
  });

  test('whose answer is lost finds its job where Clean Rooms does not show the defaults of the template', async () => {
    world.cleanRooms.templateDefaults = {};
    world.cleanRooms.fail('start', 'lostAnswer');
    await created(world);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('that crashed after it claimed its job finds that one, not an older one with the same inputs', async () => {
    const older = { ...(await jobOfAnotherWorld(world)), id: 'the older job' };
    const create = requestEvent('Create');
    await world.send(create);
    const { claimJob } = world.ledger;
    world.ledger.claimJob = async (jobId, owner) => {
      await claimJob.call(world.ledger, jobId, owner);
      world.ledger.claimJob = claimJob;
      throw new Error('crash');
    };
    await expect(world.tick()).rejects.toThrow('crash');
    const [own] = world.cleanRooms.jobs;
    world.cleanRooms.jobs.unshift(older);
    await world.tickUntil(() => world.cleanRooms.calls.includes('listSince'));
    await world.tick();
    expect((await world.record(create)).run?.jobId).toBe(own.id);
    expect(world.ledger.claims.has('the older job')).toBe(false);
  });

  test('whose job was taken by a run with the same inputs looks for the job of that run', async () => {
    world.cleanRooms.duringStart = async () => {
      await world.ledger.claimJob('00000000-0000-4000-8000-000000000001', 'a run with the same inputs');
    };
    await running(world);
    world.cleanRooms.duringStart = async () => {};
    world.cleanRooms.jobs.push({ ...world.cleanRooms.jobs[0], id: 'the job of that run' });
    await world.tickUntil(() => world.ledger.claims.size > 1);
    expect(world.ledger.claims.has('the job of that run')).toBe(true);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('never takes an ended job of an earlier run with the same inputs for its own', async () => {
    await running(world);
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
    expect(onlyAnswerTo(world, create).Data?.JobId).toBe(world.cleanRooms.jobs[1].id);
  });

  test('whose job is listed and can not be got yet is not given up', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    world.cleanRooms.fail('get', 'notFound', 'notFound', 'notFound');
    const create = await running(world);
    await world.tickUntil(() => world.ledger.claims.size > 0);
    expect(world.answersTo(create)).toEqual([]);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('is not sent again as long as a listed job, which may be its own, can not be looked at', async () => {
    world.cleanRooms.fail('start', 'lostAnswer');
    world.cleanRooms.failAlways('get', 'throttled');
    const start = world.now;
    await running(world);
    await world.tickUntil(() => world.now - start > 150_000);
    expect(world.cleanRooms.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('fails at once where the membership is gone while its job is looked for', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.fail('listSince', 'notFound', 'notFound');
    const create = await running(world);
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-START-REFUSED: Clean Rooms refused to start the job: notFoundException/);
  });

  test('of which nobody knows what came of it is called so at the timeout', async () => {
    world.cleanRooms.fail('start', 'unknown');
    world.cleanRooms.failAlways('listSince', 'throttled');
    const create = await running(world, 'Create', { Timeout: '60' });
    await world.settle();
    expect(onlyAnswerTo(world, create).Reason).toMatch(/^PJ-CANCEL-FAILED: a job that may have been started could not be cancelled/);
  });
});
