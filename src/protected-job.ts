import { CfnOutput, CfnResource, CustomResource, Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { findMismatches } from './belongs-together';
import {
  AttributeName,
  CANCEL_ALLOWANCE_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  MAX_SLICE_SECONDS,
  METRIC_NAMESPACE,
  NOT_APPLICABLE,
  ProtectedJobProperties,
  RESOURCE_TYPE,
  sliceCountOf,
  sliceSecondsOf,
  WAIT_RESOURCE_TYPE,
} from './contract';
import {
  findCollaborationArnProblems,
  findConfiguredTableAssociationArnProblems,
  findIntermediateTableArnProblems,
  findProblems,
} from './input-rules';
import { assertOnlyCopy } from './library-copy';
import { limitOutputs } from './output-limit';
import { ProtectedJobAccess } from './protected-job-access';
import { ProtectedJobRunner } from './protected-job-runner';
import { ProtectedJobType } from './protected-job-type';
import { assertNoProblems, isKnownAtSynth } from './synth-check';
import { WaitingLine } from './waiting-line';
import { Worker } from './worker';

/**
 * What a protected job runs, and how.
 */
export interface ProtectedJobProps extends ProtectedJobAccess {
  /**
   * The type of the job.
   *
   * @default ProtectedJobType.PYSPARK
   */
  readonly type?: ProtectedJobType;

  /**
   * Values for the template's parameters, by name: at most 50, names of 1 to 100 letters, digits and underscores, values of at
   * most 1000 characters. They are part of the CloudFormation template; put no secrets in them.
   *
   * @default - no parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * The machines that the job runs on.
   *
   * @default - the choice of Clean Rooms
   */
  readonly worker?: Worker;

  /**
   * The account ID of the member who receives the results.
   *
   * @default - the member whose membership runs the job
   */
  readonly resultReceiver?: string;

  /**
   * The account ID of the member who pays for the job's compute, where more than one member can.
   *
   * @default - the member who pays for compute by the collaboration's configuration
   */
  readonly computePayer?: string;

  /**
   * Values of your own whose change runs the job again, besides a change of its other inputs. `{ at: new Date().toISOString() }`
   * runs it on every deployment. At most 50, names of 1 to 100 characters, values of at most 1000: for a longer one use its
   * hash.
   *
   * @default - the job runs again when its type, membership, template, parameters, worker, result receiver or compute payer change
   */
  readonly triggers?: { [name: string]: string };

  /**
   * How long the job may take from CloudFormation's request on, waiting in line included: 1 minute to 12 hours. A job that is not
   * done by then is cancelled and the deployment fails. With `waitForCompletion: false` it is the time that the job may wait in line.
   *
   * CloudFormation gives a custom resource an hour, of which 5 minutes are for cancelling. So a timeout of more than 55 minutes takes a
   * custom resource more for every 55 minutes, and each waits for an equal slice of it. A timeout that is a token can be 55 minutes at
   * most, because at synth nobody knows how many resources it takes.
   *
   * A retry of a deployment that failed with its rollback disabled asks only the resource that failed, so a job that is run again has
   * no more time than the slices that are left.
   *
   * @default Duration.minutes(55)
   */
  readonly timeout?: Duration;

  /**
   * How often the runner looks whether the job has ended: 10 to 60 seconds. It makes no difference to the job, so a change of it runs
   * nothing.
   *
   * @default - every 10 seconds at first, and less often the longer the job runs, up to 60 seconds after a quarter of an hour
   */
  readonly pollInterval?: Duration;

  /**
   * Whether a job that fails, is cancelled by someone else, or is not done within its `timeout`, fails the deployment. Set to false,
   * the deployment goes on, and the attributes `status`, `errorCode` and `errorMessage` tell how the job ended; then this run counts as
   * done, and only other inputs or `triggers` run the job again. A job that could not be started fails the deployment all the same.
   *
   * @default true
   */
  readonly failDeployment?: boolean;

  /**
   * Whether the deployment waits for the end of the job. Set to false, it goes on as soon as Clean Rooms has accepted the job, whose end
   * it then never learns: the only output is the job ID, and reading an attribute that a job has only after its end is an error at
   * synth. The job runs on after the deployment, for as long as Clean Rooms lets it; a removal of the resource, and an
   * update or a rollback to other inputs, still cancel it.
   *
   * @default true
   */
  readonly waitForCompletion?: boolean;

  /**
   * Whether the job runs after the jobs of the same membership that were defined before it in the stack, each with the time of its
   * own `timeout`. Clean Rooms runs one job per membership at a time. Set to false, the job is started at once, and waits in line within
   * its timeout; and no other job waits for it.
   *
   * @default true
   */
  readonly sequential?: boolean;

  /**
   * Whether the stack gets the outputs `<construct ID>JobId` and `<construct ID>ResultLocation`; with `waitForCompletion: false` only
   * the first. Where the construct is not directly
   * in the stack, or its ID has other characters than letters and digits, the names hold the construct's path and a hash.
   *
   * @default true
   */
  readonly stackOutputs?: boolean;

  /**
   * The runner that runs the job.
   *
   * @default - one runner that all jobs of the stack share
   */
  readonly runner?: ProtectedJobRunner;
}

/**
 * An AWS Clean Rooms protected job that runs when the stack is deployed. The deployment waits until the job has ended, and fails if
 * the job fails.
 *
 * One job is started per set of inputs: a deployment that changes none of them starts nothing, and neither does a rollback. A
 * resource that is removed while its job runs cancels the job; so a removal policy that is applied to all resources of a stack does not
 * apply to it.
 *
 * Every attribute always has a value; `ProtectedJob.NOT_APPLICABLE` stands where Clean Rooms returned none.
 *
 * A job can be granted permissions, as in `bucket.grantRead(job)`. They go to the runner's role, and so to all jobs of the runner. Clean Rooms
 * itself does not use them: it writes the results with the role of the receiving membership.
 */
export class ProtectedJob extends Construct implements iam.IGrantable {
  /**
   * The value of an attribute that does not apply to the job: `none`.
   */
  public static readonly NOT_APPLICABLE = NOT_APPLICABLE;

  /** The ID of the job: a UUID. */
  public readonly jobId: string;

  /** The ID of the membership that the job ran with. */
  public readonly membershipId: string;

  /** The ARN of the membership that the job ran with. */
  public readonly membershipArn: string;

  /** When the job was created: an ISO 8601 time in UTC. */
  public readonly createTime: string;

  /** The runner that runs the job. */
  public readonly runner: ProtectedJobRunner;

  /** The role that starts, watches and cancels the job. All jobs of a runner share it. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The resource of the last slice: it knows how the job ended. */
  private readonly resource: CustomResource;

  private readonly waitsForCompletion: boolean;

  /**
   * @param scope the scope that the job belongs to
   * @param id the job's ID in that scope
   * @param props what the job runs, and how
   * @throws if a prop breaks a rule of Clean Rooms, the runner can not serve the job's stack, or another copy of this library is in use
   */
  constructor(scope: Construct, id: string, props: ProtectedJobProps) {
    super(scope, id);
    assertOnlyCopy(this);
    assertValid(this, props);

    this.runner = props.runner ?? ProtectedJobRunner._ofStack(this);
    const needed = this.runner._serve(this, props);
    const { first, last } = createSlices(this, this.runner._serviceToken, props);
    this.grantPrincipal = this.runner._grantPrincipal;
    first.node.addDependency(...needed);
    if (props.sequential ?? true) {
      WaitingLine.of(Stack.of(this), props.membership).enter({ job: this, first, last });
    }
    this.resource = last;
    this.waitsForCompletion = props.waitForCompletion ?? true;

    this.jobId = this.attribute('JobId');
    this.membershipId = this.attribute('MembershipId');
    this.membershipArn = this.attribute('MembershipArn');
    this.createTime = this.attribute('CreateTime');

    if (props.stackOutputs ?? true) {
      limitOutputs(Stack.of(this));
      this.addStackOutputs();
    }
  }

  /**
   * The status of the job when it had ended: `SUCCESS`, and with `failDeployment: false` also `FAILED`, `CANCELLED`, or one that this
   * library does not know.
   *
   * @throws with `waitForCompletion: false`
   */
  public get status(): string {
    return this.attributeOfEnd('status', 'Status');
  }

  /**
   * Where Clean Rooms wrote the results, as it returned it (`s3://…`), or `none` where another account receives them.
   *
   * @throws with `waitForCompletion: false`
   */
  public get resultLocation(): string {
    return this.attributeOfEnd('resultLocation', 'ResultLocation');
  }

  /**
   * The name of the bucket that the results were written to, or `none` where another account receives them.
   *
   * @throws with `waitForCompletion: false`
   */
  public get resultBucketName(): string {
    return this.attributeOfEnd('resultBucketName', 'ResultBucketName');
  }

  /**
   * The key prefix in that bucket that the result configuration of the job names, or `none` where it names none or another account
   * receives the results. The results of this one job are at `resultLocation`.
   *
   * @throws with `waitForCompletion: false`
   */
  public get resultKeyPrefix(): string {
    return this.attributeOfEnd('resultKeyPrefix', 'ResultKeyPrefix');
  }

  /**
   * The IDs of the accounts that received the results, where Clean Rooms returned them instead of a location; otherwise the one element
   * `none`.
   *
   * @throws with `waitForCompletion: false`
   */
  public get resultReceivers(): string[] {
    return Fn.split(',', this.attributeOfEnd('resultReceivers', 'ResultReceivers'));
  }

  /**
   * The milliseconds from the job's creation to its end, in decimal digits, or `none` where Clean Rooms returned no statistics.
   *
   * @throws with `waitForCompletion: false`
   */
  public get durationInMillis(): string {
    return this.attributeOfEnd('durationInMillis', 'DurationInMillis');
  }

  /**
   * The billed CRPU-hours, as a decimal number, or `none` where Clean Rooms returned no statistics.
   *
   * @throws with `waitForCompletion: false`
   */
  public get billedUnits(): string {
    return this.attributeOfEnd('billedUnits', 'BilledUnits');
  }

  /**
   * With `failDeployment: false` the code of the error with which the job ended, as Clean Rooms returned it, or where it returned none
   * the code of this library (`PJ-…`); `none` for a job that succeeded.
   *
   * @throws with `waitForCompletion: false`
   */
  public get errorCode(): string {
    return this.attributeOfEnd('errorCode', 'ErrorCode');
  }

  /**
   * What Clean Rooms, or this library, says of that error, without the values of parameters: at most 1000 characters. `none` for a job
   * that succeeded.
   *
   * @throws with `waitForCompletion: false`
   */
  public get errorMessage(): string {
    return this.attributeOfEnd('errorMessage', 'ErrorMessage');
  }

  /**
   * A metric of the job, which the runner writes into its log in the embedded metric format. The namespace is
   * `CdkCleanRoomsProtectedJob`, and the dimension `ConstructPath` holds the path of this construct.
   *
   * @param metricName `Duration`, `BilledUnits`, `QueueTime`, `Polls`, `Succeeded`, `Failed`, `Cancelled` or `TimedOut`
   * @param props what is wanted of it; by default the average over five minutes
   */
  public metric(metricName: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { ConstructPath: constructPathOf(this) },
      ...props,
    }).attachTo(this);
  }

  /**
   * How long the job took from its creation to its end, in milliseconds, as Clean Rooms measured it. With `waitForCompletion: false` there
   * is none, as for all that is known only at the end.
   *
   * @default - the average over five minutes
   */
  public metricDuration(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Duration', props);
  }

  /**
   * The CRPU-hours that were billed for the job.
   *
   * @default - the sum over five minutes
   */
  public metricBilledUnits(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BilledUnits', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How long it took from CloudFormation's request until Clean Rooms accepted the job, in milliseconds: as a rule the wait for the end of
   * another job of the membership.
   *
   * @default - the average over five minutes
   */
  public metricQueueTime(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('QueueTime', props);
  }

  /**
   * How often the runner asked Clean Rooms for the job's status.
   *
   * @default - the sum over five minutes
   */
  public metricPolls(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Polls', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How many jobs succeeded.
   *
   * @default - the sum over five minutes
   */
  public metricSucceeded(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Succeeded', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How many jobs failed, by Clean Rooms' status `FAILED`.
   *
   * @default - the sum over five minutes
   */
  public metricFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Failed', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How many jobs were cancelled, by the runner or by someone else.
   *
   * @default - the sum over five minutes
   */
  public metricCancelled(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Cancelled', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  /**
   * How often the `timeout` was over before the job had ended. A job that was running then counts as cancelled, too.
   *
   * @default - the sum over five minutes
   */
  public metricTimedOut(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('TimedOut', { statistic: cloudwatch.Stats.SUM, ...props });
  }

  private addStackOutputs(): void {
    this.addStackOutput('JobId', this.jobId, 'The ID of the Clean Rooms protected job');
    if (this.waitsForCompletion) {
      this.addStackOutput('ResultLocation', this.resultLocation, 'Where the results of the Clean Rooms protected job are');
    }
  }

  private attributeOfEnd(property: string, name: AttributeName): string {
    if (!this.waitsForCompletion) {
      throw new Error(`${this.node.path}: ${property}: the deployment does not wait for the end of the job, before which it has none; remove waitForCompletion: false`);
    }
    return this.attribute(name);
  }

  private attribute(name: AttributeName): string {
    return this.resource.getAttString(name);
  }

  private addStackOutput(name: string, value: string, description: string): void {
    const output = new CfnOutput(this, name, { value, description });
    const isUnique = this.node.scope === Stack.of(this) && /^[A-Za-z0-9]+$/.test(this.node.id);
    if (isUnique) {
      output.overrideLogicalId(`${this.node.id}${name}`);
    }
  }
}

const DEFAULT_TIMEOUT = Duration.seconds(MAX_SLICE_SECONDS);

function assertValid(job: ProtectedJob, props: ProtectedJobProps): void {
  const problems = findProblems(
    {
      type: typeOf(props).name,
      membershipIdentifier: props.membership.membershipRef.membershipIdentifier,
      analysisTemplateArn: props.analysisTemplate.analysisTemplateRef.analysisTemplateArn,
      parameters: props.parameters,
      workerType: props.worker?.type.name,
      workerNumber: props.worker?.number,
      sparkProperties: props.worker?.sparkProperties,
      resultReceiver: props.resultReceiver,
      computePayer: props.computePayer,
      triggers: props.triggers,
      timeoutSeconds: timeoutSeconds(props),
      pollIntervalSeconds: pollIntervalSeconds(props),
    },
    isKnownAtSynth,
  );
  assertNoProblems(job.node.path, [...problems, ...findUselessProps(props), ...findNarrowingProblems(props)]);
  assertNoProblems(job.node.path, findMismatches(Stack.of(job), props));
}

/** What only matters to a deployment that waits. */
function findUselessProps({ waitForCompletion = true, failDeployment, pollInterval }: ProtectedJobProps): string[] {
  const useless = Object.entries({ failDeployment, pollInterval }).filter(([, value]) => value !== undefined);
  return waitForCompletion ? [] : useless.map(([name]) => `${name}: has no effect with waitForCompletion: false; remove one of them`);
}

/** References as another library may bring them: nobody has looked at their ARNs yet. */
function findNarrowingProblems(props: ProtectedJobProps): string[] {
  const { collaboration, configuredTableAssociations = [], intermediateTableArns = [] } = props;
  if (Token.isUnresolved(intermediateTableArns)) {
    return ['intermediateTableArns: a list that is a token can not be part of a policy; pass its elements, as Fn.select() returns them'];
  }
  const associationArns = configuredTableAssociations.map((association) => association.configuredTableAssociationRef.configuredTableAssociationArn);
  return [
    ...(collaboration === undefined ? [] : findCollaborationArnProblems(collaboration.collaborationRef.collaborationArn, isKnownAtSynth)),
    ...associationArns.flatMap((arn) => findConfiguredTableAssociationArnProblems(arn, isKnownAtSynth)),
    ...intermediateTableArns.flatMap((arn) => findIntermediateTableArnProblems(arn, isKnownAtSynth)),
  ];
}

/** The custom resource that starts the job, and one for each further slice of its timeout, which goes on waiting. */
function createSlices(job: ProtectedJob, serviceToken: string, props: ProtectedJobProps): { first: CustomResource; last: CustomResource } {
  const seconds = timeoutSeconds(props);
  const count = Token.isUnresolved(seconds) ? 1 : sliceCountOf(seconds);
  const common = { serviceToken, serviceTimeout: serviceTimeout(seconds, count) };
  const properties = { ...customResourceProperties(props), ConstructPath: constructPathOf(job) };
  const slice = (number: number) => (count === 1 ? {} : { SliceNumber: `${number}`, SliceCount: `${count}` });
  const first = new CustomResource(job, 'Resource', { ...common, resourceType: RESOURCE_TYPE, properties: { ...properties, ...slice(1) } });
  neverRetain(first);
  let last = first;
  for (let number = 2; number <= count; number++) {
    const wait = new CustomResource(job, `Wait${number}`, {
      ...common,
      resourceType: WAIT_RESOURCE_TYPE,
      properties: { ...properties, ...slice(number), JobLogicalId: logicalIdOf(first) },
    });
    neverRetain(wait);
    wait.node.addDependency(last);
    last = wait;
  }
  return { first, last };
}

/** A dimension's value has at most 1024 characters, all of them ASCII. */
function constructPathOf(job: ProtectedJob): string {
  return job.node.path.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
}

function logicalIdOf(resource: CustomResource): string {
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

function customResourceProperties(props: ProtectedJobProps): ProtectedJobProperties {
  return {
    Type: typeOf(props).name,
    MembershipIdentifier: props.membership.membershipRef.membershipIdentifier,
    AnalysisTemplateArn: props.analysisTemplate.analysisTemplateRef.analysisTemplateArn,
    Parameters: props.parameters,
    WorkerType: props.worker?.type.name,
    WorkerNumber: asStringIfAny(props.worker?.number),
    SparkProperties: props.worker?.sparkProperties,
    ResultReceiverAccountId: props.resultReceiver,
    ComputePayerAccountId: props.computePayer,
    Triggers: props.triggers,
    Timeout: asString(timeoutSeconds(props)),
    PollInterval: asStringIfAny(pollIntervalSeconds(props)),
    WaitForCompletion: falseOnly(props.waitForCompletion),
    FailDeployment: falseOnly(props.failDeployment),
  };
}

/** The default is left out. */
function falseOnly(value: boolean | undefined): string | undefined {
  return value === false ? 'false' : undefined;
}

function pollIntervalSeconds({ pollInterval }: ProtectedJobProps): number | undefined {
  return pollInterval?.toSeconds({ integral: false });
}

function typeOf(props: ProtectedJobProps): ProtectedJobType {
  return props.type ?? ProtectedJobType.PYSPARK;
}

/** Not rounded: a fraction of a second is refused like any other timeout that is no whole number. */
function timeoutSeconds(props: ProtectedJobProps): number {
  return (props.timeout ?? DEFAULT_TIMEOUT).toSeconds({ integral: false });
}

/** CloudFormation hands every scalar to the handler as a string; a number that is a token keeps its type in the template. */
function asString(value: number): string {
  return Token.isUnresolved(value) ? Token.asString(value) : value.toString();
}

function asStringIfAny(value: number | undefined): string | undefined {
  return value === undefined ? undefined : asString(value);
}

/** A timeout that is a token can not be added to, so CloudFormation then waits for as long as it can. */
function serviceTimeout(seconds: number, sliceCount: number): Duration {
  return Duration.seconds(
    Token.isUnresolved(seconds) ? MAX_SERVICE_TIMEOUT_SECONDS : sliceSecondsOf(seconds, sliceCount) + CANCEL_ALLOWANCE_SECONDS,
  );
}
