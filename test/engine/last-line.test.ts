import { requestEvent, SECRET } from './fakes/events';
import { created, onlyAnswerTo, running } from './fakes/scenarios';
import { tickOf, World } from './fakes/world';
import { UnreadableRecordError } from '../../src/engine/core/record';
import { type RequestEvent } from '../../src/engine/core/request';
import { onEvent, type OnEventPorts } from '../../src/engine/on-event';

const MINUTE = 60_000;

let world: World;

beforeEach(() => {
  world = new World();
});

async function deny(): Promise<never> {
  throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
}

/** No call of the ledger succeeds for so long. */
function denyLedgerFor(milliseconds: number): void {
  const until = world.now + milliseconds;
  for (const operation of ['load', 'save', 'loadRequest', 'saveRequest', 'discardRequest'] as const) {
    const perform: (...values: never[]) => Promise<unknown> = world.ledger[operation].bind(world.ledger);
    Object.assign(world.ledger, { [operation]: async (...values: never[]) => (world.now < until ? deny() : perform(...values)) });
  }
}

const WITHOUT_CLOCK = /^PJ-INTERNAL: the runner could not go on \(its ledger or its clock can not be used\)/;

function expectGivenUp(event: RequestEvent): void {
  expectGivenUpWithJobs(event);
  expect(world.cleanRooms.jobs).toEqual([]);
}

/** Where there are jobs of requests before. */
function expectGivenUpWithJobs(event: RequestEvent): void {
  expect(new Set(world.answersTo(event).map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(world.answersTo(event)[0]).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(WITHOUT_CLOCK) });
}

describe('a ledger that is denied', () => {
  test('for two minutes delays a request and does not fail it', async () => {
    denyLedgerFor(2 * MINUTE);
    const create = await created(world);
    expect(onlyAnswerTo(world, create).Status).toBe('SUCCESS');
  });

  test('for good makes it fail within four minutes', async () => {
    const began = world.now;
    denyLedgerFor(Infinity);
    const create = requestEvent('Create');
    await world.send(create);
    expectGivenUp(create);
    expect(world.now - began).toBeLessThan(4 * MINUTE);
  });

  test('for good makes a request of a short timeout fail before CloudFormation gives up', async () => {
    const sentAt = world.now;
    world.now += 4 * MINUTE; // on its way
    denyLedgerFor(Infinity);
    const date = new Date(sentAt).toISOString().replace(/[-:]|\.\d+/g, '');
    const { ResponseURL, ...create } = requestEvent('Create', { Timeout: '60' });
    await world.send({ ...create, ResponseURL: `${ResponseURL}&X-Amz-Date=${date}` });
    expect(world.answers).toHaveLength(1);
    expect(world.now).toBeLessThan(sentAt + 6 * MINUTE);
  });

  test('leaves the answer to the clock, where one runs', async () => {
    const create = await running(world);
    const ended = world.cleanRooms.jobs[0].id;
    denyLedgerFor(3.5 * MINUTE);
    await expect(world.send(create)).rejects.toThrow('its clock answers it');
    expect(world.answers).toEqual([]);
    world.cleanRooms.end(ended);
    await expect(world.settle()).rejects.toThrow('not authorized');
    world.now += MINUTE;
    await world.settle();
    expect(onlyAnswerTo(world, create).Status).toBe('SUCCESS');
  });

  test('ends the wait for a slice with success all the same, for nothing is to be done for it', async () => {
    denyLedgerFor(Infinity);
    const remove = requestEvent('Delete', { JobLogicalId: 'Uplift', SliceNumber: '2', SliceCount: '2' }, { LogicalResourceId: 'UpliftWait2' });
    await world.send(remove);
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });
});

describe('after a request was given up without the ledger', () => {
  /** Nothing can be written until the returned function is called. */
  function denySaves(): () => void {
    const { save } = world.ledger;
    world.ledger.save = deny;
    return () => void (world.ledger.save = save);
  }

  test('another delivery of it starts nothing and gives the same answer', async () => {
    const allow = denySaves();
    const create = requestEvent('Create');
    await world.send(create);
    allow();
    await world.send(create);
    await world.settle();
    expect(world.answersTo(create)).toHaveLength(2);
    expectGivenUp(create);
    expect((await world.record(create)).request.settled).toBe(true);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('another delivery that took it in at the same time starts nothing and gives the same answer', async () => {
    const create = requestEvent('Create');
    const { start } = world.clock;
    const other: OnEventPorts = {
      ...world.eventPorts,
      clock: {
        ...world.clock,
        // The ledger has the request now. Before its clock starts, the first delivery gives up, to which the ledger is
        // still denied.
        start: async (tick) => {
          await onEvent({ ...world.eventPorts, ledger: { ...methodsOf(world.ledger), load: deny } }, create);
          return start(tick);
        },
      },
    };
    await onEvent(other, create);
    await world.settle();
    expect(world.answersTo(create)).toHaveLength(2);
    expectGivenUp(create);
  });

  test('a save that was carried out although it failed starts nothing, and the ledger learns of the answer', async () => {
    const create = requestEvent('Create');
    const { load, save } = world.ledger;
    world.ledger.save = async (record) => {
      await save.call(world.ledger, record);
      world.ledger.load = deny;
      return deny();
    };
    await world.send(create);
    Object.assign(world.ledger, { load, save });
    expect((await world.record(create)).request.answer).toBeUndefined();
    await world.settlePrecluded(create);
    await world.settle();
    expectGivenUp(create);
    expect((await world.record(create)).request.settled).toBe(true);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('a job that the request before has left is cancelled', async () => {
    await running(world);
    const update = requestEvent('Update', { Triggers: { at: 'later' } });
    await onEvent({ ...world.eventPorts, clock: { ...world.clock, start: deny } }, update);
    await world.settlePrecluded(update);
    await world.settle();
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['CANCELLED']);
    expect(new Set(world.answersTo(update).map(({ Reason }) => Reason)).size).toBe(1);
  });

  test('the next request is taken in', async () => {
    denyLedgerFor(4 * MINUTE);
    const create = requestEvent('Create');
    await world.send(create);
    world.now += MINUTE;
    const remove = requestEvent('Delete');
    await world.send(remove);
    await world.settle();
    expect(onlyAnswerTo(world, remove).Status).toBe('SUCCESS');
  });
});

describe('the answer to a request that was given up without the ledger', () => {
  /** The response URL is out of order for so many tries. */
  function refuseAnswers(tries: number): void {
    const { deliver } = world.ports.answers;
    let left = tries;
    world.ports.answers.deliver = async (url, body) => {
      world.delivery = left-- > 0 ? 'unreachable' : 'accepted';
      return deliver(url, body);
    };
  }

  test('is sent again where it did not arrive, within the time of the function', async () => {
    const began = world.now;
    denyLedgerFor(Infinity);
    refuseAnswers(3);
    const create = requestEvent('Create');
    await world.send(create);
    expect(world.answersTo(create)).toHaveLength(4);
    expectGivenUp(create);
    expect(world.now - began).toBeLessThan(5 * MINUTE - 15_000);
  });

  test('is given up in time where it never arrives, and left to Lambda', async () => {
    const began = world.now;
    denyLedgerFor(Infinity);
    refuseAnswers(Infinity);
    await expect(world.send(requestEvent('Create'))).rejects.toThrow('the answer could not be delivered');
    expect(world.now - began).toBeGreaterThan(4 * MINUTE);
    expect(world.now - began).toBeLessThan(5 * MINUTE - 15_000);
  });

  test.each(['load', 'save'] as const)('is sent again by the execution that precludes the clock, where the ledger could not %s', async (operation) => {
    const create = requestEvent('Create');
    const perform = world.ledger[operation];
    Object.assign(world.ledger, { [operation]: deny });
    world.delivery = 'unreachable';
    await expect(world.send(create)).rejects.toThrow('the answer could not be delivered');
    Object.assign(world.ledger, { [operation]: perform });
    await expect(world.settlePrecluded(create)).rejects.toThrow('the answer could not be delivered'); // the state machine tries again
    world.delivery = 'accepted';
    const tries = world.answers.length;
    await world.settlePrecluded(create);
    expect(world.answers).toHaveLength(tries + 1);
    expectGivenUp(create);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('through the ledger is sent again, too', async () => {
    refuseAnswers(3);
    const create = requestEvent('Create');
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, create);
    expect(world.answersTo(create)).toHaveLength(4);
    expectGivenUp(create);
    expect((await world.record(create)).request.settled).toBe(true);
  });
});

describe('a clock that can not be started', () => {
  test('for two minutes delays a request and does not fail it', async () => {
    const create = requestEvent('Create');
    const until = world.now + 2 * MINUTE;
    const start: typeof world.clock.start = async (tick) => (world.now < until ? deny() : world.clock.start(tick));
    await onEvent({ ...world.eventPorts, clock: { ...world.clock, start } }, create);
    await world.tick();
    world.cleanRooms.end(world.cleanRooms.jobs[0].id);
    await world.settle();
    expect(onlyAnswerTo(world, create).Status).toBe('SUCCESS');
  });

  test('nor precluded makes the request fail through the ledger', async () => {
    const create = requestEvent('Create');
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, create);
    expect(onlyAnswerTo(world, create).Reason).toMatch(WITHOUT_CLOCK);
    expect((await world.record(create)).request.settled).toBe(true);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('nor precluded leaves nothing of a request that another one has replaced meanwhile', async () => {
    const create = requestEvent('Create');
    const preclude = async (): Promise<never> => {
      await world.send(requestEvent('Delete'));
      return deny();
    };
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude } }, create);
    expect(world.answersTo(create)).toEqual([]);
    expect([...world.ledger.requests.values()].join()).not.toContain(create.RequestId);
  });

  test('nor precluded leaves no value of the request, although the job of the request before is left', async () => {
    await running(world);
    world.clocks.length = 0;
    const update = requestEvent('Update', { Triggers: { at: 'later' } });
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, update);
    expectGivenUpWithJobs(update);
    const kept = world.ledger.requests.get(tickOf(update).requestKey);
    expect(kept).not.toContain(SECRET);
    expect(kept).not.toContain(update.ResponseURL);
  });

  test('but runs all the same cancels the job of the request before', async () => {
    await running(world);
    const update = requestEvent('Update', { Triggers: { at: 'later' } });
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, update);
    await world.clock.start(tickOf(update));
    await world.settle();
    expect(world.cleanRooms.jobs.map(({ status }) => status)).toEqual(['CANCELLED']);
    expectGivenUpWithJobs(update);
    expect(world.ledger.requests.size).toBe(0);
  });

  test('because it is precluded leaves no value of the request, where what precludes it has ended before', async () => {
    await running(world);
    world.clocks.length = 0;
    const update = requestEvent('Update', { Triggers: { at: 'later' } });
    await world.clock.preclude(tickOf(update));
    await world.send(update);
    expectGivenUpWithJobs(update);
    expect(world.ledger.requests.get(tickOf(update).requestKey)).not.toContain(SECRET);
  });

  test('but runs all the same sends no other answer and starts nothing', async () => {
    const create = requestEvent('Create');
    await onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, create);
    await world.clock.start(tickOf(create));
    await world.settle();
    expectGivenUp(create);
  });

  test('with a ledger that can not be used either leaves the request to Lambda', async () => {
    denyLedgerFor(Infinity);
    await expect(onEvent({ ...world.eventPorts, clock: { start: deny, preclude: deny } }, requestEvent('Create'))).rejects.toThrow('not authorized');
    expect(world.answers).toEqual([]);
  });
});

describe('a record that can not be read', () => {
  beforeEach(() => {
    world.ledger.load = async (resourceKey) => {
      throw new UnreadableRecordError(resourceKey, 'version');
    };
  });

  test('makes a request fail at once', async () => {
    const began = world.now;
    const create = requestEvent('Create');
    await world.send(create);
    expectGivenUp(create);
    expect(world.now).toBe(began);
  });

  test('leaves the answer to the clock, where one runs', async () => {
    const create = requestEvent('Create');
    await world.clock.start(tickOf(create));
    await expect(world.send(create)).rejects.toThrow('its clock answers it');
    expect(world.answers).toEqual([]);
  });
});

/** The ledger's own operations, to replace some of them for one caller only. */
function methodsOf(ledger: World['ledger']): World['eventPorts']['ledger'] {
  return {
    load: (key) => ledger.load(key),
    save: (record) => ledger.save(record),
    loadRequest: (key) => ledger.loadRequest(key),
    saveRequest: (key, event) => ledger.saveRequest(key, event),
    discardRequest: (key) => ledger.discardRequest(key),
    claimJob: (jobId, owner) => ledger.claimJob(jobId, owner),
    jobOwner: (jobId) => ledger.jobOwner(jobId),
  };
}
