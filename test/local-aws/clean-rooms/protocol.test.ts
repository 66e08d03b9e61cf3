import { account, partner, TestCleanRooms } from './test-clean-rooms';

let aws: TestCleanRooms;

beforeEach(async () => {
  aws = await TestCleanRooms.start();
});

afterEach(() => aws.stop());

describe("a request that breaks the API's model", () => {
  const jobParameters = (parameters: Record<string, string>) => ({ jobParameters: { analysisTemplateArn: aws.template.arn, parameters } });
  const worker = (type: 'CR.1X', number: number, spark?: Record<string, string>) => ({
    computeConfiguration: { worker: { type, number, properties: spark && { spark } } },
  });

  it.each<[string, () => object]>([
    ['type', () => ({ type: 'SQL' })],
    ['membershipIdentifier', () => ({ membershipIdentifier: aws.membership.id.toUpperCase() })],
    ['jobParameters', () => ({ jobParameters: undefined })],
    ['jobParameters.analysisTemplateArn', () => ({ jobParameters: { analysisTemplateArn: aws.membership.arn } })],
    ['jobParameters.parameters', () => jobParameters({ 'not-a-name': 'x' })],
    ['jobParameters.parameters', () => jobParameters({ x: 'x'.repeat(1001) })],
    ['jobParameters.parameters', () => jobParameters(Object.fromEntries([...Array(51).keys()].map((n) => [`p${n}`, ''])))],
    [
      'resultConfiguration.outputConfiguration.member.accountId',
      () => ({ resultConfiguration: { outputConfiguration: { member: { accountId: '1' } } } }),
    ],
    ['computeConfiguration.worker.number', () => worker('CR.1X', 3)],
    ['computeConfiguration.worker.number', () => worker('CR.1X', 1025)],
    ['computeConfiguration.worker.type', () => ({ computeConfiguration: { worker: { type: 'CR.2X', number: 4 } } })],
    ['computeConfiguration.worker.properties.spark', () => worker('CR.1X', 4, { x: 'x'.repeat(501) })],
  ])('names the field %s: %#', async (name, input) => {
    await expect(aws.client.send(aws.startCommand(input()))).rejects.toMatchObject({
      name: 'ValidationException',
      reason: 'FIELD_VALIDATION_FAILED',
      fieldList: [{ name }],
      $metadata: { httpStatusCode: 400 },
    });
    expect(aws.service.jobs()).toHaveLength(0);
  });

  it('never repeats the value of a parameter in the error', async () => {
    await expect(aws.start(jobParameters({ x: 'secret'.repeat(200) }))).rejects.not.toThrow(/secret/);
  });

  const raw = (body: object) =>
    aws.service.handle({
      method: 'POST',
      host: 'cleanrooms',
      path: `/memberships/${aws.membership.id}/protectedJobs`,
      query: new URLSearchParams(),
      headers: {},
      caller: {},
      body: Buffer.from(JSON.stringify({ type: 'PYSPARK', jobParameters: { analysisTemplateArn: aws.template.arn }, ...body })),
    });

  it('refuses unknown members, wrong types and unions with two members', async () => {
    await expect(raw({ clientToken: 'x' })).rejects.toThrow('clientToken: Member is not known');
    await expect(raw({ resultConfiguration: 'x' })).rejects.toThrow('resultConfiguration: Expected an object');
    await expect(raw({ resultConfiguration: { outputConfiguration: {} } })).rejects.toThrow('Exactly one member of the union');
    await expect(raw({ computeConfiguration: { worker: { type: 'CR.1X', number: '4' } } })).rejects.toThrow('number: Expected a number');
  });

  it('takes the payer, which the client does not know yet, if it is a member', async () => {
    await expect(raw({ jobComputePayerAccountId: '12' })).rejects.toThrow('jobComputePayerAccountId');
    await expect(raw({ jobComputePayerAccountId: partner })).rejects.toThrow('is not a member of the collaboration');
    await raw({ jobComputePayerAccountId: account.accountId });
    expect(aws.service.jobs()[0].payerAccountId).toBe(account.accountId);
  });
});
