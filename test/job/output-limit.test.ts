import { type App, CfnOutput, NestedStack, Stack } from 'aws-cdk-lib';
import { JobStack, newApp } from '../fixtures';

/** An app with a stack of so many jobs, which have two outputs each, and so many other outputs. */
function appWith(jobs: number, outputs: number, stackOutputs?: boolean): App {
  const app = newApp();
  const stack = new JobStack(app);
  for (let number = 0; number < jobs; number++) {
    stack.addJob(`Job${number}`, { stackOutputs });
  }
  addOutputs(stack, outputs);
  return app;
}

function addOutputs(stack: Stack, count: number): void {
  for (let number = 0; number < count; number++) {
    new CfnOutput(stack, `Output${number}`, { value: 'x' });
  }
}

test('a stack with more than 200 outputs fails synth once, naming the prop that leaves them out', () => {
  const message = '[Stack] stackOutputs: the stack has 202 outputs, where CloudFormation allows 200, and each of its protected jobs adds two; ' +
    'set stackOutputs to false on some of the jobs';

  expect(() => appWith(2, 198).synth()).toThrow(`Validation failed with the following errors:\n  ${message}`);
});

test('a stack with 200 outputs passes', () => {
  expect(() => appWith(2, 196).synth()).not.toThrow();
});

test('exports for other stacks count', () => {
  const app = newApp();
  const stack = new JobStack(app);
  const job = stack.addJob();
  addOutputs(stack, 198);
  new CfnOutput(new Stack(app, 'Consumer'), 'Imported', { value: job.resultLocation });

  expect(() => app.synth()).toThrow('the stack has 201 outputs');
});

test('a stack whose jobs have no outputs is left to CloudFormation', () => {
  expect(() => appWith(2, 201, false).synth()).not.toThrow();
});

test('the outputs of a nested stack are its own', () => {
  const app = appWith(1, 198);
  const [stack] = app.node.children.filter((child) => child instanceof Stack);
  addOutputs(new NestedStack(stack, 'Nested'), 10);

  expect(() => app.synth()).not.toThrow();
});
