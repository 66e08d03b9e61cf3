import { pass, task, TestStepFunctions } from './test-step-functions';

let aws: TestStepFunctions;

beforeEach(async () => {
  aws = await TestStepFunctions.create();
});

afterEach(() => aws.stop());

describe('definitions that are refused', () => {
  const good = { StartAt: 'A', States: { A: pass() } };
  it.each<[string, unknown]>([
    ['JSONPath only, not JSONata', { ...good, QueryLanguage: 'JSONata' }],
    ["Field 'Assign' is not supported at /States/A", { StartAt: 'A', States: { A: pass({ Assign: {} }) } }],
    ["Field 'Nonsense' is not supported at /States/A", { StartAt: 'A', States: { A: pass({ Nonsense: 1 }) } }],
    ['no state type "Parallel"', { StartAt: 'A', States: { A: { Type: 'Parallel', End: true } } }],
    ["exactly one of them: ['Next', 'End']", { StartAt: 'A', States: { A: { Type: 'Pass' } } }],
    ["Missing 'Next' target: B", { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } }],
    ["Missing 'Next' target: X", { ...good, StartAt: 'X' }],
    ['State "B" is not reachable', { StartAt: 'A', States: { A: pass(), B: pass() } }],
    ['not a Reference Path at /States/A/ResultPath', { StartAt: 'A', States: { A: pass({ ResultPath: '$.a[*]' }) } }],
    ['valid JSONPath', { StartAt: 'A', States: { A: pass({ Parameters: { 'x.$': 'plain' } }) } }],
    ['no intrinsic function States.Hash', { StartAt: 'A', States: { A: pass({ Parameters: { 'x.$': "States.Hash($.a, 'MD5')" } }) } }],
    ['invoke Lambda functions only', { StartAt: 'A', States: { A: task({ Resource: 'arn:aws:states:::sns:publish' }) } }],
    ["'FunctionName' is required", { StartAt: 'A', States: { A: task({ Resource: 'arn:aws:states:::lambda:invoke', Parameters: {} }) } }],
    ['alone and last', { StartAt: 'A', States: { A: task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] }) } }],
    [
      'at least 1 at /States/A/Retry[0]/IntervalSeconds',
      { StartAt: 'A', States: { A: task({ Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 0 }] }) } },
    ],
    ['Exactly one of Seconds', { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1, SecondsPath: '$.x', End: true } } }],
    [
      'exactly one comparison operator',
      { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$.x', StringIs: 'x', Next: 'B' }] }, B: pass() } },
    ],
    [
      "MISSING 'Next' at /States/A/Choices[0]",
      { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$.x', IsNull: true }], Default: 'B' }, B: pass() } },
    ],
  ])('%s', async (message, definition) => {
    await expect(aws.define(definition)).rejects.toMatchObject({ code: 'InvalidDefinition', message: expect.stringContaining(message) });
  });

  it('are refused also when they are no JSON', async () => {
    await expect(aws.define({}, { DefinitionString: '{' })).rejects.toThrow('not valid JSON');
  });
});
