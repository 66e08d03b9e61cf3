import { FOREIGN_JOB, hasEnded } from './outcomes';
import { type ModelJob, type SentRequest, type State } from './state';
import { NOT_APPLICABLE } from '../../../src/contract/custom-resource';
import { LEASE } from '../../../src/engine/core/timing';
import { SECRET } from '../../engine/fakes/events';
import { type Guarantee } from '../guarantees';
import { type ParsedAnswer, parseAnswer } from '../random/answer';

/** A guarantee that does not hold. */
export interface Violation {
  readonly guarantee: Guarantee;
  readonly detail: string;
}

type Check = (change: Change) => Violation[];

interface Change {
  readonly before: State;
  readonly after: State;
}

/** What is wrong after a step, judged by what the services saw, and not by what the engine remembers. */
export function violationsOf(change: Change): Violation[] {
  return CHECKS.flatMap((check) => check(change));
}

const CHECKS: readonly Check[] = [startsRightly, takesOnlyItsOwn, answersRightly, keepsNoSecret];

// --- a start

function startsRightly({ before, after }: Change): Violation[] {
  return after.jobs.length === before.jobs.length ? [] : problemsOfStart(after, after.jobs[after.jobs.length - 1]);
}

function problemsOfStart(state: State, job: ModelJob): Violation[] {
  const request = state.requests[job.request];
  const running = state.jobs.filter((other) => !hasEnded(other));
  const { notDeployingSince = Infinity } = state;
  return [
    ...violatedIf(isOneTooMany(state, job), 'a run that is asked for starts one job at most', `${job.id} is one more`),
    ...violatedIf(request.event.RequestType === 'Delete', 'a run that is asked for starts one job at most', `${job.id} for a Delete`),
    ...violatedIf(running.length > resourcesOf(state).length, 'no second job while one runs', `${running.length} run`),
    ...violatedIf(wasSuccessful(state, request), 'no run again after its success', `${job.id} repeats a success`),
    ...violatedIf(request.isRollback, 'no job is started in a rollback', `${job.id} for the rollback`),
    ...violatedIf(job.createdAt > notDeployingSince + LEASE, 'no job is started in a rollback', `${job.id} in ${state.stackStatus}`),
    ...violatedIf(isTooLate(request), 'no job runs when CloudFormation is told', `${job.id} after the answer`),
  ];
}

/** Resources with the same inputs may take each other's jobs, so that only their sum counts. */
function isOneTooMany(state: State, job: ModelJob): boolean {
  const asking = state.requests.filter(({ event, inputs }) => event.RequestType !== 'Delete' && inputs === job.inputs);
  const jobs = state.jobs.filter(({ inputs }) => inputs === job.inputs);
  return jobs.length > asking.length || (resourcesOf(state).length === 1 && isRepeated(state, job));
}

/** A run is tried again once CloudFormation was told that it failed, or wanted something else meanwhile. */
function isRepeated({ jobs, requests }: State, { inputs, request }: ModelJob): boolean {
  const former = jobs.filter((job) => job.inputs === inputs).at(-2);
  return former !== undefined && !requests.slice(former.request, request).some((sent) => endsRun(sent, inputs));
}

function endsRun(sent: SentRequest, inputs: string): boolean {
  return sent.event.RequestType === 'Delete' || sent.inputs !== inputs || statusOf(sent) === 'FAILED' || sent.isSuperseded;
}

/** Answered SUCCESS with these inputs, and not deleted since. */
function wasSuccessful({ requests }: State, { resource, inputs }: SentRequest): boolean {
  const own = requests.filter((sent) => isAbout(sent, resource));
  const lastDelete = own.map(({ event, accepted }) => event.RequestType === 'Delete' && accepted !== undefined).lastIndexOf(true);
  return own.slice(lastDelete + 1).some((sent) => sent.event.RequestType !== 'Delete' && sent.inputs === inputs && statusOf(sent) === 'SUCCESS');
}

function isTooLate(request: SentRequest): boolean {
  return request.accepted !== undefined && !MAY_HAVE_STARTED.test(answerOf(request)?.Reason ?? '');
}

function takesOnlyItsOwn({ after }: Change): Violation[] {
  return violatedIf(FOREIGN_JOB in after.ledger.claims, 'attributes are those of the job', 'the job of somebody else is taken');
}

// --- an answer

function answersRightly({ before, after }: Change): Violation[] {
  return after.requests.flatMap((request, index) => {
    const former = before.requests.at(index);
    return former === undefined || former === request ? [] : problemsOfAnswer(after, former, request);
  });
}

function problemsOfAnswer(state: State, former: SentRequest, request: SentRequest): Violation[] {
  const { bodies, accepted, isSuperseded } = request;
  const body = bodies.at(-1) ?? '';
  const isNew = former.accepted === undefined && accepted !== undefined && !isSuperseded;
  return [
    ...violatedIf(bodies.length > 1, 'no request gets two different answers', bodies.join(' and ')),
    ...violatedIf(Buffer.byteLength(body) > 4096, 'an answer fits 4096 bytes', body),
    ...(isNew ? problemsOfAccepted(state, request, parseAnswer(accepted)) : []),
  ];
}

function problemsOfAccepted(state: State, request: SentRequest, answer: ParsedAnswer): Violation[] {
  const isLate = state.now > request.sentAt + SERVICE_TIMEOUT;
  return [
    ...violatedIf(isLate && request.isAnswerRefused !== true, 'every request is answered in time', `${request.event.RequestId} too late`),
    ...unnamedRunning(state, request).map((job) => violation('no job runs when CloudFormation is told', `${job.id} runs at ${request.accepted}`)),
    ...problemsOfAttributes(state, request, answer),
    ...problemsOfRollback(state, request, answer),
  ];
}

/** The value that protected-job.ts sets for the timeout of the scenarios. */
const SERVICE_TIMEOUT = 3_600_000;

/** Resources with the same inputs may have each other's jobs: as many may run as others are still at work. */
function unnamedRunning(state: State, request: SentRequest): ModelJob[] {
  const others = state.requests.filter((other) => other.resource !== request.resource && other.accepted === undefined && !other.isSuperseded);
  const running = state.jobs.filter((job) => {
    const isConcerned = !hasEnded(job) && (others.length > 0 || sharesRuns(state, job, request));
    return isConcerned && !isNamed(state, job) && !mayRunOn(job, request);
  });
  return running.length > others.length ? running : [];
}

/** The job of a deployment that does not wait for its end. */
function mayRunOn(job: ModelJob, { event, resource, inputs }: SentRequest): boolean {
  const isUnawaited = event.RequestType !== 'Delete' && event.ResourceProperties.WaitForCompletion === 'false';
  return isUnawaited && job.resource === resource && job.inputs === inputs;
}

function sharesRuns({ requests }: State, job: ModelJob, { resource, inputs }: SentRequest): boolean {
  return job.resource === resource || requests[job.request].inputs === inputs;
}

function isNamed({ requests }: State, { id, resource }: ModelJob): boolean {
  return requests.some((request) => isAbout(request, resource) && mayName(request, id));
}

const MAY_HAVE_STARTED = /a job (that )?may have been started/;

/** Whether CloudFormation was told that the job, or one that nobody knows, may run. */
function mayName(request: SentRequest, jobId: string): boolean {
  const { Status, Reason = '' } = answerOf(request) ?? {};
  return Status === 'FAILED' && (Reason.includes(jobId) || MAY_HAVE_STARTED.test(Reason));
}

function problemsOfAttributes(state: State, request: SentRequest, { Status, Data = {} }: ParsedAnswer): Violation[] {
  if (Status !== 'SUCCESS' || request.event.RequestType === 'Delete' || request.isRollback) {
    return [];
  }
  const job = state.jobs.find(({ id }) => id === Data.JobId);
  const hasEndedWell = job !== undefined && (job.status === 'SUCCESS' || mayRunOn(job, request));
  const isRight = hasEndedWell && isOfRun(state, job, request);
  const differs = job !== undefined && Data.ResultLocation !== `s3://results/uplift/${job.id}/`;
  return violatedIf(!isRight || differs, 'attributes are those of the job', `${request.event.RequestId} got ${JSON.stringify(Data)}`);
}

function isOfRun({ requests }: State, job: ModelJob, { resource, inputs }: SentRequest): boolean {
  const isTwins = requests.some((request) => request.resource !== resource);
  return job.inputs === inputs && (job.resource === resource || isTwins);
}

function problemsOfRollback(state: State, request: SentRequest, { Status, Reason, Data = {} }: ParsedAnswer): Violation[] {
  if (!request.isRollback) {
    return [];
  }
  if (Status !== 'SUCCESS') {
    const isExcused = /^PJ-(CANCEL-FAILED|ACCESS-DENIED|INTERNAL)/.test(Reason);
    return violatedIf(!isExcused, 'no stack is trapped in UPDATE_ROLLBACK_FAILED', Reason);
  }
  const before = attributesBefore(state, request);
  const isSame = Object.entries(before).every(([name, value]) => Data[name] === value);
  return violatedIf(!isSame, 'a rollback restores the attributes', `${JSON.stringify(Data)} instead of ${JSON.stringify(before)}`);
}

function attributesBefore({ requests }: State, rollback: SentRequest): Readonly<Record<string, string>> {
  const before = requests.filter((request) => isAbout(request, rollback.resource) && request !== rollback && request.inputs === rollback.inputs);
  const last = before.filter((request) => statusOf(request) === 'SUCCESS').at(-1);
  return (last && answerOf(last)?.Data) ?? { JobId: NOT_APPLICABLE };
}

// --- secrets

/** What is logged or thrown. */
export function violationsOfText(text: string): Violation[] {
  return violatedIf(hasSecret(text), 'no value or response URL is told or kept', text);
}

/** The value must be in the stored request, and nowhere else. */
function keepsNoSecret({ before, after }: Change): Violation[] {
  const records = Object.values(after.ledger.records).filter((text) => !Object.values(before.ledger.records).includes(text));
  const ticks = after.executions.filter((execution) => !before.executions.includes(execution)).map(({ tick }) => JSON.stringify(tick));
  const bodies = after.requests.flatMap((request, index) => (request === before.requests.at(index) ? [] : request.bodies));
  return [...records, ...ticks, ...bodies].flatMap(violationsOfText);
}

function hasSecret(text: string): boolean {
  return text.includes(SECRET) || text.includes('X-Amz-Signature');
}

// --- the end

/** What is wrong when nothing is left to happen. */
export function violationsAtEnd(state: State): Violation[] {
  return [
    ...state.requests.filter(isUnanswered).flatMap((request) => problemsOfUnanswered(state, request)),
    ...state.jobs.filter((job) => !hasEnded(job) && !isNamed(state, job)).flatMap((job) => problemsOfLeft(state, job)),
  ];
}

function isUnanswered({ accepted, isSuperseded }: SentRequest): boolean {
  return accepted === undefined && !isSuperseded;
}

/** A request can not be answered if every delivery of it was lost, or if CloudFormation does not accept the answer. */
function problemsOfUnanswered(state: State, request: SentRequest): Violation[] {
  const hasJob = state.jobs.some((job) => state.requests[job.request] === request);
  const isExcused = request.isAnswerRefused === true || (request.areDeliveriesLost === true && !hasJob);
  return violatedIf(!isExcused, 'every request is answered in time', `${request.event.RequestId} has no answer`);
}

function problemsOfLeft({ requests }: State, job: ModelJob): Violation[] {
  const latest = requests.filter((request) => isAbout(request, job.resource)).at(-1);
  const isExcused = latest?.areDeliveriesLost === true && latest.accepted === undefined;
  const isLeftAlone = latest !== undefined && mayRunOn(job, latest) && statusOf(latest) === 'SUCCESS';
  return violatedIf(!isExcused && !isLeftAlone, 'no job runs on after the stack has settled', `${job.id} is left`);
}

// ---

function isAbout(request: SentRequest, resource: string): boolean {
  return request.resource === resource;
}

function resourcesOf({ requests }: State): string[] {
  return [...new Set(requests.map(({ resource }) => resource))];
}

function statusOf(request: SentRequest): string | undefined {
  return answerOf(request)?.Status;
}

function answerOf({ accepted }: SentRequest): ParsedAnswer | undefined {
  return accepted === undefined ? undefined : parseAnswer(accepted);
}

function violatedIf(condition: boolean, guarantee: Guarantee, detail: string): Violation[] {
  return condition ? [violation(guarantee, detail)] : [];
}

function violation(guarantee: Guarantee, detail: string): Violation {
  return { guarantee, detail };
}
