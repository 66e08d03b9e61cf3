import { CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { ConfiguredTableAssociation } from '../../src';
import { JobStack, newApp, numberedId } from '../fixtures';

const ARN = `arn:aws:cleanrooms:eu-central-1:444455556666:membership/${numberedId(1)}/configuredtableassociation/${numberedId(2)}`;
const INTERMEDIATE_TABLE_ARN = ARN.replace('configuredtableassociation', 'intermediatetable');

test('is known by its ARN, with the environment that the ARN names', () => {
  const association = ConfiguredTableAssociation.fromConfiguredTableAssociationArn(new Stack(newApp()), 'Table', ARN);

  expect(association.configuredTableAssociationRef).toEqual({
    configuredTableAssociationArn: ARN,
    membershipIdentifier: numberedId(1),
    configuredTableAssociationIdentifier: numberedId(2),
  });
  expect(association.env).toEqual({ account: '444455556666', region: 'eu-central-1' });
});

test('is known by an ARN that only CloudFormation knows', () => {
  const stack = new Stack(newApp());
  const arn = new CfnParameter(stack, 'Arn').valueAsString;
  const { configuredTableAssociationRef } = ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'Table', arn);

  expect(stack.resolve(configuredTableAssociationRef.configuredTableAssociationArn)).toEqual({ Ref: 'Arn' });
});

test.each([
  ['my-table', ''],
  [INTERMEDIATE_TABLE_ARN, '; this is the ARN of a resource of kind "intermediatetable"'],
  [`${ARN}/extra`, ''],
])('throws for %s', (arn, wayOut) => {
  expect(() => ConfiguredTableAssociation.fromConfiguredTableAssociationArn(new Stack(newApp(), 'Stack'), 'Bad', arn)).toThrow(
    new RegExp(
      '^Stack/Bad: configuredTableAssociations: ".*" \\(\\d+ characters\\) is not a configured table association ARN, ' +
        `arn:.*:membership/<ID>/configuredtableassociation/<ID>${wayOut}$`,
    ),
  );
});

describe('a job', () => {
  test('looks at the associations of another library', () => {
    const stack = new JobStack();
    const association = Object.assign(ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, 'Theirs', ARN), {
      configuredTableAssociationRef: {
        configuredTableAssociationArn: 'theirs', membershipIdentifier: 'theirs', configuredTableAssociationIdentifier: 'theirs',
      },
    });

    expect(() => stack.addJob('Uplift', { configuredTableAssociations: [association] })).toThrow(
      'Stack/Uplift: configuredTableAssociations: "theirs" (6 characters) is not a configured table association ARN',
    );
  });

  test('looks at the ARNs of intermediate tables', () => {
    expect(() => new JobStack().addJob('Uplift', { intermediateTableArns: [ARN] })).toThrow(
      /^Stack\/Uplift: intermediateTableArns: ".*" \(\d+ characters\) is not an intermediate table ARN, arn:.*:membership\/<ID>\/intermediatetable\/<ID>; this is the ARN of a resource of kind "configuredtableassociation"$/,
    );
  });

  test.each([INTERMEDIATE_TABLE_ARN, new CfnParameter(new Stack(newApp()), 'Arn').valueAsString])('takes the intermediate table %s', (arn) => {
    expect(() => new JobStack().addJob('Uplift', { intermediateTableArns: [arn] })).not.toThrow();
  });

  test('takes the elements of a list that is a token, and not the list', () => {
    const arns = new CfnParameter(new Stack(newApp()), 'Arns', { type: 'CommaDelimitedList' }).valueAsList;

    expect(() => new JobStack().addJob('Uplift', { intermediateTableArns: [Fn.select(0, arns)] })).not.toThrow();
    expect(() => new JobStack().addJob('Uplift', { intermediateTableArns: arns })).toThrow(new Error(
      'Stack/Uplift: intermediateTableArns: a list that is a token can not be part of a policy; pass its elements, as Fn.select() returns them',
    ));
  });
});
