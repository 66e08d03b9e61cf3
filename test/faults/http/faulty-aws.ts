import { type FaultPlan } from './fault-plan';
import { type Membership } from '../../local-aws/clean-rooms/collaborations';
import { isOngoing, type Job } from '../../local-aws/clean-rooms/jobs';
import { type AnswerFault } from '../../local-aws/cloudformation/custom-resource';
import { LocalAws } from '../../local-aws/local-aws';
import { type Fault, type OperationFaults } from '../../local-aws/operation-faults';
import { AwsError } from '../../local-aws/service';

const SECOND = 1_000;
const MINUTE = 60_000;

/** The embedded AWS for the life of one stack, with the faults that its plan says. */
export class FaultyAws {
  /** What is due at the same time happens in an order that depends on the seed alone. */
  static async start(plan: FaultPlan): Promise<FaultyAws> {
    const order = plan.stream('order');
    return new FaultyAws(await LocalAws.start({ choose: (count) => order.whole(0, count - 1), apart: 1 }), plan);
  }

  private readonly quotas = new Map<string, number>();

  private constructor(
    readonly aws: LocalAws,
    readonly plan: FaultPlan,
  ) {
    plan.begin(aws.clock);
    aws.s3.createBucket('results');
    aws.s3.createBucket(this.assetBucket);
    this.installCallFaults();
    this.installLambdaFaults();
    this.installCloudFormationFaults();
    this.installJobs();
    aws.iam.delayPropagation(() => this.propagation());
  }

  async addMembership(): Promise<{ membershipId: string; templateArn: string }> {
    const { cleanRooms } = this.aws;
    const membership = cleanRooms.addMembership({ results: { bucket: 'results', keyPrefix: 'uplift' } });
    const { arn } = await cleanRooms.addAnalysisTemplate({ membership, parameters: [{ name: 'segment', type: 'VARCHAR' }] });
    return { membershipId: membership.id, templateArn: arn };
  }

  /** Puts a zip under the key of its asset, as the CDK CLI publishes it. */
  publish(key: string, zip: Buffer): void {
    this.aws.s3.putObject(this.assetBucket, key, zip);
  }

  private get assetBucket(): string {
    return `cdk-${QUALIFIER}-assets-${this.aws.accountId}-${this.aws.region}`;
  }

  // --- calls of services

  private installCallFaults(): void {
    const { cleanRooms, dynamoDb, stepFunctions, cloudFormation } = this.aws;
    this.fail(cleanRooms.faults, ['StartProtectedJob'], {
      'throttled': 0.4,
      'internalError': 0.3,
      'internalErrorAfterEffect': 0.6,
      'connectionReset': 0.3,
      'connectionResetAfterEffect': 0.6,
      'quota exceeded': 0.3,
      'denied': 0.2,
    });
    this.fail(cleanRooms.faults, ['GetProtectedJob', 'ListProtectedJobs', 'UpdateProtectedJob'], {
      throttled: 0.5,
      internalError: 0.3,
      connectionResetAfterEffect: 0.3,
      denied: 0.1,
    });
    this.fail(dynamoDb.faults, ['GetItem', 'PutItem', 'DeleteItem'], {
      throttled: 0.1,
      internalError: 0.1,
      internalErrorAfterEffect: 0.15,
      connectionResetAfterEffect: 0.1,
    });
    this.fail(stepFunctions.faults, ['StartExecution'], { throttled: 0.4, internalErrorAfterEffect: 0.4, connectionReset: 0.2 });
    this.fail(cloudFormation.operationFaults, ['DescribeStacks'], { throttled: 0.5, internalError: 0.3 });
  }

  /** Each fault happens with its weight, scaled by what the plan says. Functions crash at the same calls. */
  private fail(faults: OperationFaults, operations: readonly string[], weights: Readonly<Record<string, number>>): void {
    const { call, crash } = this.plan.faultiness;
    for (const operation of operations) {
      for (const [name, weight] of Object.entries(weights)) {
        faults.next(operation, FAULTS[name](operation), Infinity, () => this.plan.strikes(`${operation} ${name}`, weight * call));
      }
      for (const [name, fault] of Object.entries(CRASHES)) {
        const strikes = (): boolean => this.plan.strikes(`crash ${name} ${operation}`, crash);
        faults.next(operation, fault, Infinity, () => strikes() && this.crash());
      }
    }
  }

  /** All functions of the stack die, whatever they are doing. */
  private crash(): true {
    void this.aws.lambda.killEnvironments(/^/);
    return true;
  }

  // --- functions

  private installLambdaFaults(): void {
    const { faults } = this.aws.lambda;
    const { plan } = this;
    const when = (fault: string, weight: number) => () => plan.strikes(fault, weight * plan.faultiness.call);
    faults.throttle(when('function throttled', 0.2), Infinity);
    faults.deliverTwice(when('event delivered twice', 0.7), Infinity);
    faults.deliverTwice(when('event delivered again soon', 0.4), Infinity, 20 * SECOND);
    faults.deliverTwice(when('event delivered again late', 0.4), Infinity, 4 * MINUTE);
    const slowness = plan.stream('how slow a function is');
    faults.slowDown(when('function slow', 0.3), () => slowness.between(0, slowness.pick([2, 10, 50]) * SECOND), Infinity);
    this.planCrashes();
  }

  /** Before its handler sees the event, or after it has done all its work. */
  private planCrashes(): void {
    const { plan } = this;
    for (const part of ['-ProtectedJobRunnerOnEvent', '-ProtectedJobRunnerAdvance']) {
      for (const moment of ['before', 'after'] as const) {
        const random = plan.stream(`crash ${moment} ${part}`);
        for (let invocation = 1; invocation <= 100; invocation++) {
          if (random.chance(plan.faultiness.crash)) {
            this.aws.lambda.faults.crash((name) => name.startsWith(plan.stackName + part), moment, invocation);
            plan.note(`crash ${moment} a handler is planned`);
          }
        }
      }
    }
  }

  // --- CloudFormation

  private installCloudFormationFaults(): void {
    const { plan } = this;
    const { cloudFormation, clock } = this.aws;
    cloudFormation.faults.beforeEvent = ({ stackName }) => {
      const isForward = /^(CREATE|UPDATE)_IN_PROGRESS$/.test(cloudFormation.findStack(stackName)?.status ?? '');
      return isForward ? undefined : clock.sleep(SETTLING);
    };
    cloudFormation.faults.beforeDelivery = () => {
      const isSlow = plan.strikes('event delivered late', 0.3 * plan.faultiness.call);
      return isSlow ? clock.sleep(plan.stream('how late an event is').between(0, 40 * SECOND)) : undefined;
    };
    cloudFormation.faults.answerFault = () => answerFault(plan);
  }

  private propagation(): number {
    const random = this.plan.stream('propagation');
    const delay = random.chance(0.1) ? random.between(0, random.pick([10, 30, 90]) * SECOND) : 0;
    if (delay > 0) {
      this.plan.note('permissions propagate slowly');
    }
    return delay;
  }

  // --- jobs

  private installJobs(): void {
    const { cleanRooms } = this.aws;
    Object.assign(cleanRooms.jobDurations, { submitted: 5 * SECOND, cancelling: 15 * SECOND });
    cleanRooms.jobsPerMembership = (membership) => this.quotaOf(membership);
    const fates = new Map<string, Fate>();
    const fateOf = (job: Job): Fate => {
      const fate = fates.get(job.id) ?? this.drawFate(job);
      fates.set(job.id, fate);
      return fate;
    };
    cleanRooms.setVisibilityDelay((job) => fateOf(job).visibleAfter);
    cleanRooms.setRunTime((job) => {
      const { cancelledAfter, runTime } = fateOf(job);
      if (cancelledAfter !== undefined) {
        this.aws.clock.schedule(cancelledAfter, () => this.cancelAsSomebody(job));
      }
      return runTime;
    });
    // A script that fails may print what it was given.
    cleanRooms.failJobs((job) =>
      fateOf(job).fails ? { code: 'MALFORMED_SCRIPT', message: `failed with ${JSON.stringify(job.parameters)}` } : undefined,
    );
    cleanRooms.hangInCancelling((job) => {
      const since = job.history.find(({ status }) => status === 'CANCELLING')?.time ?? Infinity;
      return this.aws.clock.now() - since < fateOf(job).cancellingTakes;
    });
    cleanRooms.setEndOfCancelling((job) => fateOf(job).endsWhileCancelled);
  }

  /** AWS allows one. If more may run, an additional job is not refused, and so it becomes visible. */
  private quotaOf({ id }: Membership): number {
    const quota = this.quotas.get(id) ?? this.plan.stream('quotas').pick([1, 5, 5]);
    this.quotas.set(id, quota);
    return quota;
  }

  private drawFate({ parameters }: Job): Fate {
    const { plan } = this;
    const random = plan.stream(`job of ${parameters.segment.split('-g').at(-1)}`);
    const drawn = {
      hangs: random.chance(0.04),
      fails: random.chance(0.08),
      isCancelled: random.chance(0.03),
      hangsInCancelling: random.chance(0.04),
      endsWhileCancelled: random.chance(0.2) ? random.pick(['SUCCESS', 'FAILED'] as const) : undefined,
      isSeenLate: random.chance(0.5 * plan.faultiness.call),
    };
    Object.entries(drawn).forEach(([fate, isDrawn]) => isDrawn && plan.note(`job ${fate}`));
    return {
      runTime: drawn.hangs ? 600 * MINUTE : random.between(5 * SECOND, random.pick([0.5, 1, 2.5]) * MINUTE) * plan.runTimeFactor,
      fails: drawn.fails,
      cancelledAfter: drawn.isCancelled ? random.between(0, MINUTE) : undefined,
      cancellingTakes: drawn.hangsInCancelling ? 15 * MINUTE : 0,
      endsWhileCancelled: drawn.endsWhileCancelled,
      visibleAfter: drawn.isSeenLate ? random.between(0, 30 * SECOND) : 0,
    };
  }

  private cancelAsSomebody(job: Job): void {
    if (isOngoing(job)) {
      this.aws.cleanRooms.cancelJob(job);
    }
  }
}

/** How a job goes on. Times are milliseconds of the embedded clock. */
interface Fate {
  readonly runTime: number;
  readonly fails: boolean;
  readonly cancelledAfter?: number;
  readonly cancellingTakes: number;
  readonly endsWhileCancelled?: 'SUCCESS' | 'FAILED';
  readonly visibleAfter: number;
}

const FAULTS: Readonly<Record<string, (operation: string) => Fault>> = {
  'throttled': () => 'throttled',
  'internalError': () => 'internalError',
  'internalErrorAfterEffect': () => 'internalErrorAfterEffect',
  'connectionReset': () => 'connectionReset',
  'connectionResetAfterEffect': () => 'connectionResetAfterEffect',
  'quota exceeded': () => new AwsError('ServiceQuotaExceededException', 'You have reached the limit of 5: Ongoing PySpark jobs per account', 402),
  'denied': (operation) => new AwsError('AccessDeniedException', `User is not authorized to perform: cleanrooms:${operation}`, 403),
};

/** A function that dies does not see the answer, but the call may have taken effect. */
const CRASHES = { before: 'connectionReset', after: 'connectionResetAfterEffect' } as const;

function answerFault(plan: FaultPlan): AnswerFault | undefined {
  const { call } = plan.faultiness;
  if (plan.strikes('answer: internalError', 0.5 * call)) {
    return 'internalError';
  }
  if (plan.strikes('answer: internalErrorAfterEffect', 0.4 * call)) {
    return 'internalErrorAfterEffect';
  }
  return plan.strikes('answer: accessDenied', 0.05 * call) ? 'accessDenied' : undefined;
}

/** The qualifier of the bootstrap stack, if nobody chose another one. */
const QUALIFIER = 'hnb659fds';

/**
 * The time between the end of a deployment and the first request that undoes it. If two requests are sent closer
 * together than the difference between the clocks of CloudFormation's hosts, nobody notices when they arrive in the
 * wrong order. That case is not tried.
 */
const SETTLING = 8 * SECOND;
