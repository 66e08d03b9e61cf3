import { type JsonObject } from '../json';
import { custom, parameter, TestCloudFormation } from './test-cloudformation';

async function outputOf(value: unknown, sections: JsonObject = {}, request: JsonObject = {}): Promise<string> {
  const aws = new TestCloudFormation(() => ({ Data: { 'Name': 'n', 'With.Dot': 'd', 'Deep': { Er: 'e' } } }));
  aws.ssm.putParameter('/from/ssm', 'read');
  await aws.deploy({ Thing: custom() }, { Outputs: { Out: { Value: value } }, ...sections }, request);
  return aws.outputs().Out ?? String(aws.service.findStack('Test')?.events.at(-1)?.status);
}

test.each<[unknown, string]>([
  [{ Ref: 'Thing' }, 'physical'],
  [{ 'Fn::GetAtt': ['Thing', 'Name'] }, 'n'],
  [{ 'Fn::GetAtt': 'Thing.With.Dot' }, 'd'],
  [{ 'Fn::GetAtt': ['Thing', 'Deep.Er'] }, 'e'],
  [{ 'Fn::Sub': '${AWS::StackName}-${Thing}-${Thing.Name}-${!Literal}' }, 'Test-physical-n-${Literal}'],
  [{ 'Fn::Sub': ['${A}-${Thing}', { A: { Ref: 'AWS::Region' } }] }, 'us-east-1-physical'],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, { Ref: 'AWS::NoValue' }]] }, 'a-111122223333'],
  [{ 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b'] }] }, 'b'],
  [{ 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
  [{ 'Fn::Base64': 'hi' }, 'aGk='],
  [{ 'Fn::If': ['Yes', 'yes', { Ref: 'Nowhere' }] }, 'yes'],
  [{ 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'key'] }, 'mapped'],
  [{ Ref: 'FromSsm' }, 'read'],
  [{ 'Fn::Join': ['+', { Ref: 'List' }] }, 'a+b'],
  [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
])('%j is %s', async (value, expected) => {
  const sections = {
    Conditions: {
      Yes: { 'Fn::And': [{ 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }, { 'Fn::Or': [{ 'Fn::Equals': ['1', 1] }, { Condition: 'No' }] }] },
      No: { 'Fn::Equals': ['a', 'b'] },
    },
    Mappings: { Map: { 'us-east-1': { key: 'mapped' } } },
    Parameters: {
      FromSsm: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/from/ssm' },
      List: { Type: 'CommaDelimitedList', Default: 'a, b' },
      Nowhere: { Type: 'String', Default: '' },
    },
  };
  expect(await outputOf(value, sections)).toBe(expected);
});

test.each<[string, JsonObject, string]>([
  ['of an unknown type', { Resources: { Thing: { Type: 'AWS::Nothing::Here' } } }, 'Unrecognized resource types: [AWS::Nothing::Here]'],
  ['that refers to nothing', { Resources: { Thing: custom({ A: { Ref: 'Nowhere' } }) } }, 'Unresolved resource dependencies [Nowhere]'],
  [
    'in a circle',
    { Resources: { A: custom({ B: { Ref: 'B' } }), B: custom({}, { DependsOn: 'A' }) } },
    'Circular dependency between resources: [A, B]',
  ],
  ['with a null', { Resources: { A: custom({ B: null }) } }, "'null' values are not allowed"],
  ['of IAM that nobody acknowledged', { Resources: { R: { Type: 'AWS::IAM::Role' } } }, 'Requires capabilities : [CAPABILITY_IAM]'],
  [
    'with names in IAM',
    { Resources: { R: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r' } } } },
    'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  ],
  ['of which there are none', { Resources: {} }, 'At least one Resources member must be defined.'],
  [
    'of which there are 501',
    { Resources: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`R${index}`, custom()])) },
    'Number of resources, 501',
  ],
])('a template with resources %s is refused', async (_what, template, message) => {
  const aws = new TestCloudFormation();
  aws.s3.createBucket('templates');
  aws.s3.putObject('templates', 'template.json', JSON.stringify(template));
  const TemplateURL = 'https://templates.s3.us-east-1.amazonaws.com/template.json';
  await expect(aws.service.call('CreateStack', { StackName: 'Test', TemplateURL })).rejects.toThrow(message);
});

test('more than 200 outputs are refused', async () => {
  const outputs = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`O${index}`, { Value: 'x' }]));
  await expect(outputOf('', { Outputs: outputs })).rejects.toThrow('Number of outputs, 201');
});

test('a body of more than 51,200 bytes has to be uploaded', async () => {
  await expect(outputOf('x'.repeat(52_000))).rejects.toThrow('less than or equal to 51200');
});

test('the type of a resource cannot be changed', async () => {
  const aws = new TestCloudFormation();
  await aws.deploy({ Thing: custom() });
  await expect(aws.deploy({ Thing: parameter('1') })).rejects.toThrow('Update of resource type is not permitted.');
});

test('an empty export fails the stack', async () => {
  expect(await outputOf('', { Outputs: { Out: { Value: '', Export: { Name: 'e' } } } })).toBe('ROLLBACK_COMPLETE');
});

test('an output that is not text fails the stack', async () => {
  expect(await outputOf({ 'Fn::GetAtt': ['Thing', 'Deep'] })).toBe('ROLLBACK_COMPLETE');
});

describe('an export in use', () => {
  const exporting = (value: string) => ({ Outputs: { Out: { Value: value, Export: { Name: 'the-export' } } } });

  async function imported(): Promise<TestCloudFormation> {
    const aws = new TestCloudFormation();
    await aws.deploy({ Thing: custom() }, exporting('shared'));
    const template = { Resources: { Other: parameter({ 'Fn::ImportValue': 'the-export' }, {}, { Name: 'imported' }) } };
    await aws.service.call('CreateStack', { StackName: 'Importer', TemplateBody: JSON.stringify(template) });
    expect(aws.ssm.getParameter('imported')).toBe('shared');
    return aws;
  }

  const statusReasons = (aws: TestCloudFormation) =>
    aws.service.events('Test').filter(({ status }) => status === 'UPDATE_ROLLBACK_IN_PROGRESS').map(({ reason }) => reason);

  test('keeps its stack', async () => {
    const aws = await imported();
    await expect(aws.run('DeleteStack')).rejects.toThrow('Export the-export cannot be deleted as it is in use by Importer');
  });

  test('is not changed: the update is rolled back after its resources were updated', async () => {
    const aws = await imported();
    expect(await aws.deploy({ Thing: custom({ Run: '2' }) }, exporting('other'))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(aws.events.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Update', 'Update']);
    expect(statusReasons(aws)).toEqual(['Export the-export cannot be updated as it is in use by Importer']);
    expect(aws.outputs()).toEqual({ Out: 'shared' });
  });

  test('is not removed by an update', async () => {
    const aws = await imported();
    expect(await aws.deploy({ Thing: custom({ Run: '2' }) })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(statusReasons(aws)).toEqual(['Export the-export cannot be deleted as it is in use by Importer']);
  });

  test('does not hinder an update that leaves it, nor any once it is no longer in use', async () => {
    const aws = await imported();
    expect(await aws.deploy({ Thing: custom({ Run: '2' }) }, exporting('shared'))).toBe('UPDATE_COMPLETE');
    await aws.service.call('DeleteStack', { StackName: 'Importer' });
    expect(await aws.deploy({ Thing: custom({ Run: '2' }) }, exporting('other'))).toBe('UPDATE_COMPLETE');
  });
});

test.each([
  ['is longer than 255 characters', 'L'.repeat(256)],
  ['is not alphanumeric', 'Job-Id'],
])('an output name that %s is refused', async (_what, name) => {
  const aws = new TestCloudFormation();
  await expect(aws.deploy({ Thing: custom() }, { Outputs: { [name]: { Value: 'x' } } })).rejects.toThrow(`Output name ${name}`);
});

test.each<[string, JsonObject, unknown, string]>([
  ['is missing', { P: { Type: 'String' } }, undefined, 'Parameters: [P] must have values'],
  [
    'does not fit its pattern',
    { P: { Type: 'String', AllowedPattern: '[a-z]+' } },
    [{ ParameterKey: 'P', ParameterValue: '1' }],
    'failed to satisfy constraint',
  ],
  [
    'is none of the allowed',
    { P: { Type: 'String', AllowedValues: ['a'] } },
    [{ ParameterKey: 'P', ParameterValue: 'b' }],
    'AllowedValues',
  ],
  ['is not in the template', {}, [{ ParameterKey: 'Q', ParameterValue: 'b' }], 'Parameters: [Q] do not exist in the template'],
  [
    'names no SSM parameter',
    { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/none' } },
    undefined,
    'Unable to fetch parameters [/none]',
  ],
])('a parameter that %s is refused', async (_what, parameters, supplied, message) => {
  await expect(outputOf('x', { Parameters: parameters }, { Parameters: supplied })).rejects.toThrow(message);
});

test('a rule that does not hold is refused', async () => {
  const rule = {
    Assertions: [{ Assert: { 'Fn::Not': [{ 'Fn::Contains': [['1', '2'], { Ref: 'Version' }] }] }, AssertDescription: 'too old' }],
  };
  const sections = { Rules: { Check: rule }, Parameters: { Version: { Type: 'String', Default: '2' } } };
  await expect(outputOf('x', sections)).rejects.toThrow('too old');
});
