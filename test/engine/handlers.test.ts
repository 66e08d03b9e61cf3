import { CleanRoomsClient, GetProtectedJobCommand, StartProtectedJobCommand } from '@aws-sdk/client-cleanrooms';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import './fakes/handler-environment';
import { MEMBERSHIP_ID, requestEvent, SECRET, TEMPLATE_ARN } from './fakes/events';
import { tickOf } from './fakes/world';
import { handler as advance } from '../../src/engine/advance.lambda';
import { handler as onEvent } from '../../src/engine/on-event.lambda';

const dynamoDb = mockClient(DynamoDBDocumentClient);
const stepFunctions = mockClient(SFNClient);
const cleanRooms = mockClient(CleanRoomsClient);
const cloudFormation = mockClient(CloudFormationClient);
const fetchMock = jest.spyOn(globalThis, 'fetch');
const logged = jest.spyOn(console, 'log').mockImplementation();

const create = requestEvent('Create');
const job = { id: 'job', membershipId: MEMBERSHIP_ID, membershipArn: 'arn', createTime: new Date(0), jobParameters: { analysisTemplateArn: TEMPLATE_ARN } };

afterAll(() => {
  fetchMock.mockRestore();
  logged.mockRestore();
});

beforeEach(() => {
  dynamoDb.reset();
  stepFunctions.reset();
  cleanRooms.reset();
  cloudFormation.reset();
  keepItems();
  fetchMock.mockResolvedValue(new Response());
});

/** A table of one test's items; conditions always hold. */
function keepItems(): void {
  const items = new Map<unknown, Record<string, unknown>>();
  dynamoDb.on(GetCommand).callsFake(({ Key }) => ({ Item: items.get(Key.pk) }));
  dynamoDb.on(PutCommand).callsFake(({ Item }) => {
    items.set(Item.pk, Item);
    return {};
  });
  dynamoDb.on(DeleteCommand).callsFake(({ Key }) => {
    items.delete(Key.pk);
    return {};
  });
}

function context(remainingTime: number): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'advance',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn',
    memoryLimitInMB: '256',
    awsRequestId: 'id',
    logGroupName: 'group',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => remainingTime,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

describe('the onEvent handler', () => {
  test('starts an execution that is named by the request and told nothing secret', async () => {
    stepFunctions.on(StartExecutionCommand).resolves({});
    await onEvent(create);
    expect(stepFunctions.commandCalls(StartExecutionCommand)[0].args[0].input).toEqual({
      stateMachineArn: process.env.CLOCK_ARN,
      name: tickOf(create).requestKey,
      input: JSON.stringify(tickOf(create)),
    });
  });
});

test.each([
  ['onEvent', () => onEvent({ ...create, RequestType: 'Replace' })],
  ['advance', () => advance(tickOf(create), context(120_000))],
])('%s tells no text of a client that fails', async (_, invoke) => {
  dynamoDb.on(GetCommand).rejects(new Error(`no ${SECRET}`));
  fetchMock.mockImplementation(() => Promise.reject(new Error(`no ${create.ResponseURL}`)));
  const error: unknown = await invoke().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(JSON.stringify([String(error), Reflect.get(Object(error), 'stack')])).not.toMatch(new RegExp(`${SECRET}|X-Amz-Signature`));
});

describe('the advance handler', () => {
  beforeEach(async () => {
    stepFunctions.on(StartExecutionCommand).resolves({});
    await onEvent(create);
  });

  test('starts the job and tells the clock when to come again', async () => {
    cloudFormation.on(DescribeStacksCommand, { StackName: create.StackId }).resolves({
      Stacks: [{ StackName: 'analytics', CreationTime: new Date(0), StackStatus: 'CREATE_IN_PROGRESS' }],
    });
    cleanRooms.on(StartProtectedJobCommand).resolves({ protectedJob: { ...job, status: 'SUBMITTED' } });
    cleanRooms.on(GetProtectedJobCommand).resolves({ protectedJob: { ...job, status: 'STARTED' } });
    await expect(advance(tickOf(create), context(120_000))).resolves.toEqual({ ...tickOf(create), finished: false, waitSeconds: 10 });
    expect(cleanRooms.commandCalls(StartProtectedJobCommand)).toHaveLength(1);
  });

  test('takes a stack that does not exist any more for deleted', async () => {
    cloudFormation
      .on(DescribeStacksCommand)
      .rejects(Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' }));
    await expect(advance(tickOf(create), context(120_000))).resolves.toMatchObject({ finished: true });
    expect(cleanRooms.calls()).toEqual([]);
    expect(Buffer.from(String(fetchMock.mock.calls[0][1]?.body)).toString()).toContain('PJ-STACK-NOT-DEPLOYING');
  });

  test('begins nothing that its own timeout could cut off', async () => {
    await expect(advance(tickOf(create), context(39_000))).resolves.toMatchObject({ finished: false, waitSeconds: 1 });
    expect(cloudFormation.calls()).toEqual([]);
  });

  test('asked to give up answers FAILED and decides nothing', async () => {
    await expect(advance({ ...tickOf(create), giveUp: true }, context(120_000))).resolves.toMatchObject({ finished: true });
    expect(cleanRooms.calls()).toEqual([]);
    expect(cloudFormation.calls()).toEqual([]);
    expect(Buffer.from(String(fetchMock.mock.calls[0][1]?.body)).toString()).toContain('PJ-INTERNAL');
  });

  test.each([
    ['its first state', { precluded: true }],
    ['its last state', { giveUp: true, execution: { ...tickOf(create), precluded: true } }],
  ])('asked by %s of an execution that precludes the clock gives the answer without a clock', async (_, mark) => {
    await expect(advance({ ...tickOf(create), ...mark }, context(120_000))).resolves.toMatchObject({ finished: true });
    expect(cleanRooms.calls()).toEqual([]);
    expect(Buffer.from(String(fetchMock.mock.calls[0][1]?.body)).toString()).toContain('its ledger or its clock can not be used');
  });

  test('asked to give up by an execution that is the clock says so', async () => {
    await advance({ ...tickOf(create), giveUp: true, execution: tickOf(create) }, context(120_000));
    expect(Buffer.from(String(fetchMock.mock.calls[0][1]?.body)).toString()).toContain('its clock ran out of retries');
  });

  test('is finished with a request that was answered before', async () => {
    await advance({ ...tickOf(create), giveUp: true }, context(120_000));
    await expect(advance(tickOf(create), context(120_000))).resolves.toMatchObject({ finished: true });
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });
});
