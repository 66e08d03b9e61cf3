import { type App, CfnOutput, NestedStack, Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { ACCOUNT, JobStack, newApp } from '../fixtures';

/** The warnings about exported attributes. Newer versions of the CDK have warnings of their own about exports. */
function warningsOf(app: App): { id: string; text: string }[] {
  const messages = app.synth().stacks.flatMap((stack) => stack.messages);
  const warnings = messages.map(({ id, level, entry }) => ({ id, level, text: String(entry.data) }));
  return warnings.filter(({ level, text }) => level === 'warning' && text.includes('exportedAttribute'));
}

/** The constructs with such a warning, each once. */
function warnedOf(app: App): string[] {
  return [...new Set(warningsOf(app).map(({ id }) => id))];
}

test('an attribute that another stack uses is warned of, on its job', () => {
  const app = newApp();
  const stack = new JobStack(app);
  stack.addJob('Reach');
  const job = stack.addJob('Uplift');
  new StringParameter(new Stack(app, 'Consumer'), 'Latest', { stringValue: job.resultLocation });

  expect(warnedOf(app)).toEqual(['/Stack/Uplift']);
});

test('the warning says what happens, and names the way out', () => {
  const app = newApp();
  const job = new JobStack(app).addJob();
  new StringParameter(new Stack(app, 'Consumer'), 'Latest', { stringValue: job.jobId });

  expect(warningsOf(app).map(({ text }) => text)).toEqual([expect.stringMatching(/CloudFormation refuses to change an export that is in use.*after it has been paid for.*SSM parameter/)]);
});

test('an attribute that is exported under a name of the user is warned of', () => {
  const app = newApp();
  const stack = new JobStack(app);
  new CfnOutput(stack, 'Latest', { value: `the last job is ${stack.addJob().jobId}`, exportName: 'latest' });

  expect(warnedOf(app)).toEqual(['/Stack/Uplift']);
});

test('an attribute that a stack of another region uses is warned of', () => {
  const app = newApp();
  const stackIn = (id: string, region: string) => ({ env: { account: ACCOUNT, region }, crossRegionReferences: true, stackName: id });
  const stack = new JobStack(app, 'Stack', stackIn('producer', 'eu-central-1'));
  const job = stack.addJob();
  new StringParameter(new Stack(app, 'Consumer', stackIn('consumer', 'us-east-1')), 'Latest', { stringValue: job.resultLocation });

  expect(warnedOf(app)).toEqual(['/Stack/Uplift']);
});

test('nothing is warned of that can be changed: outputs, parameters, nested stacks, and a runner that is shared', () => {
  const app = newApp();
  const stack = new JobStack(app);
  const job = stack.addJob();
  new StringParameter(stack, 'Latest', { parameterName: '/uplift/latest', stringValue: job.resultLocation });
  new StringParameter(new NestedStack(stack, 'Nested'), 'Latest', { stringValue: job.resultLocation });
  new JobStack(app, 'Other').addJob('Uplift', { runner: job.runner });

  expect(warnedOf(app)).toEqual([]);
});
