import { endsOnlyAWait, type History, isLastSlice, type MadeJob, runOf, type SentAnswer, type SentRequest } from './history';
import { NOT_APPLICABLE } from '../../../src/contract/custom-resource';
import { LEASE, PERMISSION_PROPAGATION } from '../../../src/engine/core/timing';
import { SECRET } from '../../engine/fakes/events';
import { excused, KEPT, keptIf, type Verdict, type Verdicts, violated } from '../guarantees';

/** What must hold after the life of a stack, judged by what the simulated services saw. */
export function judge(history: History): Verdicts {
  return {
    'a run that is asked for starts one job at most': oneJobPerRun(history),
    'no second job while one runs': noSecondJob(history),
    'no run again after its success': noRunAfterSuccess(history),
    'no job is started in a rollback': noStartInRollback(history),
    'every request is answered in time': everyRequestAnswered(history),
    'no request gets two different answers': noTwoAnswers(history),
    'no job runs when CloudFormation is told': noJobAtAnswer(history),
    'no job runs on after the stack has settled': [...noJobOnceSettled(history), ...noJobLeft(history)],
    'attributes are those of the job': attributesOfTheJob(history),
    'a rollback restores the attributes': rollbackRestores(history),
    'no stack is trapped in UPDATE_ROLLBACK_FAILED': noTrappedStack(history),
    'an answer fits 4096 bytes': answerFits(history),
    'no value or response URL is told or kept': noSecrets(history),
    'nothing throws or runs for ever': ends(history),
  };
}

// --- starts

/**
 * A deployment asks for one run of a job at most, through whichever resources of its slices. Twins may take each
 * other's jobs.
 */
function oneJobPerRun({ jobs, requests }: History): Verdict[] {
  const deployments = new Map(requests.map((request) => [deploymentOf(request), request.resource]));
  return [...deployments].map(([deployment, { groupSize }]) => {
    const made = jobs.filter(({ request }) => deploymentOf(request) === deployment);
    return keptIf(made.length <= groupSize, `${idsOf(made)} were started in one deployment`);
  });
}

function deploymentOf({ operation, resource }: SentRequest): string {
  return `${operation} ${resource.group}`;
}

/** The next run can not wait for a job that could not be stopped, if an answer has named that job. */
function noSecondJob(history: History): Verdict[] {
  return history.jobs.map(({ job, besides, request, sentAt }) => {
    if (besides.length < request.resource.groupSize) {
      return KEPT;
    }
    const unnamed = besides.filter((other) => !names(history, other, sentAt));
    return unnamed.length < request.resource.groupSize
      ? excused('an answer had said that the former job runs on')
      : violated(`${job.id} was made while ${idsOf(besides)} ran`);
  });
}

function noRunAfterSuccess(history: History): Verdict[] {
  return history.jobs.map((made) => {
    const { request, job } = made;
    const successes = history.jobsOf(request.resource.group).filter((other) => isFormerSuccess(history, other, made));
    return keptIf(successes.length < request.resource.groupSize, `${job.id} repeats a run that succeeded`);
  });
}

/** After a Delete, nothing is remembered of a resource's runs. */
function isFormerSuccess(history: History, former: MadeJob, made: MadeJob): boolean {
  const { group } = made.request.resource;
  const isForgotten = history.requests.some(
    ({ event, resource: other, sentAt, accepted }) =>
      event.RequestType === 'Delete' &&
      !endsOnlyAWait(event) &&
      other.group === group &&
      (accepted?.at ?? sentAt) >= former.sentAt &&
      sentAt <= made.sentAt,
  );
  const isSame = runOf(former.request) === runOf(made.request) && former.job.status === 'SUCCESS';
  return isSame && !isForgotten && former.endedAt !== undefined && former.endedAt <= made.sentAt;
}

/** A start that was claimed just before the rollback began may still be sent, and is cancelled. */
function noStartInRollback({ jobs }: History): Verdict[] {
  return jobs.map(({ job, request, notDeployingFor }) => {
    if (request.isRollback || request.event.RequestType === 'Delete' || notDeployingFor > LEASE) {
      return violated(`${job.id} was started ${notDeployingFor} ms after the stack stopped deploying`);
    }
    return notDeployingFor > 0 ? excused('a start was under way when the rollback began') : KEPT;
  });
}

// --- answers

function everyRequestAnswered(history: History): Verdict[] {
  return history.requests.filter(({ isAbandoned }) => !isAbandoned).map((request) => answered(history, request));
}

function answered(history: History, request: SentRequest): Verdict {
  const name = `${request.event.RequestType} ${request.event.RequestId} of ${request.resource.logicalId}`;
  const { accepted, givenUpAt } = request;
  if (accepted !== undefined && givenUpAt === undefined) {
    return KEPT;
  }
  if (accepted !== undefined) {
    return wasHeldUp(request) ? excused('answered after CloudFormation had given up, for faults just before') : violated(`${name} was answered too late`);
  }
  if (wasRefusedForGood(history, request)) {
    return excused('every delivery of the answer was refused, for good or until CloudFormation gave up');
  }
  if (wasLastTryRefused(history, request)) {
    return excused('the clock could not be started at the last delivery of the event, and the one answer of then was refused');
  }
  if (wasHeldUp(request) && isReplaced(history, request)) {
    return excused('replaced after CloudFormation had given up, for faults just before');
  }
  const startedNone = history.jobs.every((made) => made.request !== request);
  return request.areDeliveriesLost && startedNone ? excused('every delivery of the event was lost') : violated(`${name} is unanswered`);
}

/**
 * There were faults shortly before CloudFormation gave up. A function can stall for minutes, and is tried again only
 * after that.
 */
function wasHeldUp({ hits, givenUpAt = Infinity }: SentRequest): boolean {
  return hits.some((at) => at <= givenUpAt && at >= givenUpAt - HELD_UP);
}

const HELD_UP = 600_000;

/**
 * The answer existed, but its URL did not accept it: three times with a 403, or for as long as CloudFormation waited.
 */
function wasRefusedForGood({ answers }: History, request: SentRequest): boolean {
  const { givenUpAt = Infinity } = request;
  const tries = answers.filter((answer) => answer.request === request && answer.at <= givenUpAt);
  const isForGood = tries.length >= 3 && tries.some(({ outcome }) => outcome === 'refused');
  const isToTheEnd = tries.some(({ at }) => at >= givenUpAt - HELD_UP);
  return tries.every(({ outcome }) => outcome !== 'accepted') && (isForGood || isToTheEnd);
}

/** After Lambda's last delivery there are no more. */
function wasLastTryRefused({ answers }: History, request: SentRequest): boolean {
  const tries = answers.filter((answer) => answer.request === request);
  return tries.length > 0 && tries.every(({ outcome, parsed }) => outcome === 'refused' && parsed.Reason.includes('its clock can not be started'));
}

function isReplaced({ requests }: History, { resource, sentAt }: SentRequest): boolean {
  return requests.some((other) => other.resource.job === resource.job && other.sentAt > sentAt);
}

function noTwoAnswers({ requests, answers }: History): Verdict[] {
  return requests.map((request) => {
    const bodies = new Set(answers.filter((answer) => answer.request === request).map(({ body }) => body));
    if (request.accepted !== undefined && !bodies.has(request.accepted.body)) {
      return violated(`${request.event.RequestId} was answered ${request.accepted.body} of a request before`);
    }
    return keptIf(bodies.size <= 1, `${request.event.RequestId} was answered ${[...bodies].join(' and ')}`);
  });
}

function answerFits({ answers }: History): Verdict[] {
  return answers.map(({ body }) => keptIf(Buffer.byteLength(body) <= 4096, `an answer of ${Buffer.byteLength(body)} bytes`));
}

// --- jobs that run on

function noJobAtAnswer(history: History): Verdict[] {
  const counted = history.answers.filter(({ request, at, wasAbandoned }) => request.accepted?.at === at && !wasAbandoned);
  return counted.map((answer) => (isHandOver(answer) ? jobAtHandOver(history, answer) : jobsAtAnswer(history, answer)));
}

/** The slice is over, and the resource of the next one is asked about the job after this. */
function isHandOver({ request, parsed }: SentAnswer): boolean {
  return parsed.Status === 'SUCCESS' && request.event.RequestType !== 'Delete' && !isLastSlice(request) && !request.isRollback;
}

/** The job that may continue, besides those of its twins and those that could not be cancelled. */
function jobAtHandOver(history: History, { request, running, othersAtWork, body, at }: SentAnswer): Verdict {
  const untold = running.filter((made) => !names(history, made, at));
  const ofOtherRuns = untold.filter((made) => runOf(made.request) !== runOf(request));
  return keptIf(
    ofOtherRuns.length <= othersAtWork && untold.length <= othersAtWork + 1,
    `${idsOf(untold)} ran when a slice was handed over: ${body}`,
  );
}

function jobsAtAnswer(history: History, answer: SentAnswer): Verdict {
  const { request, at, othersAtWork, running } = answer;
  const later = history.jobs.filter((made) => made.request === request && made.createdAt > at);
  const all = [...running, ...later];
  if (all.length <= othersAtWork) {
    return KEPT;
  }
  if (isFollowed(history, request)) {
    return excused('only the wait of a slice was deleted, and the job was asked about after that');
  }
  const untold = all.filter((made) => !names(history, made, at));
  return untold.length > othersAtWork
    ? violated(`${idsOf(untold)} ran when the answer was ${answer.body}`)
    : excused('a job could not be cancelled, and the answer names it');
}

/**
 * Only the wait of a slice has ended. CloudFormation asks about the job once more, either to delete it or to wait for
 * it again.
 */
function isFollowed({ requests }: History, { event, resource, sentAt }: SentRequest): boolean {
  const later = requests.filter((other) => other.resource.job === resource.job && other.sentAt >= sentAt);
  return endsOnlyAWait(event) && later.some((other) => !endsOnlyAWait(other.event));
}

/** Whether an answer on the job has said, by then, that it may run. */
function names({ answers }: History, { job, request }: MadeJob, by: number): boolean {
  return answers.some(({ parsed: { Status, Reason }, request: other, at }) => {
    const isAbout = other.resource.group === request.resource.group && at <= by;
    return isAbout && Status === 'FAILED' && (Reason.includes(job.id) || /a job (that )?may have been started/.test(Reason));
  });
}

/** Each time that the stack settles: deployed, undone, failed or deleted. */
function noJobOnceSettled(history: History): Verdict[] {
  return history.settlings.map(({ running, at, status }) => {
    const untold = running.filter((made) => !names(history, made, at));
    if (untold.length === 0) {
      return running.length === 0 ? KEPT : excused('a job could not be cancelled, and an answer names it');
    }
    if (status === 'UPDATE_ROLLBACK_FAILED' && untold.every((made) => isCreateThatNobodyUndid(history, made, at))) {
      return excused('a rollback failed before CloudFormation had told a job that was new to stop');
    }
    const unexplained = untold.filter((made) => !wasGivenUpForFaults(history, made, at));
    return unexplained.length === 0
      ? excused('CloudFormation had given up on a request that faults had hit')
      : violated(`${idsOf(unexplained)} ran when the stack was ${status}`);
  });
}

/** A resource that an update created gets its Delete only after the rollback. */
function isCreateThatNobodyUndid({ requests }: History, { request }: MadeJob, by: number): boolean {
  const latest = requests.filter(({ resource, sentAt }) => resource.job === request.resource.job && sentAt <= by).at(-1);
  return latest === request && latest.event.RequestType === 'Create' && latest.isAbandoned;
}

/** Any of the twins may have the job. */
function wasGivenUpForFaults(history: History, { request: { resource } }: MadeJob, by: number): boolean {
  const ofGroup = history.requests.filter((request) => request.resource.group === resource.group && request.sentAt <= by);
  const latestOfJobs = new Map(ofGroup.map((request) => [request.resource.job, request])); // later ones replace earlier ones
  return [...latestOfJobs.values()].some(
    (latest) => latest.givenUpAt !== undefined && (wasHeldUp(latest) || latest.areDeliveriesLost || wasRefusedForGood(history, latest)),
  );
}

function noJobLeft(history: History): Verdict[] {
  return history.jobs.map((made) => {
    if (made.endedAt !== undefined && made.endedAt <= history.settledAt) {
      return KEPT;
    }
    const { job, request } = made;
    const latest = history.latestOf(request.resource.logicalId);
    if (latest?.areDeliveriesLost && latest.accepted === undefined) {
      return excused('a job is left, for every delivery of the last event was lost, and CloudFormation was told nothing');
    }
    return names(history, made, Infinity) ? excused('a job is left, and an answer names it') : violated(`${job.id} is left unnamed`);
  });
}

// --- attributes

function attributesOfTheJob(history: History): Verdict[] {
  return firstAnswers(history)
    .filter(({ request, parsed }) => request.event.RequestType !== 'Delete' && parsed.Status === 'SUCCESS')
    .map((answer) => matchJob(history, answer));
}

/**
 * What an answer says was true when it was first sent. It can be sent again when the stack has long been in another
 * state.
 */
function firstAnswers({ answers }: History): SentAnswer[] {
  return answers.filter((answer) => answers.find(({ request }) => request === answer.request) === answer);
}

function matchJob({ jobs }: History, answer: SentAnswer): Verdict {
  const { request, body, parsed, wasUndoing } = answer;
  const data = parsed.Data ?? {};
  const made = jobs.find(({ job }) => job.id === data.JobId);
  const isInterim = isHandOver(answer) && data.Status !== 'SUCCESS';
  if (made === undefined) {
    const hadNone = (request.attributesBefore?.JobId ?? NOT_APPLICABLE) === NOT_APPLICABLE;
    const isNone = data.JobId === NOT_APPLICABLE && (isInterim || ((request.isRollback || wasUndoing) && hadNone));
    return isNone ? excused(isInterim ? 'a slice was over before a job was started' : 'a rollback to attributes that never were') : violated(`no job of ${body}`);
  }
  const expected = isInterim ? {} : expectedAttributes(made);
  const differing = Object.entries(expected).filter(([name, value]) => data[name] !== value).map(([name]) => name);
  const isOfGroup = made.request.resource.group === request.resource.group;
  if (differing.length > 0 || !isOfGroup) {
    return violated(`${differing.join()} of ${body} differ`);
  }
  if (request.isRollback || runOf(made.request) === runOf(request)) {
    return KEPT;
  }
  return wasUndoing ? excused('an Update got the former attributes, for it was being undone') : violated(`another run's job in ${body}`);
}

function expectedAttributes({ job }: MadeJob): Record<string, string> {
  return {
    JobId: job.id,
    Status: 'SUCCESS',
    ResultLocation: `s3://results/uplift/${job.id}/`,
    ResultBucketName: 'results',
    ResultKeyPrefix: 'uplift',
    ResultReceivers: NOT_APPLICABLE,
    MembershipId: job.membershipId,
    MembershipArn: job.membershipArn,
    CreateTime: job.createTime.toISOString(),
    DurationInMillis: '600000',
    BilledUnits: '5.33',
  };
}

/** The stack reads its attributes from the last slice. */
function rollbackRestores({ answers }: History): Verdict[] {
  const restoring = answers.filter(({ request, parsed }) => request.isRollback && isLastSlice(request) && parsed.Status === 'SUCCESS');
  return restoring.map(({ request, body, parsed }) => {
    const { attributesBefore } = request;
    const after = parsed.Data ?? {};
    const isSame = Object.entries(attributesBefore ?? {}).every(([name, value]) => after[name] === value);
    return keptIf(isSame, `${body} instead of ${JSON.stringify(attributesBefore)}`);
  });
}

/** What may fail in a rollback: the cancellation of the job of the deployment that is undone, or the runner itself. */
function noTrappedStack(history: History): Verdict[] {
  const firsts = firstAnswers(history).filter(({ request }) => request.isRollback);
  return firsts.map((answer) => (answer.parsed.Status === 'SUCCESS' ? KEPT : failedRollback(answer)));
}

function failedRollback({ request, parsed: { Reason }, running, at }: SentAnswer): Verdict {
  const code = /^PJ-[A-Z-]+/.exec(Reason)?.[0];
  const isDenied = [...request.deniedSince.values()].some((since) => at - since >= PERMISSION_PROPAGATION);
  const reasons: Readonly<Partial<Record<string, boolean>>> = {
    'PJ-ACCESS-DENIED': isDenied,
    'PJ-CANCEL-FAILED': running.length > 0 || request.hits.length > 0,
    'PJ-INTERNAL': request.hits.length > 0,
  };
  return code !== undefined && reasons[code] ? excused(`a rollback failed with ${code}, and that was so`) : violated(Reason);
}

// --- secrets and ends

function noSecrets({ texts, answers }: History): Verdict[] {
  const told = [...texts, ...answers.map(({ body }) => body)];
  return told.map((text) => keptIf(!text.includes(SECRET) && !text.includes('X-Amz-Signature'), `in ${text}`));
}

function ends({ hasEnded, unexpectedErrors }: History): Verdict[] {
  return [keptIf(hasEnded, 'runs for ever'), ...unexpectedErrors.map(violated)];
}

function idsOf(jobs: readonly MadeJob[]): string {
  return jobs.map(({ job }) => job.id).join();
}
