import { CfnElement, CfnOutput, CustomResource, Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { findMismatches } from './belongs-together';
import {
  AttributeName,
  CANCEL_ALLOWANCE_SECONDS,
  MAX_SERVICE_TIMEOUT_SECONDS,
  MAX_SLICE_SECONDS,
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
   * Values of your own whose change runs the job again, besides a change of its other inputs. `{ at: new Date().toISOString() }`
   * runs it on every deployment. At most 50, names of 1 to 100 characters, values of at most 1000: for a longer one use its
   * hash.
   *
   * @default - the job runs again when its type, membership, template, parameters, worker or result receiver change
   */
  readonly triggers?: { [name: string]: string };

  /**
   * How long the job may take from CloudFormation's request on, waiting in line included: 1 minute to 12 hours. A job that is not
   * done by then is cancelled and the deployment fails.
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
   * Whether the job runs after the jobs of the same membership that were defined before it in the stack, each with the time of its
   * own `timeout`. Clean Rooms runs one job per membership at a time. Set to false, the job is started at once, and waits in line within
   * its timeout; and no other job waits for it.
   *
   * @default true
   */
  readonly sequential?: boolean;

  /**
   * Whether the stack gets the outputs `<construct ID>JobId` and `<construct ID>ResultLocation`. Where the construct is not directly
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
 * resource that is removed while its job runs cancels the job.
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

  /** The status of the job when it had ended: `SUCCESS`. */
  public readonly status: string;

  /**
   * Where Clean Rooms wrote the results, as it returned it (`s3://…`), or `none` where another account receives them.
   */
  public readonly resultLocation: string;

  /** The name of the bucket that the results were written to, or `none` where another account receives them. */
  public readonly resultBucketName: string;

  /**
   * The key prefix in that bucket that the result configuration of the job names, or `none` where it names none or another account
   * receives the results. The results of this one job are at `resultLocation`.
   */
  public readonly resultKeyPrefix: string;

  /**
   * The IDs of the accounts that received the results, where Clean Rooms returned them instead of a location; otherwise the one element
   * `none`.
   */
  public readonly resultReceivers: string[];

  /** The ID of the membership that the job ran with. */
  public readonly membershipId: string;

  /** The ARN of the membership that the job ran with. */
  public readonly membershipArn: string;

  /** When the job was created: an ISO 8601 time in UTC. */
  public readonly createTime: string;

  /** The milliseconds from the job's creation to its end, in decimal digits, or `none` where Clean Rooms returned no statistics. */
  public readonly durationInMillis: string;

  /** The billed CRPU-hours, as a decimal number, or `none` where Clean Rooms returned no statistics. */
  public readonly billedUnits: string;

  /** The role that starts, watches and cancels the job. All jobs of a runner share it. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The resource of the last slice: it knows how the job ended. */
  private readonly resource: CustomResource;

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

    const runner = props.runner ?? ProtectedJobRunner._ofStack(this);
    const needed = runner._serve(this, props);
    this.grantPrincipal = runner._grantPrincipal;
    const { first, last } = createSlices(this, runner._serviceToken, props);
    first.node.addDependency(...needed);
    if (props.sequential ?? true) {
      WaitingLine.of(Stack.of(this), props.membership).enter({ job: this, first, last });
    }
    this.resource = last;

    this.jobId = this.attribute('JobId');
    this.status = this.attribute('Status');
    this.resultLocation = this.attribute('ResultLocation');
    this.resultBucketName = this.attribute('ResultBucketName');
    this.resultKeyPrefix = this.attribute('ResultKeyPrefix');
    this.resultReceivers = Fn.split(',', this.attribute('ResultReceivers'));
    this.membershipId = this.attribute('MembershipId');
    this.membershipArn = this.attribute('MembershipArn');
    this.createTime = this.attribute('CreateTime');
    this.durationInMillis = this.attribute('DurationInMillis');
    this.billedUnits = this.attribute('BilledUnits');

    if (props.stackOutputs ?? true) {
      limitOutputs(Stack.of(this));
      this.addStackOutput('JobId', this.jobId, 'The ID of the Clean Rooms protected job');
      this.addStackOutput('ResultLocation', this.resultLocation, 'Where the results of the Clean Rooms protected job are');
    }
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
      triggers: props.triggers,
      timeoutSeconds: timeoutSeconds(props),
    },
    isKnownAtSynth,
  );
  assertNoProblems(job.node.path, [...problems, ...findNarrowingProblems(props)]);
  assertNoProblems(job.node.path, findMismatches(Stack.of(job), props));
}

/** References as another library may bring them: nobody has looked at their ARNs yet. */
function findNarrowingProblems(props: ProtectedJobProps): string[] {
  const { collaboration, configuredTableAssociations = [], intermediateTableArns = [] } = props;
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
  const properties = customResourceProperties(props);
  const slice = (number: number) => (count === 1 ? {} : { SliceNumber: `${number}`, SliceCount: `${count}` });
  const first = new CustomResource(job, 'Resource', { ...common, resourceType: RESOURCE_TYPE, properties: { ...properties, ...slice(1) } });
  let last = first;
  for (let number = 2; number <= count; number++) {
    const wait = new CustomResource(job, `Wait${number}`, {
      ...common,
      resourceType: WAIT_RESOURCE_TYPE,
      properties: { ...properties, ...slice(number), JobLogicalId: logicalIdOf(first) },
    });
    wait.node.addDependency(last);
    last = wait;
  }
  return { first, last };
}

function logicalIdOf(resource: CustomResource): string {
  const element = resource.node.defaultChild;
  if (!CfnElement.isCfnElement(element)) {
    throw new Error(`${resource.node.path} has no resource of its own`);
  }
  return element.logicalId;
}

function customResourceProperties(props: ProtectedJobProps): ProtectedJobProperties {
  return {
    Type: typeOf(props).name,
    MembershipIdentifier: props.membership.membershipRef.membershipIdentifier,
    AnalysisTemplateArn: props.analysisTemplate.analysisTemplateRef.analysisTemplateArn,
    Parameters: props.parameters,
    WorkerType: props.worker?.type.name,
    WorkerNumber: props.worker && asString(props.worker.number),
    SparkProperties: props.worker?.sparkProperties,
    ResultReceiverAccountId: props.resultReceiver,
    Triggers: props.triggers,
    Timeout: asString(timeoutSeconds(props)),
  };
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

/** A timeout that is a token can not be added to, so CloudFormation then waits for as long as it can. */
function serviceTimeout(seconds: number, sliceCount: number): Duration {
  return Duration.seconds(
    Token.isUnresolved(seconds) ? MAX_SERVICE_TIMEOUT_SECONDS : sliceSecondsOf(seconds, sliceCount) + CANCEL_ALLOWANCE_SECONDS,
  );
}
