import { findAnalysisTemplateArnProblems, findMembershipIdentifierProblems, findProblems } from '../../src/contract/input-rules';
import { type JobInputs } from '../../src/contract/job-inputs';
import { MEMBERSHIP_ID, TEMPLATE_ARN } from '../fixtures';

const valid: JobInputs = {
  type: 'PYSPARK',
  membershipIdentifier: MEMBERSHIP_ID,
  analysisTemplateArn: TEMPLATE_ARN,
  timeoutSeconds: 3300,
};

const worker = { workerType: 'CR.1X', workerNumber: 16 };

const entries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name_${index}`, 'value']));

/** A well-formed ARN of so many characters. */
const arnOfLength = (length: number): string => {
  const start = `arn:aws:cleanrooms:eu-central-1:111122223333:membership/${MEMBERSHIP_ID}/analysistemplate/`;
  return start + 'a'.repeat(length - start.length);
};

const arnIn = (partition: string, region: string): string =>
  `arn:${partition}:cleanrooms:${region}:111122223333:membership/${MEMBERSHIP_ID}/analysistemplate/${MEMBERSHIP_ID}`;

test('finds no problem in the fewest inputs', () => {
  expect(findProblems(valid)).toEqual([]);
});

test.each<[string, Partial<JobInputs>]>([
  ['type PYSPARK', { type: 'PYSPARK' }],
  ['a type that the library does not know', { type: 'PYSPARK_2' }],
  ['a type of 64 characters', { type: 'A'.repeat(64) }],
  ['a template in ap-southeast-1', { analysisTemplateArn: arnIn('aws', 'ap-southeast-1') }],
  ['a template in cn-north-1', { analysisTemplateArn: arnIn('aws-cn', 'cn-north-1') }],
  ['a template in cn-northwest-1', { analysisTemplateArn: arnIn('aws-cn', 'cn-northwest-1') }],
  ['a template ARN of 200 characters', { analysisTemplateArn: arnOfLength(200) }],
  ['a poll interval of 10 seconds', { pollIntervalSeconds: 10 }],
  ['a poll interval of a minute', { pollIntervalSeconds: 60 }],
  ['a compute payer', { computePayer: '444455556666' }],
  ['no parameters', { parameters: {} }],
  ['49 parameters', { parameters: entries(49) }],
  ['50 parameters', { parameters: entries(50) }],
  ['a parameter name of 1 character', { parameters: { a: 'x' } }],
  ['a parameter name of 100 characters', { parameters: { ['a'.repeat(100)]: 'x' } }],
  ['a parameter name of all kinds of characters', { parameters: { aZ_09: 'x' } }],
  ['an empty parameter value', { parameters: { a: '' } }],
  ['a parameter value of 1000 characters', { parameters: { a: 'x'.repeat(1000) } }],
  ['a parameter value of any characters', { parameters: { a: 'über\n"\u{1F600}' } }],
  ['a parameter that refers to one of SSM, which CloudFormation resolves', { parameters: { day: '{{resolve:ssm:/team/day}}' } }],
  ['parameter names that objects inherit', { parameters: { constructor: 'x', toString: 'x', __proto: 'x', proto__: 'x', ___proto__: 'x', __proto___: 'x' } }],
  ['4 workers', { ...worker, workerNumber: 4 }],
  ['1024 workers', { ...worker, workerNumber: 1024 }],
  ['workers of CR.4X', { ...worker, workerType: 'CR.4X' }],
  ['a worker type that the library does not know', { ...worker, workerType: 'CR.16X' }],
  ['no Spark properties', { ...worker, sparkProperties: {} }],
  ['no Spark properties and no worker', { sparkProperties: {} }],
  ['50 Spark properties', { ...worker, sparkProperties: entries(50) }],
  ['a Spark property name of 1 character', { ...worker, sparkProperties: { a: 'x' } }],
  ['a Spark property name of 200 characters', { ...worker, sparkProperties: { ['spark.'.padEnd(200, 'a')]: 'x' } }],
  ['an empty Spark property value', { ...worker, sparkProperties: { 'spark.a': '' } }],
  ['a Spark property value of 500 characters', { ...worker, sparkProperties: { 'spark.a': 'x'.repeat(500) } }],
  ['a result receiver of 12 digits', { resultReceiver: '000000000001' }],
  ['no triggers', { triggers: {} }],
  ['49 triggers', { triggers: entries(49) }],
  ['50 triggers', { triggers: entries(50) }],
  ['an empty trigger value', { triggers: { a: '' } }],
  ['a trigger value of 1000 characters', { triggers: { a: 'x'.repeat(1000) } }],
  ['a trigger name and value of any characters', { triggers: { 'über\n"': 'über\n"' } }],
  ['a timeout of 60 seconds', { timeoutSeconds: 60 }],
  ['a timeout of 43200 seconds', { timeoutSeconds: 43200 }],
])('allows %s', (_, inputs) => {
  expect(findProblems({ ...valid, ...inputs })).toEqual([]);
});

const MEMBERSHIP_RULE = 'is not a membership ID, a UUID of 36 characters in lower case';
const ARN_RULE = 'is not an analysis template ARN of at most 200 characters, arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/analysistemplate/<ID>';
const PARAMETER_NAME_RULE = 'is not a parameter name, 1 to 100 letters, digits and underscores';
const RECEIVER_RULE = 'is not an AWS account ID of 12 digits';
const TYPE_RULE = 'is not a job type in capital letters, such as PYSPARK';
const WORKER_TYPE_RULE = 'is not a worker type, such as CR.1X or CR.4X';

test.each<[string, Partial<JobInputs>, string]>([
  ['an empty type', { type: '' }, `type: "" (0 characters) ${TYPE_RULE}`],
  ['a type in lower case', { type: 'pyspark' }, `type: "pyspark" (7 characters) ${TYPE_RULE}`],
  ['a type of 65 characters', { type: 'A'.repeat(65) }, `type: "${'A'.repeat(60)}…" (65 characters) ${TYPE_RULE}`],

  ['an empty membership ID', { membershipIdentifier: '' }, `membership: "" (0 characters) ${MEMBERSHIP_RULE}`],
  [
    'a membership ID in upper case',
    { membershipIdentifier: MEMBERSHIP_ID.toUpperCase() },
    `membership: "${MEMBERSHIP_ID.toUpperCase()}" (36 characters) ${MEMBERSHIP_RULE}; write it in lower case`,
  ],
  [
    'a membership ID of 35 characters',
    { membershipIdentifier: MEMBERSHIP_ID.slice(1) },
    `membership: "${MEMBERSHIP_ID.slice(1)}" (35 characters) ${MEMBERSHIP_RULE}`,
  ],
  [
    'a membership ID of 37 characters',
    { membershipIdentifier: `${MEMBERSHIP_ID}0` },
    `membership: "${MEMBERSHIP_ID}0" (37 characters) ${MEMBERSHIP_RULE}`,
  ],
  [
    'a membership ID with a line break at its end',
    { membershipIdentifier: `${MEMBERSHIP_ID}\n` },
    `membership: "${MEMBERSHIP_ID}?" (37 characters) ${MEMBERSHIP_RULE}`,
  ],
  [
    'a membership ID whose dashes are elsewhere',
    { membershipIdentifier: '0f1e2d3c4-b5a-4678-90ab-cdef12345678' },
    `membership: "0f1e2d3c4-b5a-4678-90ab-cdef12345678" (36 characters) ${MEMBERSHIP_RULE}`,
  ],

  ['a template ARN of 201 characters', { analysisTemplateArn: arnOfLength(201) }, 'analysisTemplate: "arn:aws:cleanrooms:eu-central-1:111122223333:membership/0f1e…" (201 characters) is not an analysis template ARN of at most 200 characters, arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/analysistemplate/<ID>'],
  [
    'a template ID in place of its ARN',
    { analysisTemplateArn: MEMBERSHIP_ID },
    `analysisTemplate: "${MEMBERSHIP_ID}" (36 characters) ${ARN_RULE}; this is an ID: pass the whole ARN, as the console and CloudFormation ` +
      '(attrArn) show it',
  ],
  [
    'the ARN of a membership',
    { analysisTemplateArn: 'arn:aws:cleanrooms:eu-central-1:111122223333:membership/a' },
    `analysisTemplate: "arn:aws:cleanrooms:eu-central-1:111122223333:membership/a" (57 characters) ${ARN_RULE}; this is the ARN of a resource of kind "membership"`,
  ],
  [
    'the ARN of a template with a short account ID',
    { analysisTemplateArn: 'arn:aws:cleanrooms:eu-central-1:11112222333:membership/a/analysistemplate/b' },
    `analysisTemplate: "arn:aws:cleanrooms:eu-central-1:11112222333:membership/a/ana…" (75 characters) ${ARN_RULE}`,
  ],
  [
    'the ARN of another service',
    { analysisTemplateArn: 'arn:aws:glue:eu-central-1:111122223333:membership/a/analysistemplate/b' },
    `analysisTemplate: "arn:aws:glue:eu-central-1:111122223333:membership/a/analysis…" (70 characters) ${ARN_RULE}`,
  ],
  [
    'an ARN of no AWS partition',
    { analysisTemplateArn: 'arn:azure:cleanrooms:eu-central-1:111122223333:membership/a/analysistemplate/b' },
    `analysisTemplate: "arn:azure:cleanrooms:eu-central-1:111122223333:membership/a/…" (78 characters) ${ARN_RULE}`,
  ],

  ['51 parameters', { parameters: entries(51) }, 'parameters: 51 entries, where at most 50 are allowed'],
  ['an empty parameter name', { parameters: { '': 'x' } }, `parameters: "" (0 characters) ${PARAMETER_NAME_RULE}`],
  [
    'a parameter name of 101 characters',
    { parameters: { ['a'.repeat(101)]: 'x' } },
    `parameters: "${'a'.repeat(60)}…" (101 characters) ${PARAMETER_NAME_RULE}`,
  ],
  ['a parameter name with a dash', { parameters: { 'a-b': 'x' } }, `parameters: "a-b" (3 characters) ${PARAMETER_NAME_RULE}`],
  [
    'a parameter value of 1001 characters',
    { parameters: { start_date: 'x'.repeat(1001) } },
    'parameters.start_date: a value of 1001 characters, where 0 to 1000 are allowed',
  ],
  [
    'a parameter name that objects lose',
    { parameters: Object.fromEntries([['__proto__', 'x']]) },
    `parameters: "__proto__" (9 characters) ${PARAMETER_NAME_RULE}`,
  ],
  [
    'a trigger name that objects lose',
    { triggers: Object.fromEntries([['__proto__', 'x']]) },
    'triggers: "__proto__" (9 characters) is not a name of 1 to 100 characters',
  ],
  [
    'a Spark property name that objects lose',
    { workerType: 'CR.1X', workerNumber: 4, sparkProperties: Object.fromEntries([['__proto__', 'x']]) },
    'worker.sparkProperties: "__proto__" (9 characters) is not a property name of 1 to 200 characters',
  ],
  ['a parameter value that is null', { parameters: JSON.parse('{ "start_date": null }') }, 'parameters.start_date: no value, where a text is expected'],

  ['3 workers', { ...worker, workerNumber: 3 }, 'worker.number: 3 is not a whole number from 4 to 1024 (workers)'],
  ['1025 workers', { ...worker, workerNumber: 1025 }, 'worker.number: 1025 is not a whole number from 4 to 1024 (workers)'],
  ['4.5 workers', { ...worker, workerNumber: 4.5 }, 'worker.number: 4.5 is not a whole number from 4 to 1024 (workers)'],
  ['workers that are no number', { ...worker, workerNumber: NaN }, 'worker.number: NaN is not a whole number from 4 to 1024 (workers)'],
  ['an empty worker type', { ...worker, workerType: '' }, `worker.type: "" (0 characters) ${WORKER_TYPE_RULE}`],
  ['a worker type in lower case', { ...worker, workerType: 'cr.1x' }, `worker.type: "cr.1x" (5 characters) ${WORKER_TYPE_RULE}`],
  ['a worker type without a number', { workerType: 'CR.1X' }, 'worker: type and number belong together; set both or neither'],
  ['a worker number without a type', { workerNumber: 4 }, 'worker: type and number belong together; set both or neither'],
  [
    'Spark properties without a worker',
    { sparkProperties: { 'spark.a': 'x' } },
    'worker.sparkProperties: they need a worker type and a worker number',
  ],
  ['51 Spark properties', { ...worker, sparkProperties: entries(51) }, 'worker.sparkProperties: 51 entries, where at most 50 are allowed'],
  [
    'an empty Spark property name',
    { ...worker, sparkProperties: { '': 'x' } },
    'worker.sparkProperties: "" (0 characters) is not a property name of 1 to 200 characters',
  ],
  [
    'a Spark property name of 201 characters',
    { ...worker, sparkProperties: { ['a'.repeat(201)]: 'x' } },
    `worker.sparkProperties: "${'a'.repeat(60)}…" (201 characters) is not a property name of 1 to 200 characters`,
  ],
  [
    'a Spark property value of 501 characters',
    { ...worker, sparkProperties: { 'spark.a': 'x'.repeat(501) } },
    'worker.sparkProperties.spark.a: a value of 501 characters, where 0 to 500 are allowed',
  ],

  ['an empty result receiver', { resultReceiver: '' }, `resultReceiver: "" (0 characters) ${RECEIVER_RULE}`],
  ['a result receiver of 11 digits', { resultReceiver: '1'.repeat(11) }, `resultReceiver: "11111111111" (11 characters) ${RECEIVER_RULE}`],
  ['a result receiver of 13 digits', { resultReceiver: '1'.repeat(13) }, `resultReceiver: "1111111111111" (13 characters) ${RECEIVER_RULE}`],
  ['a result receiver with dashes', { resultReceiver: '1111-2222-33' }, `resultReceiver: "1111-2222-33" (12 characters) ${RECEIVER_RULE}`],

  [
    'a result receiver with spaces',
    { resultReceiver: '1111 2222 3333' },
    `resultReceiver: "1111 2222 3333" (14 characters) ${RECEIVER_RULE}; write the digits only`,
  ],
  [
    'a result receiver that is an ARN',
    { resultReceiver: 'arn:aws:iam::111122223333:root' },
    `resultReceiver: "arn:aws:iam::111122223333:root" (30 characters) ${RECEIVER_RULE}; of this ARN pass the account ID, its fifth part`,
  ],
  [
    'a timeout of a day',
    { timeoutSeconds: 86_400 },
    'timeout: 1 day (86400 seconds) is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds',
  ],
  ['a parameter that is a list', { parameters: JSON.parse('{ "day": ["mon"] }') }, 'parameters.day: a list, where a text is expected'],
  ['a parameter that is a boolean', { parameters: JSON.parse('{ "day": true }') }, 'parameters.day: a boolean, where a text is expected'],

  ['51 triggers', { triggers: entries(51) }, 'triggers: 51 entries, where at most 50 are allowed'],
  [
    'a trigger value of 1001 characters',
    { triggers: { month: 'x'.repeat(1001) } },
    'triggers.month: a value of 1001 characters, where 0 to 1000 are allowed',
  ],
  [
    'a trigger value of 1001 characters under a long name',
    { triggers: { ['a'.repeat(61)]: 'x'.repeat(1001) } },
    `triggers.${'a'.repeat(60)}…: a value of 1001 characters, where 0 to 1000 are allowed`,
  ],
  [
    'a parameter that refers to a secret',
    { parameters: { key: '{{resolve:secretsmanager:team/key:SecretString:k::}}' } },
    'parameters.key: {{resolve:secretsmanager:…}} refers to a secret, which CloudFormation does not resolve in custom resources; a job takes no ' +
      'secrets: use ssm.StringParameter.valueForStringParameter() for what is none',
  ],
  [
    'a trigger with a reference to a secret in it',
    { triggers: { key: 'key={{resolve:ssm-secure:/team/key:1}}' } },
    'triggers.key: {{resolve:ssm-secure:…}} refers to a secret, which CloudFormation does not resolve in custom resources; a job takes no ' +
      'secrets: use ssm.StringParameter.valueForStringParameter() for what is none',
  ],
  [
    'a Spark property that refers to a secret',
    { ...worker, sparkProperties: { 'spark.key': '{{resolve:secretsmanager:key}}' } },
    'worker.sparkProperties.spark.key: {{resolve:secretsmanager:…}} refers to a secret, which CloudFormation does not resolve in custom resources; ' +
      'a job takes no secrets: use ssm.StringParameter.valueForStringParameter() for what is none',
  ],
  [
    'a membership ID that is a literal reference to a parameter',
    { membershipIdentifier: '{{resolve:ssm:/team/membership}}' },
    'membership: {{resolve:ssm:…}} is a dynamic reference; keep the value in an SSM parameter of type String and pass ' +
      'ssm.StringParameter.valueForStringParameter(), whose value must be a membership ID, a UUID of 36 characters in lower case',
  ],
  [
    'a result receiver that refers to a secret',
    { resultReceiver: '{{resolve:secretsmanager:receiver}}' },
    'resultReceiver: {{resolve:secretsmanager:…}} is a dynamic reference; keep the value in an SSM parameter of type String and pass ' +
      'ssm.StringParameter.valueForStringParameter(), whose value must be an AWS account ID of 12 digits',
  ],
  ['a trigger value that is null', { triggers: JSON.parse('{ "month": null }') }, 'triggers.month: no value, where a text is expected'],
  ['a trigger value that is a number', { triggers: JSON.parse('{ "month": 10 }') }, 'triggers.month: a number, where a text is expected'],

  ['a timeout of 0 seconds', { timeoutSeconds: 0 }, 'timeout: 0 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
  ['a timeout of 59 seconds', { timeoutSeconds: 59 }, 'timeout: 59 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
  ['a timeout of 43201 seconds', { timeoutSeconds: 43201 }, 'timeout: 43201 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
  ['a timeout of 60.5 seconds', { timeoutSeconds: 60.5 }, 'timeout: 60.5 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
  ['a timeout that is no number', { timeoutSeconds: NaN }, 'timeout: NaN seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
])('names the prop, the shape and the rule of %s', (_, inputs, problem) => {
  expect(findProblems({ ...valid, ...inputs })).toEqual([problem]);
});

const ALL_WRONG: JobInputs = {
  type: 'sql',
  membershipIdentifier: 'membership',
  analysisTemplateArn: 'template',
  parameters: { 'a-b': 'x', 'c': 'x'.repeat(1001) },
  workerType: 'large',
  workerNumber: 1,
  sparkProperties: { 'spark.a': 'x'.repeat(501) },
  resultReceiver: 'partner',
  triggers: { month: 'x'.repeat(1001) },
  timeoutSeconds: 1,
};

test('reports all problems at once, in the order of the props', () => {
  expect(findProblems(ALL_WRONG).map((problem) => problem.slice(0, problem.indexOf(':')))).toEqual([
    'type',
    'membership',
    'analysisTemplate',
    'parameters',
    'parameters.c',
    'worker.type',
    'worker.number',
    'worker.sparkProperties.spark.a',
    'resultReceiver',
    'triggers.month',
    'timeout',
  ]);
});

test('does not check what is not known yet', () => {
  expect(findProblems(ALL_WRONG, () => false)).toEqual([]);
});

test('checks the known values beside those that are not', () => {
  expect(findProblems(ALL_WRONG, (value) => value === 'partner')).toEqual([`resultReceiver: "partner" (7 characters) ${RECEIVER_RULE}`]);
});

test.each(['parameters', 'triggers'])('counts entries of %s also where their values are not known', (prop) => {
  expect(findProblems({ ...valid, [prop]: entries(51) }, () => false)).toEqual([`${prop}: 51 entries, where at most 50 are allowed`]);
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['is too long', { a: 'secret'.repeat(200) }],
  ['has a bad name', { 'a-b': 'secret' }],
  ['is too long and has a bad name', { 'a-b': 'secret'.repeat(200) }],
  ['has a name that is too long', { ['a'.repeat(101)]: 'secret' }],
  ['is one of too many', Object.fromEntries(Object.keys(entries(51)).map((name) => [name, 'secret']))],
])('never shows the value of a parameter that %s', (_, parameters) => {
  const problems = findProblems({ ...ALL_WRONG, parameters });

  expect(problems.filter((problem) => problem.startsWith('parameters'))).not.toEqual([]);
  expect(problems.join('\n')).not.toContain('secret');
});

test('never shows the value of a trigger that is too long', () => {
  const problems = findProblems({ ...valid, triggers: { month: 'secret'.repeat(200) } });

  expect(problems).toEqual(['triggers.month: a value of 1200 characters, where 0 to 1000 are allowed']);
});

test('shows a value as one short line of plain characters', () => {
  const [problem] = findProblems({ ...valid, type: `a\r\n\u001b[31mö${'b'.repeat(100)}` });

  expect(problem).toBe(`type: "a???[31m?${'b'.repeat(51)}…" (109 characters) ${TYPE_RULE}`);
});

test.each(['', 'membership', MEMBERSHIP_ID.toUpperCase(), MEMBERSHIP_ID])('has the same rule for the membership ID "%s" alone', (membershipIdentifier) => {
  expect(findMembershipIdentifierProblems(membershipIdentifier, () => true)).toEqual(findProblems({ ...valid, membershipIdentifier }));
});

test.each(['', 'template', arnOfLength(201), TEMPLATE_ARN])('has the same rule for the template ARN "%s" alone', (analysisTemplateArn) => {
  expect(findAnalysisTemplateArnProblems(analysisTemplateArn, () => true)).toEqual(findProblems({ ...valid, analysisTemplateArn }));
});

describe('parameters, Spark properties and triggers together', () => {
  /** Each value is within its own limit, and takes three bytes per character. */
  const wide = (count: number, length: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, '€'.repeat(length)]));

  test('may be as large as the ledger has room for', () => {
    expect(findProblems({ ...valid, ...worker, parameters: wide(50, 1000), triggers: wide(50, 1000), sparkProperties: wide(30, 500) })).toEqual([]);
  });

  test('may not be larger, although each is within its own limit', () => {
    expect(findProblems({ ...valid, ...worker, parameters: wide(50, 1000), triggers: wide(50, 1000), sparkProperties: wide(50, 500) })).toEqual([
      'parameters, worker.sparkProperties, triggers: 375420 bytes of names and values in UTF-8, where at most 350000 are allowed together; ' +
        'put large values into an S3 object or a table, and pass where they are',
    ]);
  });
});
