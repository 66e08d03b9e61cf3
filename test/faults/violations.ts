import { parseAnswer } from './answer';
import { History, MadeJob, SentAnswer, SentRequest } from './history';
import { NOT_APPLICABLE } from '../../src/contract';
import { LEASE } from '../../src/engine/timing';
import { SECRET } from '../engine/fakes/events';

/** What was found out about one thing that a guarantee is about. An excuse is a case that only has to satisfy a weaker rule, and does. */
export interface Verdict {
  readonly kind: 'kept' | 'excused' | 'violated';
  readonly detail: string;
}

const KEPT: Verdict = { kind: 'kept', detail: '' };

function violated(detail: string): Verdict {
  return { kind: 'violated', detail };
}

function excused(detail: string): Verdict {
  return { kind: 'excused', detail };
}

function keptIf(condition: boolean, detail: string): Verdict {
  return condition ? KEPT : violated(detail);
}

/** What must hold after each run, judged by what the simulated services saw. */
export const GUARANTEES: Readonly<Record<string, (history: History) => Verdict[]>> = {
  'a run that is asked for starts one job at most': oneJobPerRequest,
  'no second job while one runs': noSecondJob,
  'no run again after its success': noRunAfterSuccess,
  'no job is started in a rollback': noStartInRollback,
  'every request is answered in time': everyRequestAnswered,
  'no request gets two different answers': noTwoAnswers,
  'no job runs when CloudFormation is told': noJobAtAnswer,
  'no job runs on after the stack has settled': noJobLeft,
  'attributes are those of the job': attributesOfTheJob,
  'a rollback restores the attributes': rollbackRestores,
  'no stack is trapped in UPDATE_ROLLBACK_FAILED': noTrappedStack,
  'an answer fits 4096 bytes': answerFits,
  'no value or response URL is told or kept': noSecrets,
  'nothing throws or runs for ever': ends,
};

// --- starts

function oneJobPerRequest(history: History): Verdict[] {
  const groups = new Set(history.requests.map(({ resource }) => resource.group));
  return [...groups].map((group) => {
    const asking = history.requests.filter(({ resource, event }) => resource.group === group && event.RequestType !== 'Delete');
    const jobs = history.jobsOf(group).length;
    return keptIf(jobs <= asking.length && perRequest(history, group) <= 1, `${jobs} jobs of ${group} for ${asking.length} requests`);
  });
}

/** Resources with the same inputs may take each other's jobs, so that only their sum counts. */
function perRequest(history: History, group: string): number {
  const jobs = history.jobsOf(group).filter(({ request }) => request.resource.groupSize === 1);
  return Math.max(0, ...jobs.map(({ request }) => jobs.filter((other) => other.request === request).length));
}

function noSecondJob({ jobs }: History): Verdict[] {
  return jobs.map(({ job, besides, request }) =>
    keptIf(besides < request.resource.groupSize, `${job.id} was made while ${besides} ran`),
  );
}

function noRunAfterSuccess(history: History): Verdict[] {
  return history.jobs.map((made) => {
    const { request, job } = made;
    const successes = history.jobsOf(request.resource.group).filter((other) => isFormerSuccess(history, other, made));
    return keptIf(successes.length < request.resource.groupSize, `${job.id} repeats a run that succeeded`);
  });
}

/** A Delete ends what is remembered of a resource's runs. */
function isFormerSuccess(history: History, former: MadeJob, made: MadeJob): boolean {
  const { resource } = made.request;
  const isForgotten = history.requests.some(
    ({ event, resource: other, sentAt, accepted }) =>
      event.RequestType === 'Delete' &&
      other.group === resource.group &&
      (accepted?.at ?? sentAt) >= former.sentAt &&
      sentAt <= made.sentAt,
  );
  const isSame = segmentOf(former) === segmentOf(made) && former.job.status === 'SUCCESS';
  return isSame && !isForgotten && former.endedAt !== undefined && former.endedAt <= made.sentAt;
}

function segmentOf({ job }: MadeJob): string | undefined {
  return job.parameters?.segment;
}

/** A start that was claimed just before the rollback began may still be sent, and is cancelled. */
function noStartInRollback({ jobs }: History): Verdict[] {
  return jobs.map(({ job, request, notDeployingFor }) => {
    if (request.isRollback || notDeployingFor > LEASE) {
      return violated(`${job.id} was started ${notDeployingFor} ms after the stack stopped deploying`);
    }
    return notDeployingFor > 0 ? excused('a start was under way when the rollback began') : KEPT;
  });
}

// --- answers

function everyRequestAnswered(history: History): Verdict[] {
  return history.requests.filter(({ isSuperseded, isGivenUp }) => !isSuperseded || isGivenUp).map((request) => answered(history, request));
}

function answered(history: History, request: SentRequest): Verdict {
  const name = `${request.event.RequestType} ${request.event.RequestId}`;
  const { accepted, isGivenUp, isSuperseded, isHit } = request;
  if (accepted !== undefined && !isGivenUp) {
    return KEPT;
  }
  if (accepted !== undefined) {
    return isHit ? excused('answered after CloudFormation had given up, for faults') : violated(`${name} was answered too late`);
  }
  if (isSuperseded && isHit) {
    return excused('superseded after CloudFormation had given up, for faults');
  }
  if (history.answers.some((answer) => answer.request === request)) {
    return excused('every delivery of the answer was refused');
  }
  const startedNone = history.jobs.every((made) => made.request !== request);
  return request.areDeliveriesLost && startedNone ? excused('every delivery of the event was lost') : violated(`${name} is unanswered`);
}

function noTwoAnswers({ requests, answers }: History): Verdict[] {
  return requests.map((request) => {
    const bodies = new Set(answers.filter((answer) => answer.request === request).map(({ body }) => body));
    return keptIf(bodies.size <= 1, `${request.event.RequestId} was answered ${[...bodies].join(' and ')}`);
  });
}

function answerFits({ answers }: History): Verdict[] {
  return answers.map(({ body }) => keptIf(Buffer.byteLength(body) <= 4096, `an answer of ${Buffer.byteLength(body)} bytes`));
}

// --- jobs that run on

function noJobAtAnswer(history: History): Verdict[] {
  const counted = history.answers.filter(({ request, at, wasSuperseded }) => request.accepted?.at === at && !wasSuperseded);
  return counted.map((answer) => jobsAtAnswer(history, answer));
}

function jobsAtAnswer(history: History, answer: SentAnswer): Verdict {
  const { request, at, othersAtWork, running } = answer;
  const isTold = (made: MadeJob) => names(history, made, at);
  const later = history.jobs.filter((made) => made.request === request && made.createdAt > at);
  const untold = [...running, ...later].filter((made) => !isTold(made));
  if (untold.length > othersAtWork) {
    return violated(`${untold.map(({ job }) => job.id).join()} ran when the answer was ${answer.body}`);
  }
  return running.length > othersAtWork ? excused('a job could not be cancelled, and the answer names it') : KEPT;
}

/** Whether an answer on the job's resource has said, by then, that it may run. */
function names(history: History, { job, request }: MadeJob, by: number): boolean {
  return history.answers.some((answer) => {
    const { Status, Reason } = parseAnswer(answer.body);
    const isAbout = answer.request.resource.group === request.resource.group && answer.at <= by;
    return isAbout && Status === 'FAILED' && (Reason.includes(job.id) || /a job (that )?may have been started/.test(Reason));
  });
}

function noJobLeft(history: History): Verdict[] {
  return history.jobs.map((made) => {
    if (made.endedAt !== undefined && made.endedAt <= history.settledAt) {
      return KEPT;
    }
    const { job, request } = made;
    const latest = history.latestOf(request.resource);
    if (latest?.areDeliveriesLost && latest.accepted === undefined) {
      return excused('a job is left, for every delivery of the last event was lost, and CloudFormation was told nothing');
    }
    return names(history, made, Infinity) ? excused('a job is left, and an answer names it') : violated(`${job.id} is left unnamed`);
  });
}

// --- attributes

function attributesOfTheJob(history: History): Verdict[] {
  const successes = firstAnswers(history).filter(({ request, body }) => {
    return request.event.RequestType !== 'Delete' && parseAnswer(body).Status === 'SUCCESS';
  });
  return successes.map((answer) => matchJob(history, answer));
}

/** What an answer says was true when it was sent first: it can go out again when the stack has long been elsewhere. */
function firstAnswers({ answers }: History): SentAnswer[] {
  return answers.filter((answer) => answers.find(({ request }) => request === answer.request) === answer);
}

function matchJob({ jobs }: History, { request, body, wasUndoing }: SentAnswer): Verdict {
  const data = parseAnswer(body).Data ?? {};
  const made = jobs.find(({ job }) => job.id === data.JobId);
  if (made === undefined) {
    const hadNone = (request.attributesBefore?.JobId ?? NOT_APPLICABLE) === NOT_APPLICABLE;
    return (request.isRollback || wasUndoing) && hadNone ? excused('a rollback to attributes that never were') : violated(`no job of ${body}`);
  }
  const expected = expectedAttributes(made);
  const differing = Object.keys(expected).filter((name) => data[name] !== expected[name]);
  const isOfGroup = made.request.resource.group === request.resource.group;
  if (differing.length > 0 || !isOfGroup) {
    return violated(`${differing.join()} of ${body} differ`);
  }
  if (request.isRollback || sameRun(made, request)) {
    return KEPT;
  }
  return wasUndoing ? excused('an Update got the former attributes, for it was being undone') : violated(`another run's job in ${body}`);
}

function sameRun({ job }: MadeJob, { event }: SentRequest): boolean {
  return JSON.stringify(job.parameters) === JSON.stringify(event.ResourceProperties.Parameters);
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

function rollbackRestores({ answers }: History): Verdict[] {
  const restoring = answers.filter(({ request, body }) => request.isRollback && parseAnswer(body).Status === 'SUCCESS');
  return restoring.map(({ request, body }) => {
    const { attributesBefore } = request;
    const after = parseAnswer(body).Data ?? {};
    const isSame = Object.entries(attributesBefore ?? {}).every(([name, value]) => after[name] === value);
    return keptIf(isSame, `${body} instead of ${JSON.stringify(attributesBefore)}`);
  });
}

/** What may fail in a rollback: to cancel the job of the deployment that is undone, or to work at all. */
function noTrappedStack({ requests }: History): Verdict[] {
  const answeredOnes = requests.filter(({ isRollback, accepted }) => isRollback && accepted !== undefined);
  return answeredOnes.map(({ accepted }) => {
    const { Status, Reason } = parseAnswer(accepted?.body ?? '');
    if (Status === 'SUCCESS') {
      return KEPT;
    }
    const code = /^PJ-(CANCEL-FAILED|ACCESS-DENIED|INTERNAL)/.exec(Reason)?.[0];
    return code === undefined ? violated(Reason) : excused(`a rollback failed with ${code}`);
  });
}

// --- secrets and ends

function noSecrets({ texts, answers }: History): Verdict[] {
  const told = [...texts, ...answers.map(({ body }) => body)];
  return told.map((text) => keptIf(!text.includes(SECRET) && !text.includes('X-Amz-Signature'), `in ${text}`));
}

function ends({ hasEnded, unexpectedErrors }: History): Verdict[] {
  return [keptIf(hasEnded, 'runs for ever'), ...unexpectedErrors.map(violated)];
}
