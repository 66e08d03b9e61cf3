import { Duration, type Stack, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import recommendedFeatureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { AnalysisTemplate, Membership, ProtectedJobDashboard, ProtectedJobRunner } from '../../src';
import { ACCOUNT, JobStack, MEMBERSHIP_ID, newApp, TEMPLATE_ID } from '../fixtures';

interface Place {
  readonly partition: string;
  readonly region: string;
  readonly urlSuffix: string;
}

const PLACES: readonly Place[] = [
  { partition: 'aws', region: 'eu-central-1', urlSuffix: 'amazonaws.com' },
  { partition: 'aws-cn', region: 'cn-north-1', urlSuffix: 'amazonaws.com.cn' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', urlSuffix: 'amazonaws.com' },
];

/** A runner with all that has ARNs, and a job with a membership and a template of the place. */
function stackIn(place: Place, env: Environment | undefined, featureFlags: Record<string, unknown>): Stack {
  const stack = new JobStack(newApp(featureFlags), 'Stack', { env });
  const runner = new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1, restrictDefaultSecurityGroup: false }),
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    encryptionKey: new kms.Key(stack, 'Key'),
  });
  new ProtectedJobDashboard(stack, 'Dashboard', { runner });
  stack.addJob('Uplift', {
    membership: Membership.fromMembershipId(stack, 'MembershipThere', MEMBERSHIP_ID),
    analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(
      stack,
      'TemplateThere',
      `arn:${place.partition}:cleanrooms:${place.region}:${ACCOUNT}:membership/${MEMBERSHIP_ID}/analysistemplate/${TEMPLATE_ID}`,
    ),
    timeout: Duration.hours(2),
  });
  return stack;
}

/** What CloudFormation makes of the template there, with the joins of texts joined. */
function deployed(stack: Stack, place: Place): string {
  const pseudoParameters: Readonly<Record<string, string>> = {
    'AWS::Partition': place.partition,
    'AWS::Region': place.region,
    'AWS::AccountId': ACCOUNT,
    'AWS::URLSuffix': place.urlSuffix,
  };
  return JSON.stringify(Template.fromStack(stack).toJSON().Resources, (_, value: unknown) => joined(value, pseudoParameters));
}

/** JSON.stringify asks from the outside in, so the parts are looked at here. */
function joined(value: unknown, pseudoParameters: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if ('Ref' in value && typeof value.Ref === 'string') {
    return pseudoParameters[value.Ref] ?? value;
  }
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: unknown[] = value['Fn::Join'];
    return Array.isArray(parts) ? parts.map((part) => textOf(joined(part, pseudoParameters))).join(String(separator)) : value;
  }
  return value;
}

function textOf(part: unknown): string {
  return typeof part === 'string' ? part : '<of a resource>';
}

const ENVIRONMENTS = PLACES.flatMap((place) => [
  { ...place, stack: 'a stack of a known environment', env: { account: ACCOUNT, region: place.region } },
  { ...place, stack: 'a stack of any environment', env: undefined },
]).flatMap((environment) => [
  { ...environment, flags: 'without feature flags', featureFlags: {} },
  { ...environment, flags: 'with all recommended feature flags', featureFlags: recommendedFeatureFlags },
]);

describe.each(ENVIRONMENTS)('in $partition, $stack $flags', ({ env, featureFlags, ...place }) => {
  const text = deployed(stackIn(place, env, featureFlags), place);

  test('has ARNs of the partition alone', () => {
    const partitions = [...text.matchAll(/\barn:([a-z-]+):/g)].map(([, partition]) => partition);

    expect(partitions.length).toBeGreaterThan(10);
    expect(new Set(partitions)).toEqual(new Set([place.partition]));
  });

  test('has the membership of the region', () => {
    expect(text).toContain(`arn:${place.partition}:cleanrooms:${place.region}:${ACCOUNT}:membership/${MEMBERSHIP_ID}`);
  });

  test('hands the URL suffix of the partition to the functions, and lets its CloudWatch Logs use the key', () => {
    expect(text).toContain(`"URL_SUFFIX":"${place.urlSuffix}"`);
    expect(text).toContain(`logs.${place.region}.${place.urlSuffix}"`);
  });
});
