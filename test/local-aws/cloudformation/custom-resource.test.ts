import { type CustomResourceEvent } from './custom-resource';
import { type JsonObject } from '../json';
import { custom, failing, parameter, TestCloudFormation } from './test-cloudformation';

test('properties arrive as text, and the event has what the protocol says', async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Thing: custom({ Count: 3, On: true, List: [1, { Deep: false }] }) })).toBe('CREATE_COMPLETE');
  expect(aws.events).toHaveLength(1);
  expect(aws.events[0]).toMatchObject({
    RequestType: 'Create',
    LogicalResourceId: 'Thing',
    ResourceType: 'Custom::Thing',
    ResourceProperties: { Count: '3', On: 'true', List: ['1', { Deep: 'false' }] },
  });
  expect(aws.events[0]).not.toHaveProperty('PhysicalResourceId');
  expect(aws.events[0].ResponseURL).toMatch(
    /^https:\/\/cloudformation-custom-resource-response-useast1\.s3\.amazonaws\.com\/.*%7CThing%7C.*X-Amz-Expires=7200/,
  );
});

test('an update brings the old properties along, and stays in place with the same physical ID', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: custom({ Value: 'a' }) });
  expect(await aws.deploy({ Thing: custom({ Value: 'b' }) })).toBe('UPDATE_COMPLETE');
  expect(aws.events.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Update']);
  expect(aws.events[1]).toMatchObject({
    PhysicalResourceId: 'physical',
    ResourceProperties: { Value: 'b' },
    OldResourceProperties: { Value: 'a' },
  });
});

test('a changed physical ID on Update makes CloudFormation delete the old one in the cleanup', async () => {
  const aws = new TestCloudFormation(({ RequestType, ResourceProperties }) =>
    RequestType === 'Delete' ? {} : { PhysicalResourceId: ResourceProperties.Value },
  );
  await aws.deploy({ Thing: custom({ Value: 'one' }) });
  await aws.deploy({ Thing: custom({ Value: 'two' }) });
  expect(aws.events.map(({ RequestType, PhysicalResourceId }) => [RequestType, PhysicalResourceId])).toEqual([
    ['Create', undefined],
    ['Update', 'one'],
    ['Delete', 'one'],
  ]);
  const history = aws.history();
  expect(history.indexOf('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS Test')).toBeLessThan(history.lastIndexOf('DELETE_IN_PROGRESS Thing'));
});

test.each<[string, JsonObject | string, string]>([
  [
    'says FAILED',
    { Status: 'FAILED', Reason: 'no luck' },
    'Received response status [FAILED] from custom resource. Message returned: no luck',
  ],
  ['is longer than 4096 bytes', { Data: { Text: 'ä'.repeat(2048) } }, 'Response object is too long.'],
  ['is not JSON', 'success', 'Response is not valid JSON'],
  ['has no status', { Status: undefined }, 'Value of property Status'],
  ['has an empty physical ID', { PhysicalResourceId: '' }, 'Invalid PhysicalResourceId'],
  ['has a physical ID of more than 1 KB', { PhysicalResourceId: 'x'.repeat(1025) }, 'longer than 1024 bytes'],
  ['has no request ID', { RequestId: undefined }, 'Value of property RequestId'],
  ['is of another stack', { StackId: 'other' }, 'Value of property StackId'],
  ['has no logical ID', { LogicalResourceId: undefined }, 'Value of property LogicalResourceId'],
])('a Create fails when the answer %s', async (_what, answer, reason) => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Delete' ? {} : answer));
  expect(await aws.deploy({ Thing: custom() })).toBe('ROLLBACK_COMPLETE');
  expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toContain(reason);
});

test('an answer of exactly 4096 bytes is taken', async () => {
  const aws = new TestCloudFormation((event) => {
    const body = {
      Status: 'SUCCESS',
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: 'Thing',
      PhysicalResourceId: 'id',
      Data: { Text: '' },
    };
    body.Data.Text = 'x'.repeat(4096 - JSON.stringify(body).length);
    return JSON.stringify(body);
  });
  expect(await aws.deploy({ Thing: custom() })).toBe('CREATE_COMPLETE');
});

test("an attribute that the answer lacks fails the stack in CloudFormation's words", async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Thing: custom(), User: parameter({ 'Fn::GetAtt': ['Thing', 'Missing'] }) })).toBe('ROLLBACK_COMPLETE');
  expect(aws.reasonOf('User', 'CREATE_FAILED')).toMatch(
    /^CustomResource attribute error: Vendor response doesn't contain Missing key in object arn:.*\|Thing\|/,
  );
});

test('an answer with a Content-Type does not fit the signature of the URL', async () => {
  const aws = new TestCloudFormation(() => undefined);
  const deployed = aws.startDeploying({ Thing: custom() });
  const event = await aws.event(0);
  expect(await aws.respond(event, {}, { 'content-type': 'application/json' })).toBe(403);
  expect(await aws.respond({ ...event, ResponseURL: event.ResponseURL.replace(/Signature=../, 'Signature=xx') }, {})).toBe(403);
  expect(await aws.respond(event, {}, { 'content-type': '' })).toBe(200);
  expect(await aws.clock.until(deployed)).toBe('CREATE_COMPLETE');
  expect(aws.service.customResourceRequests[0].refusals).toEqual(['SignatureDoesNotMatch', 'SignatureDoesNotMatch']);
});

test('the first answer counts, and later ones are only recorded', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: custom() });
  expect(await aws.respond(aws.events[0], { Status: 'FAILED', Reason: 'late' })).toBe(200);
  expect(aws.service.findStack('Test')?.status).toBe('CREATE_COMPLETE');
  expect(aws.service.customResourceRequests[0].answers.map((answer) => JSON.parse(answer).Status)).toEqual(['SUCCESS', 'FAILED']);
});

test('silence fails the resource after ServiceTimeout', async () => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Create' ? undefined : {}));
  const start = aws.clock.now();
  expect(await aws.deploy({ Thing: custom({ ServiceTimeout: 5 }) })).toBe('ROLLBACK_COMPLETE');
  expect(aws.clock.now() - start).toBe(5000);
  expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toContain('CloudFormation did not receive a response from your custom resource.');
  expect(aws.events[1]).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: expect.stringMatching(/^Test-Thing-[A-Z0-9]{12}$/) });
});

test('after two hours the response URL has expired', async () => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Create' ? undefined : {}));
  await aws.deploy({ Thing: custom() }); // which takes an hour, until CloudFormation gives up
  const [event] = aws.events;
  await aws.clock.until(aws.clock.sleep(3_600_000));
  expect(await aws.respond(event, {})).toBe(200);
  await aws.clock.until(aws.clock.sleep(1));
  expect(await aws.respond(event, {})).toBe(403);
});

test.each([0, 3601, 'soon'])('a ServiceTimeout of %s is refused', async (timeout) => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Thing: custom({ ServiceTimeout: timeout }) })).toBe('ROLLBACK_COMPLETE');
  expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toContain('ServiceTimeout');
});

test('the service token cannot be changed, and the handler never hears of it', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: custom() });
  const other = 'arn:aws:lambda:us-east-1:111122223333:function:other';
  expect(await aws.deploy({ Thing: custom({ ServiceToken: other }) })).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.reasonOf('Thing', 'UPDATE_FAILED')).toBe('Modifying service token is not allowed.');
  expect(aws.events).toHaveLength(1);
});

test('a function that cannot be invoked fails the resource', async () => {
  const aws = new TestCloudFormation(() => {
    throw new Error('Function not found');
  });
  expect(await aws.deploy({ Thing: custom() })).toBe('ROLLBACK_FAILED');
  expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toBe('Function not found');
});

test('a failed Update is followed by an Update with the properties the other way round', async () => {
  const aws = new TestCloudFormation(({ ResourceProperties }) =>
    ResourceProperties.Value === 'bad' ? { Status: 'FAILED', Reason: 'bad' } : {},
  );
  await aws.deploy({ Thing: custom({ Value: 'good' }) });
  expect(await aws.deploy({ Thing: custom({ Value: 'bad' }) })).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.events[2]).toMatchObject({
    RequestType: 'Update',
    ResourceProperties: { Value: 'good' },
    OldResourceProperties: { Value: 'bad' },
    PhysicalResourceId: 'physical',
  });
});

test('a failed Update that names a new physical ID is taken at its word', async () => {
  const aws = new TestCloudFormation(({ ResourceProperties }) =>
    ResourceProperties.Value === 'bad' ? { Status: 'FAILED', PhysicalResourceId: 'new' } : {},
  );
  await aws.deploy({ Thing: custom({ Value: 'good' }) });
  expect(await aws.deploy({ Thing: custom({ Value: 'bad' }) })).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.events[2]).toMatchObject({ RequestType: 'Update', PhysicalResourceId: 'new' });
});

test('when a sibling fails, a Create that still runs is given up, and a made-up physical ID is deleted', async () => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Create' ? undefined : {}));
  expect(await aws.deploy({ Thing: custom(), First: parameter('x'), Bad: failing({ DependsOn: 'First' }) })).toBe('ROLLBACK_COMPLETE');
  expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toBe('Resource creation cancelled');
  expect(aws.events[1]).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: expect.stringMatching(/^Test-Thing-[A-Z0-9]{12}$/) });
});

test("a cancelled Update is followed by the rollback's Update while it still runs", async () => {
  const aws = new TestCloudFormation(({ ResourceProperties }) => (ResourceProperties.Value === 'slow' ? undefined : {}));
  await aws.deploy({ Thing: custom({ Value: 'first' }) });
  const updated = aws.startDeploying({ Thing: custom({ Value: 'slow' }) });
  await aws.event(1);
  await aws.service.call('CancelUpdateStack', { StackName: 'Test' });
  expect(await aws.clock.until(updated)).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.events.slice(1).map(({ ResourceProperties }) => ResourceProperties.Value)).toEqual(['slow', 'first']);
  expect(aws.service.customResourceRequests[1].answers).toEqual([]);
});

test('NoEcho hides the attributes in events', async () => {
  const aws = new TestCloudFormation(() => ({ NoEcho: true, Data: { Secret: 'open sesame' } }));
  await aws.deploy({ Thing: custom(), User: parameter({ 'Fn::GetAtt': 'Thing.Secret' }) });
  const properties = aws.service
    .events('Test')
    .filter(({ logicalId }) => logicalId === 'User')
    .map((event) => event.properties);
  expect(properties.join()).toContain('*****');
  expect(properties.join()).not.toContain('open sesame');
});

test('an event can be delivered twice', async () => {
  const aws = new TestCloudFormation();
  aws.service.faults.deliverTwice = ({ RequestType }) => RequestType === 'Create';
  await aws.deploy({ Thing: custom() });
  expect(aws.events.map(({ RequestId }) => RequestId)).toEqual([aws.events[0].RequestId, aws.events[0].RequestId]);
});

test('a hook runs before an event is delivered', async () => {
  const aws = new TestCloudFormation();
  const seen: string[] = [];
  aws.service.faults.beforeEvent = ({ logicalId }) => void seen.push(`${logicalId} ${aws.service.customResourceRequests.length}`);
  aws.service.faults.beforeDelivery = ({ RequestType }) => void seen.push(`${RequestType} ${aws.events.length}`);
  await aws.deploy({ Thing: custom() });
  expect(seen).toEqual(['Thing 0', 'Create 0']);
});

test.each([
  ['internalError', 500, false],
  ['internalErrorAfterEffect', 500, true],
  ['accessDenied', 403, false],
] as const)('a response URL can answer with a fault: %s', async (fault, status, isTaken) => {
  const aws = new TestCloudFormation(() => undefined);
  aws.service.faults.answerFault = ({ LogicalResourceId }) => (LogicalResourceId === 'Thing' ? fault : undefined);
  const deployment = aws.startDeploying({ Thing: custom() });
  const event = await aws.event(0);
  expect(await aws.respond(event, {})).toBe(status);
  aws.service.faults.answerFault = undefined;
  expect(await aws.respond(event, {})).toBe(200);
  expect(await aws.clock.until(deployment)).toBe('CREATE_COMPLETE');
  const [{ sentAnswers, answers, sentAt }] = aws.service.customResourceRequests;
  expect(sentAnswers.map((answer) => answer.isTaken)).toEqual([isTaken, true]);
  expect(answers).toHaveLength(isTaken ? 2 : 1);
  expect(sentAnswers.map(({ time }) => time)).toEqual([sentAt, sentAt]);
});

describe('a retry of a failed request', () => {
  const answers = (event: CustomResourceEvent): JsonObject => (event.ResourceProperties.Fails === 'true' ? { Status: 'FAILED', Reason: 'no' } : {});
  const create = (aws: TestCloudFormation, Fails: string): Promise<string> => aws.startDeploying({ Thing: custom({ Fails }) }, {}, { DisableRollback: 'true' });

  test('can have a RequestId of its own', async () => {
    const aws = new TestCloudFormation(answers);
    aws.service.faults.reusesRequestId = () => false;
    await aws.clock.until(create(aws, 'true'));
    await aws.clock.until(create(aws, 'false'));
    const [first, second] = aws.events.filter(({ RequestType }) => RequestType === 'Create');
    expect(second.RequestId).not.toBe(first.RequestId);
  });

  test('has the same RequestId, with a signature of its own for the same object', async () => {
    const aws = new TestCloudFormation(answers);
    await aws.clock.until(create(aws, 'true'));
    expect(await aws.clock.until(create(aws, 'false'))).toBe('UPDATE_COMPLETE');
    const [first, second] = aws.events.filter(({ RequestType }) => RequestType === 'Create');
    const [url, otherUrl] = [first, second].map(({ ResponseURL }) => new URL(ResponseURL));
    expect([second.RequestId, otherUrl.pathname]).toEqual([first.RequestId, url.pathname]);
    expect(otherUrl.searchParams.get('X-Amz-Signature')).not.toBe(url.searchParams.get('X-Amz-Signature'));
  });

  test('with the same RequestId takes an answer that comes by the former URL', async () => {
    const aws = new TestCloudFormation((event) => (event.ResourceProperties.Fails === 'true' ? answers(event) : undefined));
    await aws.clock.until(create(aws, 'true'));
    const former = aws.events[0];
    const retry = create(aws, 'false');
    await aws.clock.until(() => aws.events.filter(({ RequestType }) => RequestType === 'Create').length === 2);
    await aws.respond(former, { Status: 'FAILED', Reason: 'late' });
    expect(await aws.clock.until(retry)).toBe('UPDATE_FAILED');
    expect(aws.reasonOf('Thing', 'CREATE_FAILED')).toContain('late');
  });
});
