import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AnalysisTemplate, Membership, ProtectedJob, type Worker, WorkerType } from '../../src';
import { MEMBERSHIP_ID, TEMPLATE_ARN } from '../engine/fakes/events';

function stackWith(worker: Worker): Stack {
  const stack = new Stack(new App(), 'Stack');
  new ProtectedJob(stack, 'Uplift', {
    membership: Membership.fromMembershipId(stack, 'Membership', MEMBERSHIP_ID),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', TEMPLATE_ARN),
    worker,
  });
  return stack;
}

test.each<[Worker, number]>([
  [{ type: WorkerType.CR_1X, number: 129 }, 516],
  [{ type: WorkerType.CR_4X, number: 33 }, 528],
])('synthesis warns of more vCPU than an account usually has: %p', (worker, vcpus) => {
  const problem = `worker.number: ${worker.number} workers of type ${worker.type.name} have ${vcpus} vCPU, where an account can have 512`;
  Annotations.fromStack(stackWith(worker)).hasWarning('/Stack/Uplift', Match.stringLikeRegexp(problem.replace('.', '\\.')));
});

test.each<[string, Worker]>([
  ['as many as an account has', { type: WorkerType.CR_4X, number: 32 }],
  ['a type that the library does not know', { type: WorkerType.of('CR.8X'), number: 1024 }],
  ['a number that only the deployment knows', { type: WorkerType.CR_4X, number: Lazy.number({ produce: () => 1024 }) }],
])('synthesis does not warn of %s', (_case, worker) => {
  Annotations.fromStack(stackWith(worker)).hasNoWarning('*', Match.anyValue());
});
