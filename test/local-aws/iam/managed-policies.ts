/** The AWS managed policies that Lambda functions and state machines of the CDK attach, as IAM publishes them. */

const allow = (actions: readonly string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

const logging = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/** By the part of the ARN after `arn:PARTITION:iam::aws:policy/`. */
export const awsManagedPolicies: Readonly<Record<string, object>> = {
  'AdministratorAccess': allow(['*']),
  'service-role/AWSLambdaBasicExecutionRole': allow(logging),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([
    ...logging,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
  'AWSXRayDaemonWriteAccess': allow([
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ]),
  'AmazonS3ReadOnlyAccess': allow(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*']),
  'CloudWatchLambdaInsightsExecutionRolePolicy': allow(logging),
  // The two policies of the CDK's bootstrap roles. The second one has hundreds of services, and only these are here.
  'AWSCloudFormationReadOnlyAccess': allow([
    'cloudformation:Describe*',
    'cloudformation:EstimateTemplateCost',
    'cloudformation:Get*',
    'cloudformation:List*',
    'cloudformation:ValidateTemplate',
    'cloudformation:Detect*',
  ]),
  'ReadOnlyAccess': allow([
    'cleanrooms:BatchGet*',
    'cleanrooms:Get*',
    'cleanrooms:List*',
    'cloudformation:Describe*',
    'cloudformation:Get*',
    'cloudformation:List*',
    'dynamodb:BatchGet*',
    'dynamodb:Describe*',
    'dynamodb:Get*',
    'dynamodb:List*',
    'dynamodb:Query',
    'dynamodb:Scan',
    'iam:Get*',
    'iam:List*',
    'lambda:Get*',
    'lambda:List*',
    'logs:Describe*',
    'logs:Get*',
    's3:Get*',
    's3:List*',
    's3:Describe*',
    'ssm:Describe*',
    'ssm:Get*',
    'ssm:List*',
    'states:Describe*',
    'states:List*',
    'sts:GetCallerIdentity',
    'sts:GetAccessKeyInfo',
  ]),
};
