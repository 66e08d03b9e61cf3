import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AnalysisTemplate } from '../../src';
import { jobPolicies, JobStack, MEMBERSHIP_ID, newApp, onlyJobResource, TEMPLATE_ARN } from '../fixtures';

const PARTNERS_ARN =
  'arn:aws:cleanrooms:eu-central-1:444455556666:membership/cccccccc-1111-4222-8333-dddddddddddd/analysistemplate/eeeeeeee-1111-4222-8333-ffffffffffff';

test('refers to a template by its ARN', () => {
  const { analysisTemplateRef } = AnalysisTemplate.fromAnalysisTemplateArn(new Stack(newApp()), 'Template', TEMPLATE_ARN);

  expect(analysisTemplateRef).toEqual({
    analysisTemplateArn: TEMPLATE_ARN,
    membershipIdentifier: MEMBERSHIP_ID,
    analysisTemplateIdentifier: 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb',
  });
});

test("refers to another member's template, which belongs to that member's account and membership", () => {
  const template = AnalysisTemplate.fromAnalysisTemplateArn(new Stack(newApp()), 'Template', PARTNERS_ARN);

  expect(template.env).toEqual({ account: '444455556666', region: 'eu-central-1' });
  expect(template.analysisTemplateRef.membershipIdentifier).toBe('cccccccc-1111-4222-8333-dddddddddddd');
});

test("lets a job run another member's template, and nothing else of that member's", () => {
  const stack = new JobStack();
  stack.addJob('Uplift', { analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Partners', PARTNERS_ARN) });
  const policies = JSON.stringify(jobPolicies(Template.fromStack(stack)));

  expect(onlyJobResource(stack).Properties.AnalysisTemplateArn).toBe(PARTNERS_ARN);
  expect(policies).toContain(`"${PARTNERS_ARN}"`);
  expect(policies.replaceAll(PARTNERS_ARN, '')).not.toContain('444455556666');
});

test('takes an ARN that is a parameter of the stack, and takes its parts at deploy', () => {
  const stack = new Stack(newApp());
  const arn = new CfnParameter(stack, 'TemplateArn').valueAsString;
  const { analysisTemplateRef } = AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', arn);

  const parts = { 'Fn::Split': ['/', { 'Fn::Join': ['', [{ Ref: 'TemplateArn' }, '////']] }] };
  expect(stack.resolve(analysisTemplateRef)).toEqual({
    analysisTemplateArn: { Ref: 'TemplateArn' },
    membershipIdentifier: { 'Fn::Select': [1, parts] },
    analysisTemplateIdentifier: { 'Fn::Select': [3, parts] },
  });
});

test('takes an ARN that is put together from tokens', () => {
  const stack = new Stack(newApp());
  const id = new CfnParameter(stack, 'TemplateId').valueAsString;
  const start = TEMPLATE_ARN.slice(0, TEMPLATE_ARN.lastIndexOf('/') + 1);
  const { analysisTemplateRef } = AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Template', `${start}${id}`);

  const arn = { 'Fn::Join': ['', [start, { Ref: 'TemplateId' }]] };
  const parts = { 'Fn::Split': ['/', { 'Fn::Join': ['', [start, { Ref: 'TemplateId' }, '////']] }] };
  expect(stack.resolve(analysisTemplateRef)).toEqual({
    analysisTemplateArn: arn,
    membershipIdentifier: { 'Fn::Select': [1, parts] },
    analysisTemplateIdentifier: { 'Fn::Select': [3, parts] },
  });
});

test.each([
  ['no ARN', 'a-template', '"a-template" (10 characters)', ''],
  ['the ARN of a membership', 'arn:aws:cleanrooms:eu-central-1:111122223333:membership/a', '"arn:aws:cleanrooms:eu-central-1:111122223333:membership/a" (57 characters)', '; this is the ARN of a resource of kind "membership"'],
])('throws where it is %s', (_, arn, shown, wayOut) => {
  expect(() => AnalysisTemplate.fromAnalysisTemplateArn(new Stack(newApp(), 'Stack'), 'Template', arn)).toThrow(
    new Error(`Stack/Template: analysisTemplate: ${shown} is not an analysis template ARN of at most 200 characters, arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/analysistemplate/<ID>${wayOut}`),
  );
});
