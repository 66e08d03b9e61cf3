import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Collaboration } from '../../src';
import { JobStack, newApp, numberedId } from '../fixtures';

const ARN = `arn:aws:cleanrooms:eu-central-1:444455556666:collaboration/${numberedId(1)}`;

test('is known by its ARN, with the environment that the ARN names', () => {
  const collaboration = Collaboration.fromCollaborationArn(new Stack(newApp()), 'Collaboration', ARN);

  expect(collaboration.collaborationRef).toEqual({ collaborationArn: ARN, collaborationIdentifier: numberedId(1) });
  expect(collaboration.env).toEqual({ account: '444455556666', region: 'eu-central-1' });
});

test('is known by an ARN that only CloudFormation knows', () => {
  const stack = new Stack(newApp());
  const arn = new CfnParameter(stack, 'Arn').valueAsString;
  const collaboration = Collaboration.fromCollaborationArn(stack, 'Collaboration', arn);

  expect(stack.resolve(collaboration.collaborationRef)).toEqual({
    collaborationArn: { Ref: 'Arn' },
    collaborationIdentifier: { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Join': ['', [{ Ref: 'Arn' }, '////']] }] }] },
  });
});

test.each([
  ['my-collaboration', ''],
  [ARN.replace('collaboration/', 'membership/'), '; this is the ARN of a resource of kind "membership"'],
  [`${ARN}/extra`, ''],
  [ARN.replace('444455556666', ''), ''],
])('throws for %s', (arn, wayOut) => {
  expect(() => Collaboration.fromCollaborationArn(new Stack(newApp(), 'Stack'), 'Bad', arn)).toThrow(
    new RegExp(
      `^Stack/Bad: collaboration: ".*" \\(\\d+ characters\\) is not a collaboration ARN, arn:<partition>:cleanrooms:<region>:<account>:collaboration/<ID>${wayOut}$`,
    ),
  );
});

test('of another library is looked at by the job', () => {
  const stack = new JobStack();
  const collaboration = Object.assign(Collaboration.fromCollaborationArn(stack, 'Theirs', ARN), {
    collaborationRef: { collaborationArn: 'theirs', collaborationIdentifier: 'theirs' },
  });

  expect(() => stack.addJob('Uplift', { collaboration })).toThrow('Stack/Uplift: collaboration: "theirs" (6 characters) is not a collaboration ARN');
});
