import { CfnOutput, type CustomResource, Fn, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { warnOfExports } from './exported-attributes';
import { jobInputsOf } from './inputs-of-props';
import { jobMetric } from './job-metric';
import { findJobProblems, warnOfJob } from './job-problems';
import { findJobKindProblems } from './job-prop-kinds';
import { limitOutputs } from './output-limit';
import { copyOfProps } from './passed-props';
import { type ProtectedJobProps } from './protected-job-props';
import { findSecretReferences } from './secret-references';
import { createSlices } from './slices';
import { WaitingLines } from './waiting-line';
import { type AttributeName, NOT_APPLICABLE } from '../contract/custom-resource';
import { ProtectedJobRunner } from '../runner/protected-job-runner';
import { copyOf } from '../synth/copy';
import { assertOnlyCopy } from '../synth/library-copy';
import { addSynthCheck, assertKinds, assertNoProblems } from '../synth/synth-check';

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
 * itself does not use them: it writes the results with the role of the receiving membership. Where the runner belongs to another stack, grant
 * there: a grant on a resource of the job's stack would make the two stacks depend on each other.
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
    assertKinds(this.node.path, findJobKindProblems(props));
    const passed = copyOfProps(props);
    const isDeployable = assertNoProblems(this, findJobProblems(Stack.of(this), passed));
    // With a number that is still looked up there is no telling how many resources it takes.
    const copied = isDeployable ? passed : { ...passed, timeout: undefined, pollInterval: undefined };
    warnOfJob(this, copied);

    addSynthCheck(this, () => findSecretReferences(Stack.of(this), jobInputsOf(copied)));

    this.runner = copied.runner ?? ProtectedJobRunner._ofStack(this);
    const needed = this.runner._serve(this, copied);
    const { first, last } = createSlices(this, this.runner._serviceToken, copied);
    this.grantPrincipal = this.runner._grantPrincipal;
    first.node.addDependency(...needed);
    if (copied.sequential ?? true) {
      WaitingLines.of(Stack.of(this)).enter(copied.membership, { job: this, first, last });
    }
    warnOfExports(this, last);
    this.resource = last;
    this.waitsForCompletion = copied.waitForCompletion ?? true;

    this.jobId = this.attribute('JobId');
    this.membershipId = this.attribute('MembershipId');
    this.membershipArn = this.attribute('MembershipArn');
    this.createTime = this.attribute('CreateTime');

    if (copied.stackOutputs ?? true) {
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
   * Whether Clean Rooms says of that error that the same job may succeed: `true` or `false`; `none` where it does not say, and for a job
   * that succeeded. The runner repeats no job by itself, because each run is billed.
   *
   * @throws with `waitForCompletion: false`
   */
  public get errorRetryable(): string {
    return this.attributeOfEnd('errorRetryable', 'ErrorRetryable');
  }

  /**
   * A metric of the job, which the runner writes into its log in the embedded metric format. The namespace is
   * `CdkCleanRoomsProtectedJob`, and the dimension `ConstructPath` holds the name of the stack and the path of this construct in it, as
   * `Analysis/Uplift`. Where that is not ASCII or too long, it is changed and ends in a hash.
   *
   * @param metricName `Duration`, `BilledUnits`, `QueueTime`, `Polls`, `Succeeded`, `Failed`, `ErrorRetryable`, `Cancelled` or `TimedOut`
   * @param props what is wanted of it; by default the average over five minutes
   */
  public metric(metricName: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return jobMetric(this, metricName, copyOf(props));
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
   * How many jobs failed of which Clean Rooms says that the same job may succeed: to deploy again may be all that it takes.
   *
   * @default - the sum over five minutes
   */
  public metricErrorRetryable(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ErrorRetryable', { statistic: cloudwatch.Stats.SUM, ...props });
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
    const logicalId = `${this.node.id}${name}`;
    const isUnique = this.node.scope === Stack.of(this) && /^[A-Za-z0-9]+$/.test(this.node.id);
    if (isUnique && logicalId.length <= MAX_OUTPUT_NAME_LENGTH) {
      output.overrideLogicalId(logicalId);
    }
  }
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_OUTPUT_NAME_LENGTH = 255;
