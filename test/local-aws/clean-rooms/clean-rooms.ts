/**
 * Clean Rooms: protected jobs with the API of the real client, and the resources that they need. No analysis is run.
 * Not here: protected queries, the API of the resources, analysis rules, approval of templates, logs of jobs.
 * What the API's model does not say (messages, codes of failed jobs, who may receive results) is inferred.
 */
import { type Account } from '../account';
import { type Clock } from '../clock';
import { type IamService } from '../iam/iam';
import { isObject, isText, type JsonObject } from '../json';
import { OperationFaults } from '../operation-faults';
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type ResourceType, type Service } from '../service';
import {
  Collaborations,
  hashArtifact,
  notFound,
  type AnalysisTemplate,
  type Artifact,
  type Collaboration,
  type JobResults,
  type Membership,
  type ObjectStore,
  type TemplateParameter,
} from './collaborations';
import { billedUnits, isOngoing, JobRunner, type Job, type JobDurations, type JobError, type JobErrorCode, type JobRequest } from './jobs';
import { readCall, validationError, writeOutput } from './protocol';
import { cleanRoomsResourceTypes } from './resource-types';

export interface CleanRoomsOptions extends Account {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly s3: ObjectStore;
}

/** A StartProtectedJob that passed the schemas, with its result. */
export interface StartRequest {
  readonly time: number;
  readonly input: JsonObject;
  readonly caller: Caller;
  /** The job that it started; undefined for a refused request. */
  readonly jobId?: string;
  /** The code of the error that it got. */
  readonly error?: string;
}

type Operation = (input: JsonObject, caller: Caller) => JsonObject;

export class CleanRoomsService implements Service {
  readonly signingName = 'cleanrooms';
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  readonly faults = new OperationFaults({
    throttled: new AwsError('ThrottlingException', 'Rate exceeded', 429),
    internalError: new AwsError('InternalServerException', 'Unexpected error during processing of request.', 500),
  });
  /** The quota of ongoing PySpark jobs, which is adjustable: 5 in us-east-1, 2 in other regions. */
  jobsPerAccount: number;
  /** The quota of vCPUs of all workers, which is adjustable: 1,024 in us-east-1, 512 in other regions. */
  vcpusPerAccount: number;
  /** Whether Get returns the template's defaults for parameters that were not given. AWS does not document it; this is the harder way. */
  echoesDefaults = true;
  /** The quota of ongoing jobs per membership. It is not adjustable, but a test may want to see what a second start would do. */
  jobsPerMembership?: (membership: Membership) => number;
  readonly collaborations: Collaborations;
  private readonly runner: JobRunner;
  private readonly startLog: StartRequest[] = [];
  private visibilityDelayOf?: (job: Job) => number;
  private readonly operations: Readonly<Record<string, Operation>> = {
    StartProtectedJob: (input, caller) => this.startAndLog(input, caller),
    GetProtectedJob: (input, caller) => this.getProtectedJob(input, caller),
    UpdateProtectedJob: (input, caller) => this.updateProtectedJob(input, caller),
    ListProtectedJobs: (input, caller) => this.listProtectedJobs(input, caller),
  };

  constructor(private readonly options: CleanRoomsOptions) {
    this.jobsPerAccount = options.region === 'us-east-1' ? 5 : 2;
    this.vcpusPerAccount = options.region === 'us-east-1' ? 1024 : 512;
    this.collaborations = new Collaborations(options);
    this.runner = new JobRunner(options);
    this.resourceTypes = cleanRoomsResourceTypes(this.collaborations, options);
  }

  // --- For tests

  jobs(): readonly Job[] {
    return this.runner.jobs;
  }

  startRequests(): readonly StartRequest[] {
    return this.startLog;
  }

  get jobDurations(): JobDurations {
    return this.runner.durations;
  }

  failJobs(decide: (job: Job) => JobError | undefined): void {
    this.runner.failureOf = decide;
  }

  /** Milliseconds of the embedded clock that a job runs; undefined for the usual duration. */
  setRunTime(decide: (job: Job) => number | undefined): void {
    this.runner.runTimeOf = decide;
  }

  setOutputKeys(decide: (job: Job) => readonly string[]): void {
    this.runner.outputKeysOf = decide;
  }

  hangInCancelling(decide: (job: Job) => boolean = () => true): void {
    this.runner.hangsInCancelling = decide;
  }

  /** Cancels the job as somebody in the console. */
  cancelJob(job: Job): void {
    this.runner.cancel(job);
  }

  /** The status in which a cancelled job ends that was about to end anyway. Undefined for CANCELLED. */
  setEndOfCancelling(decide: (job: Job) => 'SUCCESS' | 'FAILED' | undefined): void {
    this.runner.endOfCancelling = decide;
  }

  /** How long Get, List and Update do not see a job after its start, in milliseconds of the embedded clock. */
  setVisibilityDelay(decide: (job: Job) => number): void {
    this.visibilityDelayOf = decide;
  }

  addCollaboration(properties: Partial<Collaboration> = {}): Collaboration {
    return this.collaborations.addCollaboration(properties);
  }

  /** A membership outside of any stack, by default of this account and in a collaboration of its own. */
  addMembership(properties: { collaboration?: Collaboration; accountId?: string; results?: JobResults } = {}): Membership {
    return this.collaborations.addMembership(properties);
  }

  /** An analysis template outside of any stack; its artifacts must be in S3. */
  async addAnalysisTemplate({
    membership,
    parameters,
    tables,
    artifacts = [],
    format = 'PYSPARK_1_0',
  }: {
    membership: Membership;
    parameters?: readonly TemplateParameter[];
    tables?: readonly string[];
    artifacts?: readonly Artifact[];
    format?: string;
  }): Promise<AnalysisTemplate> {
    const artifactHashes = await Promise.all(artifacts.map((artifact) => hashArtifact(this.options.s3, artifact)));
    return this.collaborations.addTemplate({ membership, parameters, tables, artifacts, artifactHashes, format });
  }

  stop(): void {
    this.runner.stop();
  }

  // --- The API

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation, input } = readCall(request);
    const perform = this.operations[operation];
    if (!perform) {
      throw new AwsError('UnknownOperationException', `The embedded Clean Rooms do not know ${operation}`, 404);
    }
    const output = await this.faults.around(operation, input, async () => perform(input, request.caller));
    return { status: 200, headers: { 'content-type': 'application/json' }, body: writeOutput(operation, output) };
  }

  private startAndLog(input: JsonObject, caller: Caller): JsonObject {
    const entry = { time: this.options.clock.now(), input, caller };
    try {
      const job = this.startProtectedJob(input, caller);
      this.startLog.push({ ...entry, jobId: job.id });
      return { protectedJob: this.describe(job) };
    } catch (error) {
      this.startLog.push({ ...entry, error: error instanceof AwsError ? error.code : String(error) });
      throw error;
    }
  }

  private startProtectedJob(input: JsonObject, caller: Caller): Job {
    const jobParameters = objectOf(input.jobParameters);
    const templateArn = String(jobParameters.analysisTemplateArn);
    const membershipId = String(input.membershipIdentifier);
    this.options.iam.authorize(caller, 'cleanrooms:StartProtectedJob', [this.membershipArn(membershipId), templateArn]);
    const membership = this.collaborations.ownMembership(membershipId);
    const template = this.collaborations.template(templateArn, membership.collaboration);
    this.authorizeReads(template, membership.collaboration, caller);
    const request = this.jobRequest(input, membership, template);
    checkRequest(request);
    this.checkQuotas(request);
    return this.runner.submit(request);
  }

  /**
   * What a start reads. The dependent actions are those of AWS's permission guide, their resources those of the service
   * authorization reference. How the service really checks them is not documented.
   */
  private authorizeReads({ arn, tables = [] }: AnalysisTemplate, collaboration: Collaboration, caller: Caller): void {
    const { iam } = this.options;
    const associations = tables.filter((table) => table.includes('/configuredtableassociation/'));
    iam.authorize(caller, 'cleanrooms:StartProtectedJob', tables);
    iam.authorize(caller, 'cleanrooms:GetCollaborationAnalysisTemplate', [arn, collaboration.arn]);
    iam.authorize(caller, 'cleanrooms:GetSchema', [collaboration.arn, ...associations]);
  }

  private jobRequest(input: JsonObject, membership: Membership, template: AnalysisTemplate): JobRequest {
    const receiverAccountId =
      objectOf(objectOf(objectOf(input.resultConfiguration).outputConfiguration).member).accountId ?? membership.accountId;
    const computeConfiguration = isObject(input.computeConfiguration) ? input.computeConfiguration : undefined;
    // The default is 32 CRPU.
    const { type = 'CR.1X', number = 16 } = objectOf(computeConfiguration?.worker);
    return {
      membership,
      template,
      parameters: textsOf(objectOf(input.jobParameters).parameters),
      computeConfiguration,
      worker: { type: String(type), number: Number(number) },
      receiverAccountId: String(receiverAccountId),
      receiver: this.collaborations.memberOf(membership.collaboration, String(receiverAccountId)),
      ...(isText(input.jobComputePayerAccountId) && { payerAccountId: input.jobComputePayerAccountId }),
    };
  }

  private checkQuotas(request: JobRequest): void {
    const { membership } = request;
    const ongoing = this.runner.jobs.filter(isOngoing);
    const quota = this.jobsPerMembership?.(membership) ?? 1;
    if (ongoing.filter((job) => job.membership.id === membership.id).length >= quota) {
      throw quotaExceeded('Ongoing protected jobs per membership', quota);
    }
    if (ongoing.length >= this.jobsPerAccount) {
      throw quotaExceeded('Ongoing PySpark jobs per account', this.jobsPerAccount);
    }
    if (ongoing.reduce((sum, job) => sum + vcpusOf(job), vcpusOf(request)) > this.vcpusPerAccount) {
      throw quotaExceeded('vCPUs of PySpark workers per account', this.vcpusPerAccount);
    }
  }

  private getProtectedJob(input: JsonObject, caller: Caller): JsonObject {
    return { protectedJob: this.describe(this.job(input, caller, 'cleanrooms:GetProtectedJob')) };
  }

  private updateProtectedJob(input: JsonObject, caller: Caller): JsonObject {
    const job = this.job(input, caller, 'cleanrooms:UpdateProtectedJob');
    if (!isOngoing(job)) {
      throw new AwsError('ConflictException', `The protected job ${job.id} can not be cancelled: its status is ${job.status}.`, 409, {
        reason: 'INVALID_STATE',
        resourceId: job.id,
      });
    }
    this.runner.cancel(job);
    return { protectedJob: this.describe(job) };
  }

  private listProtectedJobs(input: JsonObject, caller: Caller): JsonObject {
    const membershipId = String(input.membershipIdentifier);
    this.options.iam.authorize(caller, 'cleanrooms:ListProtectedJobs', this.membershipArn(membershipId));
    const membership = this.collaborations.ownMembership(membershipId);
    const newestFirst = this.visibleJobs(membership)
      .reverse()
      .filter(({ status }) => input.status === undefined || status === input.status);
    const start = isText(input.nextToken) ? 1 + newestFirst.findIndex(({ id }) => id === decodeToken(input.nextToken)) : 0;
    if (isText(input.nextToken) && start === 0) {
      throw validationError([{ name: 'nextToken', message: 'The token is not valid' }]);
    }
    const end = start + (typeof input.maxResults === 'number' ? input.maxResults : 100);
    return {
      protectedJobs: newestFirst.slice(start, end).map(summaryOf),
      ...(end < newestFirst.length && { nextToken: Buffer.from(newestFirst[end - 1].id).toString('base64') }),
    };
  }

  private job(input: JsonObject, caller: Caller, action: string): Job {
    const membershipId = String(input.membershipIdentifier);
    this.options.iam.authorize(caller, action, this.membershipArn(membershipId));
    const membership = this.collaborations.ownMembership(membershipId);
    const id = String(input.protectedJobIdentifier);
    const job = this.visibleJobs(membership).find((candidate) => candidate.id === id);
    if (!job) {
      throw notFound('PROTECTED_JOB', id);
    }
    return job;
  }

  private visibleJobs(membership: Membership): Job[] {
    const now = this.options.clock.now();
    return this.runner.jobs.filter((job) => job.membership.id === membership.id && job.createTime + (this.visibilityDelayOf?.(job) ?? 0) <= now);
  }

  private describe(job: Job): JsonObject {
    return {
      id: job.id,
      membershipId: job.membership.id,
      membershipArn: job.membership.arn,
      createTime: new Date(job.createTime),
      status: job.status,
      jobParameters: { analysisTemplateArn: job.template.arn, parameters: this.shownParameters(job) },
      resultConfiguration: resultConfigurationOf(job),
      statistics: statisticsOf(job),
      result: job.status === 'SUCCESS' ? { output: outputOf(job) } : undefined,
      error: job.error && { ...job.error, retry: { retryable: RETRYABLE.includes(job.error.code) } },
      computeConfiguration: job.computeConfiguration,
      jobComputePayerAccountId: payerOf(job),
    };
  }

  private shownParameters({ parameters, template }: Job): JsonObject | undefined {
    const defaults = this.echoesDefaults ? (template.parameters ?? []) : [];
    const all = { ...Object.fromEntries(defaults.map(({ name, defaultValue }) => [name, defaultValue])), ...parameters };
    return Object.keys(all).length > 0 ? all : undefined;
  }

  private membershipArn(id: string): string {
    return this.collaborations.arn(this.options.accountId, `membership/${id}`);
  }
}

/** What is known to be wrong before anything runs. */
function checkRequest({ membership, template, receiverAccountId, receiver, payerAccountId, parameters }: JobRequest): void {
  const { abilities } = membership.collaboration;
  if (abilities && !abilities.get(membership.accountId)?.includes('CAN_RUN_JOB')) {
    throw new AwsError(
      'AccessDeniedException',
      `Account ${membership.accountId} does not have the ability CAN_RUN_JOB in the collaboration.`,
      403,
      { reason: 'INSUFFICIENT_PERMISSIONS' },
    );
  }
  if (!template.format.startsWith('PYSPARK')) {
    throw field('jobParameters.analysisTemplateArn', `The analysis template has the format ${template.format}, not PySpark`);
  }
  // User guide: the member who creates the PySpark template must be the one who receives the results.
  if (template.membership.accountId !== receiverAccountId) {
    throw field(
      'resultConfiguration',
      `The results can be received only by ${template.membership.accountId}, the member who created the analysis template`,
    );
  }
  if (!receiver && !abilities?.has(receiverAccountId)) {
    throw field('resultConfiguration', `${receiverAccountId} is not a member of the collaboration`);
  }
  if (payerAccountId !== undefined && payerAccountId !== membership.accountId && !abilities?.has(payerAccountId)) {
    throw field('jobComputePayerAccountId', `${payerAccountId} is not a member of the collaboration`);
  }
  checkParameters(template, parameters);
}

function checkParameters({ parameters: declared }: AnalysisTemplate, given: Readonly<Record<string, string>>): void {
  if (!declared) {
    return;
  }
  const unknown = Object.keys(given).filter((name) => !declared.some((parameter) => parameter.name === name));
  if (unknown.length > 0) {
    throw field('jobParameters.parameters', `The analysis template has no parameters ${unknown.join(', ')}`);
  }
  const missing = declared.filter(({ name, defaultValue }) => defaultValue === undefined && !(name in given)).map(({ name }) => name);
  if (missing.length > 0) {
    throw field('jobParameters.parameters', `Values are missing for the parameters ${missing.join(', ')}`);
  }
}

function field(name: string, message: string): AwsError {
  return validationError([{ name, message }]);
}

function quotaExceeded(quotaName: string, quotaValue: number): AwsError {
  return new AwsError('ServiceQuotaExceededException', `You have reached the limit of ${quotaValue}: ${quotaName}`, 402, {
    quotaName,
    quotaValue,
  });
}

function resultConfigurationOf({ membership, receiver, receiverAccountId }: Job): JsonObject | undefined {
  if (receiverAccountId !== membership.accountId) {
    return { outputConfiguration: { member: { accountId: receiverAccountId } } };
  }
  const results = receiver?.results;
  return results && { outputConfiguration: { s3: { bucket: results.bucket, keyPrefix: results.keyPrefix } } };
}

function statisticsOf(job: Job): JsonObject | undefined {
  if (job.endTime === undefined) {
    return undefined;
  }
  return { totalDurationInMillis: Math.round(job.endTime - job.createTime), billedResourceUtilization: { units: billedUnits(job) } };
}

function outputOf({ location, receiverAccountId }: Job): JsonObject {
  return location === undefined ? { memberList: [{ accountId: receiverAccountId }] } : { s3: { location } };
}

/** If the start does not say who pays, the collaboration decides. Here it is the member who runs the job. */
function payerOf({ payerAccountId, membership }: Job): string {
  return payerAccountId ?? membership.accountId;
}

/** AWS does not publish which codes have this mark. */
const RETRYABLE: readonly JobErrorCode[] = ['TRANSIENT_ERROR', 'INTERNAL_ERROR'];

const vcpusByWorker: Readonly<Record<string, number>> = { 'CR.1X': 4, 'CR.4X': 16 };

function vcpusOf({ worker }: JobRequest): number {
  return worker.number * (vcpusByWorker[worker.type] ?? 0);
}

function summaryOf(job: Job): JsonObject {
  const { id, membership, createTime, status, receiverAccountId } = job;
  return {
    jobComputePayerAccountId: payerOf(job),
    id,
    membershipId: membership.id,
    membershipArn: membership.arn,
    createTime: new Date(createTime),
    status,
    receiverConfigurations: [
      {
        analysisType: 'DIRECT_ANALYSIS',
        configurationDetails: { directAnalysisConfigurationDetails: { receiverAccountIds: [receiverAccountId] } },
      },
    ],
  };
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, element]) => [name, String(element)]));
}

function decodeToken(token: unknown): string {
  return Buffer.from(String(token), 'base64').toString();
}
