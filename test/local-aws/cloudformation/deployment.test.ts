import { custom, failing, parameter, TestCloudFormation } from './test-cloudformation';

test('a stack is created in the order of its references, and deleted the other way round', async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Second: parameter({ Ref: 'First' }), First: parameter('1') })).toBe('CREATE_COMPLETE');
  expect(aws.history().filter((event) => event.startsWith('CREATE_COMPLETE'))).toEqual([
    'CREATE_COMPLETE First',
    'CREATE_COMPLETE Second',
    'CREATE_COMPLETE Test',
  ]);
  const stack = aws.service.findStack('Test');
  expect(await aws.run('DeleteStack')).toBe('DELETE_COMPLETE');
  expect(stack?.events.filter(({ status }) => status === 'DELETE_COMPLETE').map(({ logicalId }) => logicalId)).toEqual([
    'Second',
    'First',
    'Test',
  ]);
});

test('events have strictly increasing times', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ First: parameter('1'), Second: parameter('2') });
  const times = aws.service.events('Test').map(({ timestamp }) => timestamp.getTime());
  expect(new Set(times).size).toBe(times.length);
  expect([...times].sort()).toEqual(times);
});

test('the API shows real times, whatever the embedded time is', async () => {
  const start = Date.now();
  const aws = new TestCloudFormation();
  await aws.clock.until(aws.clock.sleep(3_600_000));
  await aws.deploy({ Thing: parameter('1') });
  await aws.deploy({ Thing: parameter('2') });
  const template = JSON.stringify({ Resources: { Thing: parameter('3') } });
  await aws.service.call('CreateChangeSet', { StackName: 'Test', ChangeSetName: 'c', TemplateBody: template });
  const { id = '' } = aws.service.findStack('Test') ?? {};
  const operations = ['DescribeStackResources', 'DescribeChangeSet', 'DescribeStackEvents', 'DescribeStacks'];
  const before = await Promise.all(operations.map((name) => aws.service.call(name, { StackName: id, ChangeSetName: 'c' })));
  await aws.run('DeleteStack');
  const after = await aws.service.call('DescribeStacks', { StackName: id });
  const shown = [...JSON.stringify([before, after]).matchAll(/"(\w*Time\w*)":"([^"]+)"/g)];
  expect(new Set(shown.map(([, name]) => name))).toEqual(
    new Set(['CreationTime', 'DeletionTime', 'LastUpdatedTime', 'LastUpdatedTimestamp', 'Timestamp']),
  );
  // No two events have the same time, which can bring the last ones some milliseconds into the future.
  const [earliest, latest] = [Math.min, Math.max].map((pick) => pick(...shown.map(([, , time]) => Date.parse(time))));
  expect(earliest).toBeGreaterThanOrEqual(start);
  expect(latest).toBeLessThan(Date.now() + 1000);
});

test('a resource that fails takes the whole new stack back', async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Good: parameter('1'), Bad: failing({ DependsOn: 'Good' }) })).toBe('ROLLBACK_COMPLETE');
  expect(aws.service.findStack('Test')?.resources.size).toBe(0);
  await expect(aws.deploy({ Good: parameter('1') })).rejects.toThrow('is in ROLLBACK_COMPLETE state and can not be updated');
});

test('without rollback, what is there stays, and the next deployment goes on from it', async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Good: parameter('1'), Bad: failing() }, {}, { DisableRollback: 'true' })).toBe('CREATE_FAILED');
  expect(await aws.deploy({ Good: parameter('1'), Bad: parameter('2') }, {}, { DisableRollback: 'true' })).toBe('UPDATE_COMPLETE');
  expect(aws.history().filter((event) => event === 'CREATE_COMPLETE Good')).toHaveLength(1);
});

test('a failed update without rollback can be rolled back later', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ One: parameter('1'), Two: parameter('a') });
  expect(await aws.deploy({ One: parameter('2'), Two: parameter('', { DependsOn: 'One' }) }, {}, { DisableRollback: 'true' })).toBe(
    'UPDATE_FAILED',
  );
  expect(await aws.run('RollbackStack')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(aws.service.findStack('Test')?.resources.get('One')?.attributes.Value).toBe('1');
});

test('an update edits in place what changed, and leaves alone what did not', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Same: parameter('1'), Changed: parameter('1') });
  expect(await aws.deploy({ Same: parameter('1'), Changed: parameter('2') })).toBe('UPDATE_COMPLETE');
  const updates = aws.history().filter((event) => event.startsWith('UPDATE_'));
  expect(updates).toEqual([
    'UPDATE_IN_PROGRESS Test',
    'UPDATE_IN_PROGRESS Changed',
    'UPDATE_COMPLETE Changed',
    'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS Test',
    'UPDATE_COMPLETE Test',
  ]);
});

test('a property that cannot be edited makes a new resource, and the old one goes in the cleanup', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: parameter('1', {}, { Name: 'old' }) });
  await aws.deploy({ Thing: parameter('1', {}, { Name: 'new' }) });
  expect([aws.ssm.getParameter('old'), aws.ssm.getParameter('new')]).toEqual([undefined, '1']);
});

test('shared resources are edited before what was removed is deleted, even with DependsOn', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Shared: parameter('both'), Kept: parameter('1'), Removed: custom({}, { DependsOn: 'Shared' }) });
  await aws.deploy({ Shared: parameter('one'), Kept: parameter('1') });
  const history = aws.history();
  expect(history.indexOf('UPDATE_COMPLETE Shared')).toBeLessThan(history.indexOf('DELETE_IN_PROGRESS Removed'));
});

test('the cleanup tries three times, gives up, and the stack still reads UPDATE_COMPLETE', async () => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Delete' ? { Status: 'FAILED', Reason: 'no' } : {}));
  await aws.deploy({ Removed: custom(), Kept: parameter('1') });
  expect(await aws.deploy({ Kept: parameter('1') })).toBe('UPDATE_COMPLETE');
  expect(aws.events.filter(({ RequestType }) => RequestType === 'Delete')).toHaveLength(3);
});

test('an update that fails is taken back: old values, new resources deleted, removed ones kept', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Changed: parameter('1', {}, { Name: 'changed' }), Removed: parameter('1', {}, { Name: 'removed' }) });
  const update = {
    Changed: parameter('2', {}, { Name: 'changed' }),
    New: parameter('1', {}, { Name: 'new' }),
    Bad: failing({ DependsOn: ['Changed', 'New'] }),
  };
  expect(await aws.deploy(update)).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(['changed', 'removed', 'new'].map((name) => aws.ssm.getParameter(name))).toEqual(['1', '1', undefined]);
  expect(aws.reasonOf('Test', 'UPDATE_ROLLBACK_IN_PROGRESS')).toBe('The following resource(s) failed to create: [Bad].');
});

test('a rollback that fails can be continued without what failed', async () => {
  const aws = new TestCloudFormation(({ RequestType, ResourceProperties: { Value } }) =>
    RequestType !== 'Create' && Value !== 'x' ? { Status: 'FAILED', Reason: 'no' } : {},
  );
  await aws.deploy({ Thing: custom({ Value: 'a' }) });
  expect(await aws.deploy({ Thing: custom({ Value: 'b' }) })).toBe('UPDATE_ROLLBACK_FAILED');
  expect(await aws.run('ContinueUpdateRollback', { ResourcesToSkip: ['Thing'] })).toBe('UPDATE_ROLLBACK_COMPLETE');
});

test('a resource that cannot be deleted leaves the stack in DELETE_FAILED, and what it depends on stays', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({
    First: parameter('1'),
    Full: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'full-bucket' }, DependsOn: 'First' },
  });
  aws.s3.putObject('full-bucket', 'key', '');
  expect(await aws.run('DeleteStack')).toBe('DELETE_FAILED');
  expect(aws.reasonOf('Full', 'DELETE_FAILED')).toBe('The bucket you tried to delete is not empty');
  expect(await aws.run('DeleteStack', { RetainResources: ['Full'] })).toBe('DELETE_COMPLETE');
  expect(aws.s3.bucketNames()).toEqual(['full-bucket']);
});

test('a resource with DeletionPolicy Retain is left where it is', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: parameter('1', { DeletionPolicy: 'Retain' }, { Name: 'kept' }) });
  await aws.run('DeleteStack');
  expect(aws.ssm.getParameter('kept')).toBe('1');
});

test('a stack with termination protection cannot be deleted', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: parameter('1') }, {}, { EnableTerminationProtection: 'true' });
  await expect(aws.run('DeleteStack')).rejects.toThrow('cannot be deleted while TerminationProtection is enabled');
});

test('a stack that is still being created can be deleted', async () => {
  const aws = new TestCloudFormation(({ RequestType }) => (RequestType === 'Create' ? undefined : {}));
  const start = aws.clock.now();
  const created = aws.startDeploying({ Thing: custom() }).catch(() => 'gone');
  const { StackId: id } = await aws.event(0);
  await aws.clock.until(aws.service.call('DeleteStack', { StackName: id }));
  expect(await created).toBe('gone');
  expect(aws.clock.now()).toBe(start); // nothing waits for the Create that runs
  expect(aws.service.findStack(id)?.status).toBe('DELETE_COMPLETE');
  expect(aws.events.at(-1)).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: expect.stringMatching(/^Test-Thing-/) });
});

test('nothing to change is an error, or an empty change set', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: parameter('1') });
  await expect(aws.deploy({ Thing: parameter('1') })).rejects.toThrow('No updates are to be performed.');
  await aws.service.call('CreateChangeSet', {
    StackName: 'Test',
    ChangeSetName: 'empty',
    TemplateBody: JSON.stringify({ Resources: { Thing: parameter('1') } }),
  });
  const described = await aws.service.call('DescribeChangeSet', { StackName: 'Test', ChangeSetName: 'empty' });
  expect(described).toMatchObject({
    Status: 'FAILED',
    StatusReason: expect.stringContaining("The submitted information didn't contain changes."),
  });
});

test('a change set tells what it would add, replace and remove', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Gone: parameter('1'), Replaced: parameter('1', {}, { Name: 'one' }) });
  const template = { Resources: { Replaced: parameter('1', {}, { Name: 'two' }), New: parameter('1') } };
  await aws.service.call('CreateChangeSet', { StackName: 'Test', ChangeSetName: 'c', TemplateBody: JSON.stringify(template) });
  const { Changes: changes } = await aws.service.call('DescribeChangeSet', { StackName: 'Test', ChangeSetName: 'c' });
  expect(changes).toMatchObject([
    { ResourceChange: { Action: 'Modify', LogicalResourceId: 'Replaced', Replacement: 'True' } },
    { ResourceChange: { Action: 'Add', LogicalResourceId: 'New' } },
    { ResourceChange: { Action: 'Remove', LogicalResourceId: 'Gone' } },
  ]);
});

test('a call of the API can go wrong', async () => {
  const { service } = new TestCloudFormation();
  service.operationFaults.next('DescribeStacks', 'throttled', 1, (input) => JSON.stringify(input).includes('Throttled'));
  const describe = (name: string) =>
    service.handle({
      method: 'POST',
      host: 'localhost',
      path: '/',
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(`Action=DescribeStacks&Version=2010-05-15&StackName=${name}`),
      caller: {},
    });
  await expect(describe('Throttled')).rejects.toMatchObject({ code: 'Throttling' });
  await expect(describe('Throttled')).rejects.toMatchObject({ code: 'ValidationError' });
});

describe('express mode', () => {
  const express = { DeploymentConfig: { Mode: 'EXPRESS' } };

  test('waits for custom resources', async () => {
    const aws = new TestCloudFormation();
    expect(await aws.deploy({ Thing: custom() }, {}, express)).toBe('CREATE_COMPLETE');
    expect(aws.events).toHaveLength(1);
  });

  test('does not roll back, unless it is asked to', async () => {
    expect(await new TestCloudFormation().deploy({ Bad: failing() }, {}, express)).toBe('CREATE_FAILED');
    const rollingBack = { DeploymentConfig: { Mode: 'EXPRESS', DisableRollback: 'false' } };
    expect(await new TestCloudFormation().deploy({ Bad: failing() }, {}, rollingBack)).toBe('ROLLBACK_COMPLETE');
  });

  test('is told of stacks and change sets', async () => {
    const aws = new TestCloudFormation();
    await aws.deploy({ Good: parameter('1') }, {}, express);
    expect(await aws.service.call('DescribeStacks', { StackName: 'Test' })).toMatchObject({
      Stacks: [{ DeploymentConfig: { Mode: 'EXPRESS', DisableRollback: true } }],
    });
    await expect(aws.deploy({ Good: parameter('2') }, {}, { DeploymentConfig: { Mode: 'FAST' } })).rejects.toThrow('deploymentConfig.mode');
  });
});
