import { CfnResource, CustomResource, Duration, Token } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { jobInputsOf } from './inputs-of-props';
import { metricDimensionOf } from './job-metric';
import { type ProtectedJobProps } from './protected-job-props';
import {
  CANCEL_ALLOWANCE_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  RESOURCE_TYPE,
  type SettingProperties,
  sliceCountOf,
  sliceSecondsOf,
  WAIT_RESOURCE_TYPE,
} from '../contract/custom-resource';
import { INPUT_PROPERTIES, type JobInputs } from '../contract/job-inputs';

/**
 * The custom resources of a job: of the first slice of its timeout, and of the last.
 *
 * @internal
 */
export interface Slices {
  readonly first: CustomResource;
  readonly last: CustomResource;
}

/**
 * The custom resource that starts the job, and one for each further slice of its timeout, which goes on waiting.
 *
 * @internal
 */
export function createSlices(job: Construct, serviceToken: string, props: ProtectedJobProps): Slices {
  const inputs = jobInputsOf(props);
  const seconds = inputs.timeoutSeconds;
  const count = Token.isUnresolved(seconds) ? 1 : sliceCountOf(seconds);
  const common = { serviceToken, serviceTimeout: serviceTimeout(seconds, count) };
  const properties = { ...propertiesOf(inputs, props), ConstructPath: metricDimensionOf(job) };
  const slice = (number: number) => (count === 1 ? {} : { SliceNumber: `${number}`, SliceCount: `${count}` });
  const first = new CustomResource(job, 'Resource', { ...common, resourceType: RESOURCE_TYPE, properties: { ...properties, ...slice(1) } });
  neverRetain(first);
  let last = first;
  for (let number = 2; number <= count; number++) {
    const wait = new CustomResource(job, `Wait${number}`, {
      ...common,
      resourceType: WAIT_RESOURCE_TYPE,
      properties: { ...properties, ...slice(number), JobLogicalId: logicalIdTokenOf(first) },
    });
    neverRetain(wait);
    wait.node.addDependency(last);
    last = wait;
  }
  return { first, last };
}

function logicalIdTokenOf(resource: CustomResource): string {
  return cfnResourceOf(resource).logicalId;
}

/** Whatever an aspect applies to all resources of an app: CloudFormation asks for no deletion of a retained resource, and its job would run on. */
function neverRetain(resource: CustomResource): void {
  for (const policy of ['DeletionPolicy', 'UpdateReplacePolicy']) {
    cfnResourceOf(resource).addOverride(policy, 'Delete');
  }
}

function cfnResourceOf(resource: CustomResource): CfnResource {
  const child = resource.node.defaultChild;
  if (!CfnResource.isCfnResource(child)) {
    throw new Error(`${resource.node.path} has no resource of its own`);
  }
  return child;
}

function propertiesOf(inputs: JobInputs, { waitForCompletion, failDeployment }: ProtectedJobProps): Record<string, unknown> {
  const settings: SettingProperties = { WaitForCompletion: falseOnly(waitForCompletion), FailDeployment: falseOnly(failDeployment) };
  const values: Readonly<Record<string, unknown>> = { ...inputs };
  const carried = Object.entries(INPUT_PROPERTIES).map(([input, property]) => [property, asCarried(values[input])] as const);
  return { ...Object.fromEntries(carried), ...settings };
}

/** The default is left out. */
function falseOnly(value: boolean | undefined): string | undefined {
  return value === false ? 'false' : undefined;
}

/** CloudFormation hands every scalar to the handler as a string; a number that is a token keeps its type in the template. */
function asCarried(value: unknown): unknown {
  if (typeof value !== 'number') {
    return value;
  }
  return Token.isUnresolved(value) ? Token.asString(value) : value.toString();
}

/** A timeout that is a token can not be added to, so CloudFormation then waits for as long as it can. */
function serviceTimeout(seconds: number, sliceCount: number): Duration {
  return Duration.seconds(
    Token.isUnresolved(seconds) ? MAX_SERVICE_TIMEOUT_SECONDS : sliceSecondsOf(seconds, sliceCount) + CANCEL_ALLOWANCE_SECONDS,
  );
}
