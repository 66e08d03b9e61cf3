import { custom, parameter, TestCloudFormation } from './test-cloudformation';

/** The last properties that the handler of the custom resource got. */
async function deployedValue(value: unknown): Promise<unknown> {
  const aws = new TestCloudFormation();
  aws.ssm.putParameter('/team/day', 'monday');
  expect(await aws.deploy({ Thing: custom({ Value: value }) })).toBe('CREATE_COMPLETE');
  return aws.events.at(-1)?.ResourceProperties.Value;
}

test('a reference to a parameter is resolved in a custom resource, also among other text', async () => {
  expect(await deployedValue({ Deep: ['on {{resolve:ssm:/team/day}}'] })).toEqual({ Deep: ['on monday'] });
  expect(await deployedValue({ 'Fn::Join': ['', ['{{resolve:ssm:', '/team/day', '}}']] })).toBe('monday');
});

test('a reference to a secret reaches a custom resource as it stands', async () => {
  const reference = '{{resolve:secretsmanager:team/key:SecretString:k::}}';
  expect(await deployedValue(reference)).toBe(reference);
});

test('a reference to a secure parameter is refused with the template', async () => {
  const aws = new TestCloudFormation();
  await expect(aws.deploy({ Thing: custom({ Value: '{{resolve:ssm-secure:/team/key:1}}' }) })).rejects.toThrow(
    'SSM Secure reference is not supported in: [Custom::Thing/Properties/Value]',
  );
});

test('a reference to a parameter is resolved in other resources', async () => {
  const aws = new TestCloudFormation();
  aws.ssm.putParameter('/team/day', 'monday');
  expect(await aws.deploy({ Copy: parameter('{{resolve:ssm:/team/day}}', {}, { Name: 'copy' }) })).toBe('CREATE_COMPLETE');
  expect(aws.ssm.getParameter('copy')).toBe('monday');
});

test('a reference to a parameter that is not there fails the resource', async () => {
  const aws = new TestCloudFormation();
  expect(await aws.deploy({ Copy: parameter('{{resolve:ssm:/none}}') })).toBe('ROLLBACK_COMPLETE');
  expect(aws.reasonOf('Copy', 'CREATE_FAILED')).toContain('Unable to fetch parameters [/none]');
});

test('a value that changes in the parameter store is seen when the resource is updated for another reason', async () => {
  const aws = new TestCloudFormation();
  const value = '{{resolve:ssm:/team/day}}';
  aws.ssm.putParameter('/team/day', 'monday');
  await aws.deploy({ Thing: custom({ Value: value }) });
  aws.ssm.putParameter('/team/day', 'tuesday');
  await aws.deploy({ Thing: custom({ Value: value }), Other: parameter('x') });
  expect(aws.events.map(({ RequestType }) => RequestType)).toEqual(['Create']);
  await aws.deploy({ Thing: custom({ Value: value, Other: 'x' }), Other: parameter('x') });
  expect(aws.events.at(-1)).toMatchObject({ RequestType: 'Update', ResourceProperties: { Value: 'tuesday' } });
});
