import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { zipSync } from 'fflate';
import { FaultPlan } from './fault-plan';
import { type Membership } from '../../local-aws/clean-rooms/collaborations';
import { isOngoing, type Job } from '../../local-aws/clean-rooms/jobs';
import { type AnswerFault, type CustomResourceEvent } from '../../local-aws/cloudformation/custom-resource';
import { LocalAws } from '../../local-aws/local-aws';
import { type Fault, type OperationFaults } from '../../local-aws/operation-faults';
import { AwsError } from '../../local-aws/service';

const SECOND = 1_000;
const MINUTE = 60_000;

/** The embedded AWS, in which for each stack goes wrong what its plan says. */
export class FaultyAws {
  static async start(clockFactor: number): Promise<FaultyAws> {
    return new FaultyAws(await LocalAws.start({ clockFactor }));
  }

  private readonly plans = new Map<string, FaultPlan>();
  private readonly stackByMembership = new Map<string, string>();

  private constructor(readonly aws: LocalAws) {
    aws.s3.createBucket('results');
    aws.s3.createBucket(this.assetBucket);
    aws.cleanRooms.jobsPerAccount = 1_000; // stacks that know nothing of each other would wait for each other all the time
    this.installCallFaults();
    this.installLambdaFaults();
    this.installCloudFormationFaults();
    this.installJobs();
    aws.iam.delayPropagation((name) => this.propagationOf(this.planOf(name)));
  }

  /** From now on things go wrong for the stack. Must come before its creation. */
  add(plan: FaultPlan): void {
    this.plans.set(plan.stackName, plan);
    this.planCrashes(plan);
  }

  /** A membership and a template for the stack alone. */
  async addMembership(stackName: string): Promise<{ membershipId: string; templateArn: string }> {
    const { cleanRooms } = this.aws;
    const membership = cleanRooms.addMembership({ results: { bucket: 'results', keyPrefix: 'uplift' } });
    this.stackByMembership.set(membership.id, stackName);
    const { arn } = await cleanRooms.addAnalysisTemplate({ membership, parameters: [{ name: 'segment', type: 'VARCHAR' }] });
    return { membershipId: membership.id, templateArn: arn };
  }

  /** CloudFormation's events have real times. */
  embeddedTime(realTime: Date): number {
    const { clock } = this.aws;
    return clock.now() - (Date.now() - realTime.getTime()) * clock.factor;
  }

  stackNameOf(membershipId: string): string {
    return this.stackByMembership.get(membershipId) ?? '';
  }

  /** As the CDK CLI publishes it: the folder as a zip, under the asset's key. */
  publish(key: string, directory: string): void {
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const contents = files.map((file): [string, Uint8Array] => {
      const full = path.join(file.parentPath, file.name);
      return [path.relative(directory, full), readFileSync(full)];
    });
    this.aws.s3.putObject(this.assetBucket, key, Buffer.from(zipSync(Object.fromEntries(contents))));
  }

  private get assetBucket(): string {
    return `cdk-${QUALIFIER}-assets-${this.aws.accountId}-${this.aws.region}`;
  }

  /** Physical names begin with the stack's name, or hold it in an ARN. */
  private planOf(name: string): FaultPlan | undefined {
    const stackName = /\bLife\d+(?=[-/])/.exec(name)?.[0];
    return stackName === undefined ? undefined : this.plans.get(stackName);
  }

  private planOfMembership(membershipId: unknown): FaultPlan | undefined {
    return this.plans.get(this.stackByMembership.get(String(membershipId)) ?? '');
  }

  // --- calls of services

  private installCallFaults(): void {
    const { cleanRooms, dynamoDb, stepFunctions, cloudFormation } = this.aws;
    const byMembership = (input: Input) => this.planOfMembership(input.membershipIdentifier);
    this.fail(cleanRooms.faults, 'StartProtectedJob', byMembership, {
      'throttled': 0.4,
      'internalError': 0.3,
      'internalErrorAfterEffect': 0.6,
      'connectionReset': 0.3,
      'connectionResetAfterEffect': 0.6,
      'quota exceeded': 0.3,
      'denied': 0.2,
    });
    for (const operation of ['GetProtectedJob', 'ListProtectedJobs', 'UpdateProtectedJob']) {
      this.fail(cleanRooms.faults, operation, byMembership, {
        throttled: 0.5,
        internalError: 0.3,
        connectionResetAfterEffect: 0.3,
        denied: 0.1,
      });
    }
    for (const operation of ['GetItem', 'PutItem', 'DeleteItem']) {
      this.fail(dynamoDb.faults, operation, (input) => this.planOf(String(input.TableName)), {
        throttled: 0.1,
        internalError: 0.1,
        internalErrorAfterEffect: 0.15,
        connectionResetAfterEffect: 0.1,
      });
    }
    this.fail(stepFunctions.faults, 'StartExecution', (input) => this.planOf(String(input.name) + String(input.stateMachineArn)), {
      throttled: 0.4,
      internalErrorAfterEffect: 0.4,
      connectionReset: 0.2,
    });
    this.fail(cloudFormation.operationFaults, 'DescribeStacks', (input) => this.planOf(String(input.StackName)), {
      throttled: 0.5,
      internalError: 0.3,
    });
  }

  /** Each fault happens with its weight, scaled by what the stack's plan says. At the same calls functions crash. */
  private fail(
    faults: OperationFaults,
    operation: string,
    planOf: (input: Input) => FaultPlan | undefined,
    weights: Readonly<Record<string, number>>,
  ): void {
    const plan = (fault: Fault, strikes: (plan: FaultPlan) => boolean) =>
      faults.next(operation, fault, Infinity, (input) => {
        const ofStack = isInput(input) ? planOf(input) : undefined;
        return ofStack !== undefined && strikes(ofStack);
      });
    for (const [name, weight] of Object.entries(weights)) {
      const key = `${operation} ${name}`;
      plan(FAULTS[name](operation), (ofStack) => ofStack.strikes(key, weight * ofStack.faultiness.call));
    }
    for (const [name, fault] of Object.entries(CRASHES)) {
      const key = `crash ${name} ${operation}`;
      plan(fault, (ofStack) => ofStack.strikes(key, ofStack.faultiness.crash) && this.crash(ofStack));
    }
  }

  /** All the stack's functions die at whatever they are. */
  private crash({ stackName }: FaultPlan): true {
    void this.aws.lambda.killEnvironments((name) => name.startsWith(`${stackName}-`));
    return true;
  }

  // --- functions

  private installLambdaFaults(): void {
    const { faults } = this.aws.lambda;
    const when = (fault: string, weight: number) => (functionName: string) => {
      const plan = this.planOf(functionName);
      return plan !== undefined && plan.strikes(fault, weight * plan.faultiness.call);
    };
    faults.throttle(when('function throttled', 0.2), Infinity);
    faults.deliverTwice(when('event delivered twice', 0.7), Infinity);
    faults.deliverTwice(when('event delivered again soon', 0.4), Infinity, 20 * SECOND);
    faults.deliverTwice(when('event delivered again late', 0.4), Infinity, 4 * MINUTE);
  }

  /** Before its handler sees the event, or after it has done all its work. */
  private planCrashes(plan: FaultPlan): void {
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
    const { cloudFormation, clock } = this.aws;
    cloudFormation.faults.beforeEvent = ({ stackName }) => {
      const isForward = /^(CREATE|UPDATE)_IN_PROGRESS$/.test(cloudFormation.findStack(stackName)?.status ?? '');
      return isForward ? undefined : clock.sleep(SETTLING);
    };
    cloudFormation.faults.beforeDelivery = (event) => {
      const plan = this.planOfEvent(event);
      const isSlow = plan?.strikes('event delivered late', 0.3 * plan.faultiness.call);
      return isSlow ? clock.sleep(plan?.stream('how late an event is').between(0, 40 * SECOND) ?? 0) : undefined;
    };
    cloudFormation.faults.answerFault = (event) => {
      const plan = this.planOfEvent(event);
      return plan && answerFault(plan);
    };
  }

  private planOfEvent({ StackId }: CustomResourceEvent): FaultPlan | undefined {
    return this.planOf(StackId);
  }

  private propagationOf(plan: FaultPlan | undefined): number {
    const random = plan?.stream('propagation');
    const delay = random?.chance(0.1) ? random.between(0, random.pick([10, 30, 90]) * SECOND) : 0;
    if (delay > 0) {
      plan?.note('permissions propagate slowly');
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
      fateOf(job).fails ? { code: 'SPARK_ERROR', message: `failed with ${JSON.stringify(job.parameters)}` } : undefined,
    );
    cleanRooms.hangInCancelling((job) => {
      const since = job.history.find(({ status }) => status === 'CANCELLING')?.time ?? Infinity;
      return this.aws.clock.now() - since < fateOf(job).cancellingTakes;
    });
    cleanRooms.setEndOfCancelling((job) => fateOf(job).endsWhileCancelled);
  }

  /** AWS allows one. Where more may run, a job too many is not refused but shows. */
  private quotaOf({ id }: Membership): number {
    return this.planOfMembership(id)?.stream(`quota of ${id}`).pick([1, 5, 5]) ?? 1;
  }

  private drawFate({ membership, parameters }: Job): Fate {
    const plan = this.planOfMembership(membership.id);
    const random = plan?.stream(`job of ${parameters.segment.split('-g').at(-1)}`);
    if (plan === undefined || random === undefined) {
      throw new Error(`a job with the membership ${membership.id}, which belongs to no stack`);
    }
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

type Input = Readonly<Record<string, unknown>>;

function isInput(input: unknown): input is Input {
  return typeof input === 'object' && input !== null;
}

/** What becomes of a job. Times are milliseconds of the embedded clock. */
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

/** A function that dies sees nothing of the answer; the call may have taken effect. */
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

/** The bootstrap stack's, where nobody chose another. */
const QUALIFIER = 'hnb659fds';

/**
 * Between the end of a deployment and the first request that undoes it. Requests that are sent closer together than the clocks of
 * CloudFormation's hosts agree can arrive in the wrong order unnoticed; that case is not tried.
 */
const SETTLING = 8 * SECOND;
