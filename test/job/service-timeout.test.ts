import { CfnParameter, Duration, Lazy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MAX_SERVICE_TIMEOUT_SECONDS, RESOURCE_TYPE, sliceCountOf, WAIT_RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack } from '../fixtures';

/** The service timeouts of all the stack's resources that wait for an answer of the runner. */
function serviceTimeouts(stack: JobStack): unknown[] {
  const template = Template.fromStack(stack);
  const resources = Object.values({ ...template.findResources(RESOURCE_TYPE), ...template.findResources(WAIT_RESOURCE_TYPE) });
  return resources.map(({ Properties }) => Properties.ServiceTimeout);
}

function expectBounded(timeouts: unknown[]): void {
  for (const timeout of timeouts) {
    expect(String(timeout)).toMatch(/^\d+$/); // a token would be `[object Object]`
    expect(Number(timeout)).toBeGreaterThanOrEqual(1);
    expect(Number(timeout)).toBeLessThanOrEqual(MAX_SERVICE_TIMEOUT_SECONDS);
  }
}

test.each([60, 61, 3299, 3300, 3301, 6600, 6601, 7200, 43_199, 43_200])(
  'each resource of a job with a timeout of %i seconds is waited for an hour at most',
  (seconds) => {
    const stack = new JobStack();
    stack.addJob('Uplift', { timeout: Duration.seconds(seconds) });
    const timeouts = serviceTimeouts(stack);
    expect(timeouts).toHaveLength(sliceCountOf(seconds));
    expectBounded(timeouts);
  },
);

test('a job without a timeout, and those whose timeout is a token, are waited for an hour at most', () => {
  const stack = new JobStack();
  stack.addJob('Default');
  stack.addJob('Token', { timeout: Duration.seconds(Lazy.number({ produce: () => 600 })), sequential: false });
  stack.addJob('Parameter', { timeout: Duration.seconds(new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber), sequential: false });
  const timeouts = serviceTimeouts(stack);
  expect(timeouts.length).toBeGreaterThanOrEqual(3);
  expectBounded(timeouts);
});

test('each of several jobs in line, of any length, is waited for an hour at most', () => {
  const stack = new JobStack();
  [600, 7200, 43_200].forEach((seconds, index) => stack.addNumberedJob(index, { timeout: Duration.seconds(seconds) }));
  [600, 3600].forEach((seconds, index) => stack.addJob(`InLine${index}`, { timeout: Duration.seconds(seconds) }));
  const timeouts = serviceTimeouts(stack);
  expect(timeouts).toHaveLength(1 + 3 + 14 + 1 + 2);
  expectBounded(timeouts);
});
