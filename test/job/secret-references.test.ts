import { CfnDynamicReference, CfnDynamicReferenceService, Fn, Lazy, SecretValue, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Membership, type ProtectedJobProps, WorkerType } from '../../src';
import { JobStack, onlyJobResource } from '../fixtures';

const worker = (value: string): Partial<ProtectedJobProps> => ({
  worker: { type: WorkerType.CR_1X, number: 4, sparkProperties: { 'spark.key': value } },
});

const reference = () => SecretValue.secretsManager('team/key', { jsonField: 'k' }).unsafeUnwrap();

describe('a reference to a secret is an error at synth', () => {
  test.each<[string, (stack: Stack) => Partial<ProtectedJobProps>, string]>([
    ['in a parameter', () => ({ parameters: { key: reference() } }), 'parameters.key: {{resolve:secretsmanager:…}} refers to a secret'],
    ['in a trigger', () => ({ triggers: { key: reference() } }), 'triggers.key: {{resolve:secretsmanager:…}} refers to a secret'],
    [
      'in a Spark property',
      () => worker(reference()),
      'worker.sparkProperties.spark.key: {{resolve:secretsmanager:…}} refers to a secret',
    ],
    ['among other text', () => ({ parameters: { key: `key=${reference()};` } }), 'parameters.key: {{resolve:secretsmanager:…}} refers to a secret'],
    ['in a text that comes later', () => ({ parameters: { key: Lazy.string({ produce: reference }) } }), 'parameters.key: {{resolve:secretsmanager:'],
    ['in a text of CloudFormation', () => ({ parameters: { key: Fn.join('-', ['a', reference()]) } }), 'parameters.key: {{resolve:secretsmanager:'],
    [
      'of this stack',
      (stack) => ({ parameters: { key: new secretsmanager.Secret(stack, 'Secret').secretValue.unsafeUnwrap() } }),
      'parameters.key: {{resolve:secretsmanager:…}} refers to a secret',
    ],
    [
      'of the parameter store',
      () => ({ parameters: { key: SecretValue.ssmSecure('/team/key', '1').unsafeUnwrap() } }),
      'parameters.key: {{resolve:ssm-secure:…}} refers to a secret',
    ],
    [
      'as a membership',
      (stack) => ({ membership: Membership.fromMembershipId(stack, 'Secret', reference()) }),
      'membership: {{resolve:secretsmanager:…}} is a dynamic reference; keep the value in an SSM parameter of type String and pass ' +
        'ssm.StringParameter.valueForStringParameter()',
    ],
  ])('%s', (_, propsOf, problem) => {
    const stack = new JobStack();
    stack.addJob('Uplift', propsOf(stack));

    expect(() => Template.fromStack(stack)).toThrow(`[Stack/Uplift] ${problem}`);
  });
});

test('a literal one is refused at once', () => {
  const stack = new JobStack();

  expect(() => stack.addJob('Uplift', { parameters: { key: '{{resolve:secretsmanager:team/key}}' } })).toThrow(
    'Stack/Uplift: parameters.key: {{resolve:secretsmanager:…}} refers to a secret',
  );
});

test('a literal membership that is a dynamic reference is told what to use', () => {
  const stack = new JobStack();

  expect(() => Membership.fromMembershipId(stack, 'Ref', '{{resolve:ssm:/team/membership}}')).toThrow(
    'Stack/Ref: membership: {{resolve:ssm:…}} is a dynamic reference; keep the value in an SSM parameter of type String and pass ' +
    'ssm.StringParameter.valueForStringParameter(), whose value must be a membership ID',
  );
});

test('parameters of SSM are passed on', () => {
  const stack = new JobStack();
  stack.addJob('Uplift', {
    parameters: {
      literal: '{{resolve:ssm:/team/day}}',
      dynamic: new CfnDynamicReference(CfnDynamicReferenceService.SSM, '/team/day:1').toString(),
      parameter: ssm.StringParameter.valueForStringParameter(stack, '/team/day'),
    },
  });

  expect(onlyJobResource(stack).Properties.Parameters).toEqual({
    literal: '{{resolve:ssm:/team/day}}',
    dynamic: '{{resolve:ssm:/team/day:1}}',
    parameter: { Ref: expect.stringMatching(/^SsmParameterValueteamday/) },
  });
});
