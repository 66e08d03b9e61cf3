import { type RequestEvent } from '../../../src/engine/core/request';

export const MEMBERSHIP_ID = '11111111-2222-4333-8444-555555555555';
export const TEMPLATE_ARN = `arn:aws:cleanrooms:us-east-1:111122223333:membership/${MEMBERSHIP_ID}/analysistemplate/66666666-7777-4888-8999-000000000000`;
export const SECRET = 'a-secret-value-of-a-parameter';

let count = 0;

/** A request as CloudFormation sends it: every one has an ID and a response URL of its own. */
export function requestEvent(
  RequestType: RequestEvent['RequestType'],
  properties: Readonly<Record<string, unknown>> = {},
  envelope: Partial<RequestEvent> = {},
): RequestEvent {
  count += 1;
  return {
    RequestType,
    RequestId: `request-${count}`,
    ResponseURL: `https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/response-${count}?X-Amz-Signature=5ec4e7`,
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/analytics/0a1b2c3d',
    LogicalResourceId: 'Uplift',
    PhysicalResourceId: RequestType === 'Create' ? undefined : 'protected-job-1',
    ResourceProperties: jobProperties(properties),
    ...envelope,
  };
}

export function jobProperties(properties: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    Type: 'PYSPARK',
    MembershipIdentifier: MEMBERSHIP_ID,
    AnalysisTemplateArn: TEMPLATE_ARN,
    Parameters: { segment: SECRET },
    Timeout: '3300',
    ...properties,
  };
}
