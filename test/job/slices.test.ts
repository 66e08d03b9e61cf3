import { CfnParameter, Duration, Lazy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RESOURCE_TYPE, WAIT_RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack, logicalIdOf } from '../fixtures';

interface JobResource {
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn: readonly string[];
}

/** The resources of the stack's only job, from its first slice to its last, by logical ID. */
function slices(stack: JobStack): [string, JobResource][] {
  const template = Template.fromStack(stack);
  const waits = template.findResources(WAIT_RESOURCE_TYPE);
  const resources = Object.entries({ ...template.findResources(RESOURCE_TYPE), ...waits });
  return resources.map(([id, { Properties, DependsOn }]) => [id, { Properties, DependsOn }]);
}

function stackWithTimeout(timeout: Duration): JobStack {
  const stack = new JobStack();
  stack.addJob('Uplift', { timeout });
  return stack;
}

test.each([
  [Duration.minutes(55), 1, '3600'],
  [Duration.seconds(3301), 2, '1951'],
  [Duration.hours(2), 3, '2700'],
  [Duration.hours(12), 14, '3386'],
])('a timeout of %s takes %i resources, each with a service timeout of %s seconds', (timeout, count, serviceTimeout) => {
  const resources = slices(stackWithTimeout(timeout));
  expect(resources.map(([, { Properties }]) => Properties.ServiceTimeout)).toEqual(new Array(count).fill(serviceTimeout));
});

test('each slice has all properties of the job, and its place', () => {
  const stack = new JobStack();
  stack.addJob('Uplift', { timeout: Duration.hours(2), parameters: { segment: 'a' } });
  const [[jobLogicalId, { Properties: first }], ...waits] = slices(stack);
  expect(first).toMatchObject({ Timeout: '7200', Parameters: { segment: 'a' }, SliceNumber: '1', SliceCount: '3' });
  expect(first).not.toHaveProperty('JobLogicalId');
  expect(waits.map(([, { Properties }]) => Properties)).toEqual([
    { ...first, SliceNumber: '2', JobLogicalId: jobLogicalId },
    { ...first, SliceNumber: '3', JobLogicalId: jobLogicalId },
  ]);
});

test('each slice waits for the one before', () => {
  const [[first], [second, { DependsOn: needsOfSecond }], [, { DependsOn: needsOfThird }]] = slices(stackWithTimeout(Duration.hours(2)));
  expect(needsOfSecond).toEqual([first]);
  expect(needsOfThird).toEqual([second]);
});

test('the attributes are those of the last slice', () => {
  const stack = new JobStack();
  const job = stack.addJob('Uplift', { timeout: Duration.hours(2) });
  const ids = slices(stack).map(([id]) => id);
  expect(logicalIdOf(job)).toBe(ids[2]);
});

test('a slice names the job by a logical ID that the user has chosen', () => {
  const stack = new JobStack();
  const job = stack.addJob('Uplift', { timeout: Duration.hours(1) });
  const element = job.node.findChild('Resource').node.defaultChild;
  stack.renameLogicalId(stack.getLogicalId(Object(element)), 'MyJob');
  const [[id], [, { Properties }]] = slices(stack);
  expect(id).toBe('MyJob');
  expect(Properties.JobLogicalId).toBe('MyJob');
});

test('a timeout that is a token has one slice', () => {
  const stack = new JobStack();
  const seconds = new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber;
  stack.addJob('Uplift', { timeout: Duration.seconds(seconds) });
  stack.addJob('Other', { timeout: Duration.seconds(Lazy.number({ produce: () => 7200 })), sequential: false });
  const template = Template.fromStack(stack);
  template.resourceCountIs(WAIT_RESOURCE_TYPE, 0);
  template.allResourcesProperties(RESOURCE_TYPE, { SliceNumber: Match.absent(), SliceCount: Match.absent() });
});
