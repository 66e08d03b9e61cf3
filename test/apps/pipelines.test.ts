import { Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CodePipeline, CodePipelineSource, ShellStep } from 'aws-cdk-lib/pipelines';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { JobStack, newApp } from '../fixtures';

const ENVIRONMENT = { account: '111122223333', region: 'eu-central-1' };

function pipelineWithJobs(): { pipelineStack: Stack; jobStack: JobStack } {
  const pipelineStack = new Stack(newApp(), 'Pipeline', { env: ENVIRONMENT });
  const pipeline = new CodePipeline(pipelineStack, 'Pipeline', {
    synth: new ShellStep('Synth', { input: CodePipelineSource.s3(s3.Bucket.fromBucketName(pipelineStack, 'Sources', 'sources'), 'app.zip'), commands: [] }),
  });
  const stage = new Stage(pipelineStack, 'Production', { env: ENVIRONMENT });
  const jobStack = new JobStack(stage, 'Analysis');
  jobStack.addJob('Uplift');
  jobStack.addJob('Reach');
  pipeline.addStage(stage);
  return { pipelineStack, jobStack };
}

test('a stage of a pipeline has the stack with the jobs', () => {
  const template = Template.fromStack(pipelineWithJobs().jobStack);

  template.resourceCountIs(RESOURCE_TYPE, 2);
  expect(Object.keys(template.findOutputs('*'))).toEqual(['UpliftJobId', 'UpliftResultLocation', 'ReachJobId', 'ReachResultLocation']);
});

test('the pipeline publishes the handlers, and deploys the stack after that', () => {
  const template = Template.fromStack(pipelineWithJobs().pipelineStack);

  template.hasResourceProperties('AWS::CodePipeline::Pipeline', {
    Stages: [
      Match.objectLike({ Name: 'Source' }),
      Match.objectLike({ Name: 'Build' }),
      Match.objectLike({ Name: 'UpdatePipeline' }),
      Match.objectLike({ Name: 'Assets', Actions: [Match.anyValue(), Match.anyValue()] }),
      Match.objectLike({ Name: 'Production', Actions: [Match.objectLike({ Name: 'Prepare' }), Match.objectLike({ Name: 'Deploy' })] }),
    ],
  });
});
