import { Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ConfiguredTableAssociation, ProtectedJob, type ProtectedJobProps, ProtectedJobRunner, WorkerType } from '../../src';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { ACCOUNT, jobPolicies, JobStack, MEMBERSHIP_ID, only, UncheckedMembership } from '../fixtures';

const DAYS = ['mon', 'tue', 'wed'];

/** A property of the three jobs of a stack, each made with the same object, which is changed before each. */
function deployedOf(property: string, propsOn: (values: Record<string, string>) => Partial<ProtectedJobProps>): unknown[] {
  const stack = new JobStack();
  const values: Record<string, string> = {};
  const props = propsOn(values);
  for (const day of DAYS) {
    values.day = day;
    stack.addJob(day, props);
  }
  values.day = 'x'.repeat(2000);
  return Object.values(Template.fromStack(stack).findResources(RESOURCE_TYPE)).map(({ Properties }) => Properties[property]);
}

/** Objects as users may have them: maps, and objects of a class. */
class Machines {
  readonly type = WorkerType.CR_1X;
  readonly number = 16;
  constructor(readonly sparkProperties: Record<string, string>) {}
}

describe('three jobs with one object that is changed in a loop have', () => {
  const expected = DAYS.map((day) => ({ day }));

  test.each<[string, (values: Record<string, string>) => Partial<ProtectedJobProps>, string]>([
    ['parameters', (values) => ({ parameters: values }), 'Parameters'],
    ['triggers', (values) => ({ triggers: values }), 'Triggers'],
    ['Spark properties', (values) => ({ worker: { type: WorkerType.CR_1X, number: 16, sparkProperties: values } }), 'SparkProperties'],
    ['Spark properties in a worker of a class', (values) => ({ worker: new Machines(values) }), 'SparkProperties'],
  ])('the %s that each was made with', (_, propsOn, property) => {
    expect(deployedOf(property, propsOn)).toEqual(expected);
  });
});

test('props that an object has from its class are there', () => {
  const stack = new JobStack();
  class Settings {
    readonly membership = stack.membership;
    readonly analysisTemplate = stack.analysisTemplate;
    get parameters(): Record<string, string> {
      return { day: 'mon' };
    }
  }
  new ProtectedJob(stack, 'Uplift', new Settings());

  expect(only(Template.fromStack(stack).findResources(RESOURCE_TYPE)).Properties.Parameters).toEqual({ day: 'mon' });
});

test('tokens in a map keep their later value', () => {
  const stack = new JobStack();
  let later = '';
  stack.addJob('Uplift', { parameters: { day: Lazy.string({ produce: () => later }), account: stack.account } });
  later = 'mon';

  expect(only(Template.fromStack(stack).findResources(RESOURCE_TYPE)).Properties.Parameters).toEqual({
    day: 'mon',
    account: { Ref: 'AWS::AccountId' },
  });
});

test('lists of tables that are changed later permit what was passed', () => {
  const stack = new JobStack();
  const arn = (kind: string, id: string) => `arn:aws:cleanrooms:eu-central-1:${ACCOUNT}:membership/${MEMBERSHIP_ID}/${kind}/${id}`;
  const association = (id: string) => ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, id, arn('configuredtableassociation', id));
  const configuredTableAssociations = [association('first')];
  const intermediateTableArns = [arn('intermediatetable', 'first')];
  stack.addJob('Uplift', { configuredTableAssociations, intermediateTableArns });
  configuredTableAssociations.push(association('second'));
  intermediateTableArns[0] = arn('intermediatetable', 'second');

  const policy = JSON.stringify(only(jobPolicies(Template.fromStack(stack))));
  expect(policy).toContain('configuredtableassociation/first');
  expect(policy).toContain('intermediatetable/first');
  expect(policy).not.toContain('second');
});

test('a reference whose object is changed later is the one that was passed', () => {
  const stack = new JobStack();
  const membershipRef = { membershipIdentifier: MEMBERSHIP_ID, membershipArn: `arn:aws:cleanrooms:eu-central-1:${ACCOUNT}:membership/${MEMBERSHIP_ID}` };
  const membership = new UncheckedMembership(stack, 'Changing', MEMBERSHIP_ID);
  Object.defineProperty(membership, 'membershipRef', { value: membershipRef });
  stack.addJob('First', { membership });
  membershipRef.membershipIdentifier = 'other';
  membershipRef.membershipArn = 'other';

  expect(JSON.stringify(Template.fromStack(stack))).not.toContain('other');
});

test('the connections of a runner are those of the security groups that it was made with', () => {
  const stack = new Stack();
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const securityGroups = [new ec2.SecurityGroup(stack, 'First', { vpc })];
  const runner = new ProtectedJobRunner(stack, 'Runner', { vpc, securityGroups });
  securityGroups[0] = new ec2.SecurityGroup(stack, 'Second', { vpc });

  expect(runner.connections.securityGroups.map(({ node }) => node.id)).toEqual(['First']);
});

test('a metric has the dimensions that it was made with', () => {
  const dimensionsMap = { Day: 'mon' };
  const metric = new JobStack().addJob().metric('Succeeded', { dimensionsMap });
  dimensionsMap.Day = 'tue';

  expect(metric.toMetricConfig().metricStat?.dimensions).toEqual([{ name: 'Day', value: 'mon' }]);
});
