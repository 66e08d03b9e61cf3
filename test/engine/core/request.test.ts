import { serviceTimeoutSeconds, timeoutSeconds, understand } from '../../../src/engine/core/request';
import { jobProperties, MEMBERSHIP_ID, requestEvent, SECRET, TEMPLATE_ARN } from '../fakes/events';

function runKey(properties: Readonly<Record<string, unknown>> = {}): string {
  const { job } = understand(requestEvent('Create', properties));
  return job.valid ? job.runKey : `invalid: ${job.problems}`;
}

describe('a run key', () => {
  test('never changes for the same inputs, whatever version of the library hashes them', () => {
    expect(runKey({ Parameters: undefined })).toBe('7026d32b751e7d589785bb0504b4d55459dd3e80cc4b5ac4607fcf8ffb193503');
    expect(
      runKey({
        Parameters: { b: '2', a: '1' },
        WorkerType: 'CR.4X',
        WorkerNumber: '8',
        SparkProperties: { 'spark.sql.shuffle.partitions': '64' },
        ResultReceiverAccountId: '444455556666',
        Triggers: { at: 'now' },
      }),
    ).toBe('ad1ec1237ec3e5962a501bba6129ccdb5f3fb9e24023f516e847e134be43f086');
  });

  test('does not depend on the order of parameters', () => {
    expect(runKey({ Parameters: { a: '1', b: '2' } })).toBe(runKey({ Parameters: { b: '2', a: '1' } }));
  });

  test('is the same for empty and for absent parameters', () => {
    expect(runKey({ Parameters: {} })).toBe(runKey({ Parameters: undefined }));
  });

  test('does not depend on settings', () => {
    expect(runKey({ Timeout: '600' })).toBe(runKey({ Timeout: '1200' }));
  });

  test.each([
    { MembershipIdentifier: '99999999-2222-4333-8444-555555555555' },
    { AnalysisTemplateArn: TEMPLATE_ARN.replace('66666666', '77777777') },
    { Parameters: { segment: '' } },
    { Parameters: { other: SECRET } },
    { WorkerType: 'CR.1X', WorkerNumber: '16' },
    { ResultReceiverAccountId: '444455556666' },
    { Triggers: { at: 'now' } },
    { Type: 'SPARK_SQL' },
  ])('depends on each input: %o', (properties) => {
    expect(runKey(properties)).not.toBe(runKey());
  });
});

describe('a request', () => {
  test('has the same key when it is delivered again, and another with a fresh response URL', () => {
    const event = requestEvent('Create');
    expect(understand({ ...event }).key).toBe(understand(event).key);
    expect(understand({ ...event, ResponseURL: `${event.ResponseURL}0` }).key).not.toBe(understand(event).key);
    expect(understand({ ...event, RequestId: 'other' }).key).not.toBe(understand(event).key);
  });

  test('to create derives a physical ID that is stable for the resource', () => {
    const { physicalResourceId } = understand(requestEvent('Create'));
    expect(understand(requestEvent('Create')).physicalResourceId).toBe(physicalResourceId);
    expect(understand(requestEvent('Create', {}, { LogicalResourceId: 'Other' })).physicalResourceId).not.toBe(physicalResourceId);
  });

  test('to update or delete keeps the physical ID that it brings', () => {
    const event = requestEvent('Update', {}, { PhysicalResourceId: 'as before' });
    expect(understand(event).physicalResourceId).toBe('as before');
  });

  test('waits for the job as long as it says, and leaves CloudFormation 5 minutes more', () => {
    const request = understand(requestEvent('Create', { Timeout: '600' }));
    expect(timeoutSeconds(request)).toBe(600);
    expect(serviceTimeoutSeconds(request)).toBe(900);
  });

  test.each([
    [{ Timeout: 'soon' }, 'Timeout: "soon" is not a whole number in decimal digits'],
    [{ Timeout: '43201', SliceNumber: '1', SliceCount: '14' }, 'timeout: 43201 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'],
    [{ Timeout: '3301' }, "timeout: 3301 seconds, where the stack's resources can wait for 3300; a longer one must be known at synth"],
    [
      { Timeout: '6601', SliceNumber: '1', SliceCount: '2' },
      "timeout: 6601 seconds, where the stack's resources can wait for 6600; a longer one must be known at synth",
    ],
    [{ SliceNumber: '3', SliceCount: '2' }, 'timeout: 3 of 2 is no slice of it; do not change the template that this library makes'],
    [{ SliceNumber: '0', SliceCount: '2' }, 'timeout: 0 of 2 is no slice of it; do not change the template that this library makes'],
    [{ SliceNumber: '1', SliceCount: '15' }, 'timeout: 1 of 15 is no slice of it; do not change the template that this library makes'],
    [{ SliceNumber: 'two', SliceCount: '2' }, 'SliceNumber: "two" is not a whole number in decimal digits'],
    [{ JobLogicalId: '../Other' }, /^JobLogicalId: /],
    [{ MembershipIdentifier: undefined }, 'MembershipIdentifier: Invalid input: expected string, received undefined'],
    [{ Parameters: { days: { nested: SECRET } } }, 'Parameters.days: Invalid input: expected string, received object'],
    [{ Parameters: { days: 'x'.repeat(1001) } }, 'parameters.days: a value of 1001 characters, where 0 to 1000 are allowed'],
    [{ AnalysisTemplateArn: 'arn:aws:s3:::bucket' }, /^analysisTemplate: "arn:aws:s3:::bucket" \(19 characters\) is not an analysis template ARN of at most 200 characters/],
  ])('with %o is not valid, and says why', (properties, problems) => {
    const { job } = understand(requestEvent('Create', properties));
    expect(job).toEqual({ valid: false, problems: typeof problems === 'string' ? problems : expect.stringMatching(problems) });
  });

  test('has the inputs of the job with numbers as numbers', () => {
    const { job } = understand(requestEvent('Create', { WorkerType: 'CR.1X', WorkerNumber: '16', Timeout: '600' }));
    expect(job).toMatchObject({
      valid: true,
      inputs: {
        type: 'PYSPARK',
        membershipIdentifier: MEMBERSHIP_ID,
        parameters: jobProperties().Parameters,
        workerNumber: 16,
        timeoutSeconds: 600,
      },
    });
  });
});
