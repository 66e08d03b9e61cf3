import { requestEvent, TEMPLATE_ARN } from './fakes/events';
import { onlyAnswerTo } from './fakes/scenarios';
import { World } from './fakes/world';
import { type RequestEvent } from '../../src/engine/core/request';

const MINUTE = 60_000;
const OTHER_INPUTS = { Triggers: { run: 'other' } };

/** 100 minutes, in two slices of 50. */
const TIMEOUT = { Timeout: '6000', SliceCount: '2' };

let world: World;

beforeEach(() => {
  world = new World();
});

/** A request to the job's first resource. */
function first(type: RequestEvent['RequestType'], properties: Readonly<Record<string, unknown>> = {}): RequestEvent {
  return requestEvent(type, { ...TIMEOUT, SliceNumber: '1', ...properties });
}

/** A request to the resource that waits for the second slice. */
function second(
  type: RequestEvent['RequestType'],
  properties: Readonly<Record<string, unknown>> = {},
  envelope: Partial<RequestEvent> = {},
): RequestEvent {
  const slice = { ...TIMEOUT, SliceNumber: '2', JobLogicalId: 'Uplift' };
  return requestEvent(type, { ...slice, ...properties }, { LogicalResourceId: 'UpliftWait2', ...envelope });
}

/** The URL says when CloudFormation sent the request. */
function sentAt(time: number): Partial<RequestEvent> {
  const date = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  return { ResponseURL: `https://responses.s3.amazonaws.com/${time}?X-Amz-Date=${date}` };
}

async function sent(event: RequestEvent): Promise<RequestEvent> {
  await world.send(event);
  return event;
}

/** A job that still runs when its first slice is over, and the request to its second. */
async function inSecondSlice(type: 'Create' | 'Update' = 'Create', properties: Readonly<Record<string, unknown>> = {}): Promise<RequestEvent> {
  await world.send(first(type, properties));
  await world.settle();
  return sent(second(type, properties));
}

/** A job that succeeded in its second slice. */
async function created(): Promise<void> {
  await inSecondSlice();
  world.cleanRooms.end(world.cleanRooms.running()[0].id);
  await world.settle();
  world.stackStatus = 'UPDATE_IN_PROGRESS';
}

test('a job that outlasts the first slice is answered SUCCESS there, and runs on', async () => {
  const create = await sent(first('Create'));
  const began = world.now;
  await world.settle();
  expect(world.now - began).toBe(50 * MINUTE);
  const [{ id }] = world.cleanRooms.running();
  expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: id, Status: 'SUBMITTED', ResultLocation: 'none' } });
});

test('the second slice waits for the same job and has its attributes', async () => {
  const wait = await inSecondSlice();
  const [{ id }] = world.cleanRooms.running();
  world.cleanRooms.end(id);
  await world.settle();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: id, Status: 'SUCCESS' } });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('a job of almost twelve hours is waited for in fourteen slices', async () => {
  const slice = (number: number) => ({ Timeout: '43200', SliceNumber: `${number}`, SliceCount: '14' });
  const create = await sent(requestEvent('Create', slice(1)));
  await world.settle();
  let wait = create;
  for (let number = 2; number <= 14; number++) {
    expect(onlyAnswerTo(world, wait).Status).toBe('SUCCESS');
    wait = await sent(requestEvent('Create', { ...slice(number), JobLogicalId: 'Uplift' }, { LogicalResourceId: `UpliftWait${number}` }));
    await (number < 14 ? world.settle() : world.tick());
  }
  const [{ id, createTime }] = world.cleanRooms.running();
  expect(world.now - createTime.getTime()).toBeGreaterThan(11 * 60 * MINUTE);
  world.cleanRooms.end(id);
  await world.settle();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: id, Status: 'SUCCESS' } });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('each slice has a physical ID of its own', async () => {
  const create = await sent(first('Create'));
  await world.settle();
  const wait = await sent(second('Create'));
  await world.settle();
  expect(onlyAnswerTo(world, create).PhysicalResourceId).not.toBe(onlyAnswerTo(world, wait).PhysicalResourceId);
});

test('a job that is done in its first slice leaves the second nothing to wait for', async () => {
  await world.send(first('Create'));
  await world.tick();
  world.cleanRooms.end(world.cleanRooms.jobs[0].id);
  await world.settle();
  const wait = await sent(second('Create'));
  await world.tick();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('a job that fails in the second slice fails the deployment at once', async () => {
  const wait = await inSecondSlice();
  await world.tick();
  const before = world.now;
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
  await world.settle();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('PJ-JOB-FAILED') });
  expect(world.now - before).toBeLessThanOrEqual(MINUTE);
});

test('a job that fails between two slices fails the second', async () => {
  await world.send(first('Create'));
  await world.settle();
  world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
  const wait = await sent(second('Create'));
  await world.settle();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('PJ-JOB-FAILED') });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('the timeout in the last slice cancels the job and names the whole timeout', async () => {
  const wait = await inSecondSlice();
  const before = world.now;
  await world.settle();
  expect(world.now - before).toBe(50 * MINUTE);
  expect(onlyAnswerTo(world, wait)).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/^PJ-TIMEOUT: the timeout of 6000 seconds is over; job \S+ did not end in time and was cancelled/),
  });
  expect(world.cleanRooms.running()).toEqual([]);
});

test('a job that waits in line waits on in the second slice', async () => {
  world.cleanRooms.failAlways('start', 'quota');
  const create = await sent(first('Create'));
  await world.settle();
  expect(onlyAnswerTo(world, create)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: 'none' } });
  world.cleanRooms.failAlways('start', 'lostAnswer');
  await world.send(second('Create'));
  await world.tickUntil(() => world.cleanRooms.jobs.length > 0);
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

test('a start whose answer was lost at the end of a slice is looked for in the next', async () => {
  world.cleanRooms.failAlways('start', 'quota');
  await world.send(first('Create'));
  await world.tickUntil(() => world.cleanRooms.calls.filter((call) => call === 'start').length === 99);
  world.cleanRooms.failAlways('start', 'lostAnswer');
  await world.settle();
  expect(world.cleanRooms.jobs).toHaveLength(1);
  const wait = await sent(second('Create'));
  world.cleanRooms.end(world.cleanRooms.jobs[0].id);
  await world.settle();
  expect(onlyAnswerTo(world, wait)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
  expect(world.cleanRooms.jobs).toHaveLength(1);
});

describe('in a rollback', () => {
  test('the job of the second slice is cancelled by the Update of the first, and nothing is started', async () => {
    await created();
    const update = await inSecondSlice('Update', OTHER_INPUTS);
    await world.tick();
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const back = [await sent(first('Update'))];
    await world.settle();
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['SUCCESS', 'CANCELLED']);
    back.push(await sent(second('Update')));
    await world.settle();
    for (const event of back) {
      expect(onlyAnswerTo(world, event)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id } });
    }
    expect(world.answersTo(update)).toEqual([]);
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('a job that hangs while it is cancelled is not handed over to a slice that nobody asks for', async () => {
    await created();
    await world.send(first('Update', OTHER_INPUTS));
    await world.tick();
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const back = await sent(first('Update'));
    await world.settle();
    expect(onlyAnswerTo(world, back)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('PJ-CANCEL-FAILED') });
  });
});

describe('the Delete of a slice', () => {
  test('ends its own wait and leaves the job alone', async () => {
    const wait = await inSecondSlice();
    await world.tick();
    const remove = await sent(second('Delete'));
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
    expect(world.answersTo(wait)).toEqual([]);
    expect(world.cleanRooms.running()).toHaveLength(1);
  });

  test('is followed by that of the job, which cancels it', async () => {
    await inSecondSlice();
    await world.tick();
    await world.send(second('Delete'));
    const remove = await sent(first('Delete'));
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
    expect(world.cleanRooms.running()).toEqual([]);
  });

  test('does not end the wait of another slice', async () => {
    await created();
    const update = await sent(first('Update', OTHER_INPUTS));
    await world.tick();
    const remove = await sent(second('Delete'));
    await world.tick();
    world.cleanRooms.end(world.cleanRooms.running()[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, update).Status).toBe('SUCCESS');
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('does not end the cancelling of a job that could not be cancelled in time', async () => {
    const wait = await inSecondSlice();
    world.cleanRooms.statusAfterCancel = 'CANCELLING';
    await world.tickUntil(() => world.answersTo(wait).length > 0);
    const [{ id }] = world.cleanRooms.running();
    expect(onlyAnswerTo(world, wait).Reason).toContain('PJ-CANCEL-FAILED');
    await world.send(second('Delete'));
    world.cleanRooms.end(id, { status: 'STARTED' });
    world.cleanRooms.statusAfterCancel = 'CANCELLED';
    await world.settle();
    expect(world.cleanRooms.running()).toEqual([]);
  });

  test('is delivered by a clock until it has arrived', async () => {
    await inSecondSlice();
    world.delivery = 'unreachable';
    const remove = await sent(second('Delete'));
    await world.tick();
    world.delivery = 'accepted';
    await world.settle();
    expect(world.answersTo(remove).map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  test('is delivered where deciding fails', async () => {
    await inSecondSlice();
    world.delivery = 'unreachable';
    const remove = await sent(second('Delete'));
    await world.tick();
    world.delivery = 'accepted';
    await world.giveUp(remove);
    expect(world.answersTo(remove).map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
  });

  test('without anything before it succeeds', async () => {
    const remove = await sent(second('Delete'));
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });

  test('with inputs that break the rules ends nothing but that wait', async () => {
    await inSecondSlice();
    await world.tick();
    const remove = await sent(second('Delete', { AnalysisTemplateArn: 'none' }));
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
    expect(world.cleanRooms.running()).toHaveLength(1);
  });
});

describe('a retry with rollback disabled', () => {
  test('asks only the slice that failed, which runs the job again', async () => {
    await inSecondSlice();
    await world.tick();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    await world.settle();
    world.stackStatus = 'UPDATE_IN_PROGRESS';
    await world.send(second('Delete'));
    const retry = await sent(second('Create'));
    await world.tickUntil(() => world.cleanRooms.running().length > 0);
    world.cleanRooms.end(world.cleanRooms.running()[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, retry)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[1].id } });
    expect(world.cleanRooms.jobs).toHaveLength(2);
  });

  test('whose job is still running when the job is deleted leaves none behind', async () => {
    await inSecondSlice();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    await world.settle();
    await world.send(second('Update'));
    await world.tickUntil(() => world.cleanRooms.running().length > 0);
    world.stackStatus = 'DELETE_IN_PROGRESS';
    await world.send(second('Delete'));
    await world.send(first('Delete'));
    await world.settle();
    expect(world.cleanRooms.running()).toEqual([]);
  });
});

describe('a timeout that changes', () => {
  test('makes slices vanish without a job being started or cancelled', async () => {
    await created();
    const update = await sent(requestEvent('Update', { Timeout: '3300' }));
    await world.settle();
    const remove = await sent(second('Delete'));
    await world.settle();
    expect(onlyAnswerTo(world, update)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id, Status: 'SUCCESS' } });
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['SUCCESS']);
  });

  test('makes slices appear without a job being started', async () => {
    await world.send(requestEvent('Create'));
    await world.tick();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    const update = await sent(first('Update'));
    await world.settle();
    const wait = await sent(second('Create'));
    await world.settle();
    for (const event of [update, wait]) {
      expect(onlyAnswerTo(world, event)).toMatchObject({ Status: 'SUCCESS', Data: { JobId: world.cleanRooms.jobs[0].id, Status: 'SUCCESS' } });
    }
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });
});

describe('a request to a slice that is delivered late', () => {
  test('starts nothing after the Delete of the slice', async () => {
    await inSecondSlice();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id, { status: 'FAILED' });
    await world.settle();
    const before = world.now;
    world.now += 10_000;
    await world.send(second('Delete', {}, sentAt(world.now)));
    await world.send(second('Create', {}, sentAt(before)));
    await world.settle();
    expect(world.cleanRooms.jobs).toHaveLength(1);
  });

  test('does not replace a request to an earlier slice that is waited for', async () => {
    await inSecondSlice();
    await world.tick();
    const update = await sent(first('Update', OTHER_INPUTS));
    const late = await sent(second('Update'));
    await world.tickUntil(() => world.cleanRooms.running().some(({ id }) => id !== world.cleanRooms.jobs[0].id));
    await world.settle();
    expect(onlyAnswerTo(world, update).Status).toBe('SUCCESS');
    expect(world.answersTo(late)).toEqual([]);
  });
});

test('two jobs of a stack have records of their own', async () => {
  await world.send(first('Create'));
  await world.send(requestEvent('Create', { AnalysisTemplateArn: TEMPLATE_ARN.replace(/0$/, '1') }, { LogicalResourceId: 'Other' }));
  await world.tick();
  expect(world.cleanRooms.jobs).toHaveLength(2);
});

test('a request that was superseded after its answer was saved still gets it', async () => {
  const create = await sent(requestEvent('Create'));
  await world.tick();
  world.cleanRooms.end(world.cleanRooms.jobs[0].id);
  world.delivery = 'unreachable';
  await world.tick();
  await world.send(requestEvent('Delete'));
  world.delivery = 'accepted';
  await world.settle();
  const answers = world.answersTo(create);
  expect(answers).toHaveLength(2);
  expect(answers[1]).toEqual(answers[0]);
});
