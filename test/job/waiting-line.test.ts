import { App, CfnParameter, CfnResource, Duration, Fn, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { AnalysisTemplate, Membership, ProtectedJob, type ProtectedJobProps } from '../../src';
import { RESOURCE_TYPE, WAIT_RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { ResourceGraph } from '../../src/synth/resource-graph';
import { JobStack, logicalIdOf, MEMBERSHIP_ID, newApp, newResources, numberedId, TEMPLATE_ID, templateArn } from '../fixtures';

/** The logical IDs of the job resources that this job's first resource depends on. */
function jobsBefore(job: ProtectedJob): string[] {
  const template = Template.fromStack(Stack.of(job));
  const jobResources = { ...template.findResources(RESOURCE_TYPE), ...template.findResources(WAIT_RESOURCE_TYPE) };
  const dependsOn: string[] = jobResources[logicalIdOfFirst(job)].DependsOn;
  return dependsOn.filter((id) => id in jobResources);
}

function logicalIdOfFirst(job: ProtectedJob): string {
  const element = job.node.findChild('Resource').node.defaultChild;
  if (!CfnResource.isCfnResource(element)) {
    throw new Error('a job has a resource');
  }
  return Stack.of(job).resolve(element.logicalId);
}

function jobOf(scope: Construct, id: string, membershipId: string, props: Partial<ProtectedJobProps> = {}): ProtectedJob {
  return new ProtectedJob(scope, id, {
    membership: Membership.fromMembershipId(scope, `${id}Membership`, membershipId),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(scope, `${id}Template`, templateArn(TEMPLATE_ID, membershipId)),
    ...props,
  });
}

const OTHER_MEMBERSHIP_ID = MEMBERSHIP_ID.replace(/^./, '9');

test('the template of a stack is read once, however many lines there are', () => {
  const read = jest.spyOn(ResourceGraph, 'of');
  const stack = new JobStack(newApp());
  for (let number = 0; number < 6; number++) {
    stack.addNumberedJob(number);
    jobOf(stack, `Second${number}`, numberedId(number));
  }
  Template.fromStack(stack);

  expect(read).toHaveBeenCalledTimes(1);
  read.mockRestore();
});

describe('a job depends on', () => {
  test('the one of the same membership that was defined before it', () => {
    const stack = new JobStack();
    const [first, second, third] = ['First', 'Second', 'Third'].map((id) => stack.addJob(id));
    expect(jobsBefore(first)).toEqual([]);
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
    expect(jobsBefore(third)).toEqual([logicalIdOf(second)]);
  });

  test('its last slice', () => {
    const stack = new JobStack();
    const first = stack.addJob('First', { timeout: Duration.hours(2) });
    const second = stack.addJob('Second', { timeout: Duration.hours(2) });
    expect(logicalIdOf(first)).toMatch(/Wait3/);
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('the one before wherever in the stack it is', () => {
    const stack = new Stack(new App(), 'Stack');
    const first = jobOf(new Construct(stack, 'Here'), 'Job', MEMBERSHIP_ID);
    const second = jobOf(new Construct(stack, 'There'), 'Job', MEMBERSHIP_ID);
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('the one before of a membership that is a resource', () => {
    const stack = new Stack(new App(), 'Stack');
    const first = new ProtectedJob(stack, 'First', newResources(stack));
    const second = new ProtectedJob(stack, 'Second', {
      membership: Object(stack.node.findChild('NewMembership')),
      analysisTemplate: Object(stack.node.findChild('NewTemplate')),
    });
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('the one before of a membership behind the same token', () => {
    const stack = new Stack(new App(), 'Stack');
    const membershipId = new CfnParameter(stack, 'MembershipId').valueAsString;
    const [first, second] = [jobOf(stack, 'First', membershipId), jobOf(stack, 'Second', membershipId)];
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('none of another membership', () => {
    const stack = new Stack(new App(), 'Stack');
    jobOf(stack, 'First', MEMBERSHIP_ID);
    expect(jobsBefore(jobOf(stack, 'Second', OTHER_MEMBERSHIP_ID))).toEqual([]);
  });

  test('none of another stack', () => {
    const app = new App();
    jobOf(new Stack(app, 'Stack'), 'First', MEMBERSHIP_ID);
    expect(jobsBefore(jobOf(new Stack(app, 'Other'), 'Second', MEMBERSHIP_ID))).toEqual([]);
  });

  test('none, where it is not sequential, and none depends on it', () => {
    const stack = new JobStack();
    const first = stack.addJob('First');
    const second = stack.addJob('Second', { sequential: false });
    const third = stack.addJob('Third');
    expect(jobsBefore(second)).toEqual([]);
    expect(jobsBefore(third)).toEqual([logicalIdOf(first)]);
  });
});

describe('a membership whose ID comes later', () => {
  /** Two jobs whose membership IDs are decided after them. */
  function jobsOf(firstId: string, secondId: string): [ProtectedJob, ProtectedJob] {
    const stack = new Stack(new App(), 'Stack');
    const known: Record<string, string> = {};
    const [first, second] = ['First', 'Second'].map((id) => jobOf(stack, id, Lazy.string({ produce: () => known[id] })));
    known.First = firstId;
    known.Second = secondId;
    return [first, second];
  }

  test('makes a job wait for the one before if it is the same', () => {
    const [first, second] = jobsOf(MEMBERSHIP_ID, MEMBERSHIP_ID);
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('makes it wait for none if it is another one', () => {
    const [, second] = jobsOf(MEMBERSHIP_ID, OTHER_MEMBERSHIP_ID);
    expect(jobsBefore(second)).toEqual([]);
  });

  test('is the same as the literal', () => {
    const stack = new Stack(new App(), 'Stack');
    const first = jobOf(stack, 'First', MEMBERSHIP_ID);
    const second = jobOf(stack, 'Second', Lazy.string({ produce: () => MEMBERSHIP_ID }));
    expect(jobsBefore(second)).toEqual([logicalIdOf(first)]);
  });

  test('is not asked for before the app is complete', () => {
    const stack = new Stack(new App(), 'Stack');
    const produce = jest.fn(() => MEMBERSHIP_ID);
    ['First', 'Second'].forEach((id) => jobOf(stack, id, Lazy.uncachedString({ produce })));
    expect(produce).not.toHaveBeenCalled();
    Template.fromStack(stack);
    expect(produce).toHaveBeenCalled();
  });

  test('is searched for cycles, too', () => {
    const [first, second] = jobsOf(MEMBERSHIP_ID, MEMBERSHIP_ID);
    first.node.addDependency(second);
    expect(() => Template.fromStack(Stack.of(first))).toThrow('[Stack] Stack/Second: sequential: the job runs after Stack/First');
  });
});

describe('a cycle of dependencies that the line would cause', () => {
  const error =
    'sequential: the job runs after Stack/First, which was defined before it on the same membership, and which depends on it; define it first, or set sequential to false';

  /** A stack whose first job is made to depend on its second. */
  function stackWithCycle(cause: (first: ProtectedJob, second: ProtectedJob, stack: Stack) => void, props: Partial<ProtectedJobProps> = {}): Stack {
    const stack = new Stack(new App(), 'Stack');
    const first = jobOf(stack, 'First', MEMBERSHIP_ID, props);
    cause(first, jobOf(stack, 'Second', MEMBERSHIP_ID, props), stack);
    return stack;
  }

  function resourceThat(stack: Stack, id: string, properties: Record<string, unknown>): CfnResource {
    return new CfnResource(stack, id, { type: 'AWS::SNS::Topic', properties });
  }

  const causes: Record<string, (first: ProtectedJob, second: ProtectedJob, stack: Stack) => void> = {
    'a dependency of the first job': (first, second) => first.node.addDependency(second),
    'a resource that refers to the second job': (first, second, stack) =>
      first.node.addDependency(resourceThat(stack, 'Topic', { DisplayName: second.jobId })),
    'a text with a reference': (first, second, stack) =>
      first.node.addDependency(resourceThat(stack, 'Topic', { DisplayName: Fn.sub(`\${${logicalIdOfFirst(second)}.JobId}`) })),
    'several resources': (first, second, stack) => {
      const topic = resourceThat(stack, 'Topic', { DisplayName: second.resultLocation });
      first.node.addDependency(resourceThat(stack, 'Subscription', { TopicArn: topic.ref }));
    },
    'a nested stack': (first, second, stack) => {
      const nested = new NestedStack(stack, 'Nested');
      resourceThat(nested, 'Topic', { DisplayName: second.jobId });
      first.node.addDependency(nested);
    },
  };

  test.each(Object.entries(causes))('by %s is an error at synth that says what to do', (_, cause) => {
    expect(() => Template.fromStack(stackWithCycle(cause))).toThrow(`[Stack] Stack/Second: ${error}`);
  });

  test('over slices is one, too', () => {
    const stack = stackWithCycle((first, second) => first.node.addDependency(second), { timeout: Duration.hours(2) });
    expect(() => Template.fromStack(stack)).toThrow(error);
  });

  test('over the last slice alone is one, too', () => {
    const stack = stackWithCycle((first, second) => first.node.findChild('Wait2').node.addDependency(second), { timeout: Duration.hours(1) });
    expect(() => Template.fromStack(stack)).toThrow(error);
  });

  test('is found where a nested stack has a resource of the same logical ID', () => {
    const stack = stackWithCycle((first, second, scope) => {
      first.node.addDependency(second);
      resourceThat(new NestedStack(scope, 'Nested'), 'Topic', {}).overrideLogicalId(logicalIdOfFirst(first));
    });
    expect(() => Template.fromStack(stack)).toThrow(error);
  });

  test('is none where the jobs are not sequential', () => {
    const stack = stackWithCycle((first, second) => first.node.addDependency(second), { sequential: false });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });

  test('is none where the second job depends on the first', () => {
    const stack = stackWithCycle((first, second, scope) =>
      second.node.addDependency(resourceThat(scope, 'Topic', { DisplayName: first.jobId })),
    );
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});
