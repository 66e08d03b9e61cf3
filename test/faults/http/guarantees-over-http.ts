import { jobOf, type ObservedLife, type ObservedRequest } from './observed-life';
import { NOT_APPLICABLE } from '../../../src/contract/custom-resource';
import { LEASE } from '../../../src/engine/core/timing';
import { SECRET } from '../../engine/fakes/events';
import { billedUnits, isOngoing, type Job } from '../../local-aws/clean-rooms/jobs';
import { type SentAnswer } from '../../local-aws/cloudformation/custom-resource';
import { excused, type Guarantee, KEPT, keptIf, type Verdict, violated } from '../guarantees';
import { parseAnswer } from '../random/answer';

/** The guarantees of the simulation, judged by what the embedded services saw. */
export const GUARANTEES_OVER_HTTP: Readonly<Record<Guarantee, (life: ObservedLife) => Verdict[]>> = {
  'a run that is asked for starts one job at most': oneJobPerDeployment,
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

/** A deployment asks for each job once, over all its slices. */
function oneJobPerDeployment(life: ObservedLife): Verdict[] {
  const begins = life.statuses.filter(({ status }) => FORWARD.includes(status)).map(({ time }) => time);
  return begins.flatMap((from, index) => {
    const until = begins[index + 1] ?? Infinity;
    return life.groups.map((group) => {
      const asked = life.requestsOf(group).filter(({ event, sentAt }) => event.RequestType !== 'Delete' && sentAt >= from && sentAt < until);
      const asking = new Set(asked.filter(({ isRollback }) => !isRollback).map(jobOf)).size;
      const started = life.jobsOf(group).filter(({ createTime }) => createTime >= from && createTime < until).length;
      const detail = `${started} jobs of group ${group} were started in a deployment that asked for ${asking}`;
      return keptIf(started <= asking, detail);
    });
  });
}

function noSecondJob(life: ObservedLife): Verdict[] {
  return life.groups.flatMap((group) =>
    life.jobsOf(group).map((job) => {
      const besides = life.runningAt(job.createTime, group).filter((other) => other !== job).length;
      return keptIf(besides < life.sizeOf(group), `${job.id} was made while ${besides} of group ${group} ran`);
    }),
  );
}

function noRunAfterSuccess(life: ObservedLife): Verdict[] {
  return life.groups.flatMap((group) =>
    life.jobsOf(group).map((job) => {
      const former = life.jobsOf(group).filter((other) => isFormerSuccess(life, group, other, job));
      return keptIf(former.length < life.sizeOf(group), `${job.id} repeats ${former.map(({ id }) => id).join()}, which succeeded`);
    }),
  );
}

/** After a Delete, nothing is remembered of a resource's runs. */
function isFormerSuccess(life: ObservedLife, group: number, former: Job, { createTime, parameters }: Job): boolean {
  const isForgotten = life
    .requestsOf(group)
    .some(
      ({ event, sliceNumber, sentAt, accepted }) =>
        event.RequestType === 'Delete' && sliceNumber === 1 && (accepted?.time ?? sentAt) >= former.createTime && sentAt <= createTime,
    );
  const isSame = former.parameters.segment === parameters.segment && former.status === 'SUCCESS';
  return isSame && !isForgotten && (former.endTime ?? Infinity) < createTime;
}

/** A start that was claimed just before the rollback began may still be sent, and is cancelled. */
function noStartInRollback(life: ObservedLife): Verdict[] {
  return life.jobs.map(({ id, createTime }) => {
    const { status } = life.statusAt(createTime);
    if (FORWARD.includes(status)) {
      return KEPT;
    }
    const before = life.statuses.filter(({ time }) => time <= createTime);
    const stopped = before.filter((change, index) => index > 0 && !FORWARD.includes(change.status) && FORWARD.includes(before[index - 1].status));
    const since = createTime - (stopped.at(-1)?.time ?? 0);
    return since <= LEASE
      ? excused('a start was under way when the rollback began')
      : violated(`${id} was started ${Math.round(since)} ms after the stack stopped deploying, in ${status}`);
  });
}

const FORWARD: readonly string[] = ['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS'];

// --- answers

function everyRequestAnswered({ requests }: ObservedLife): Verdict[] {
  return requests.filter(({ supersededAt, isGivenUp }) => supersededAt === undefined || isGivenUp).map(answered);
}

function answered({ event, accepted, supersededAt, isGivenUp, isHit, sentAnswers, areDeliveriesLost }: ObservedRequest): Verdict {
  const name = `${event.RequestType} ${event.RequestId} of ${event.LogicalResourceId}`;
  if (accepted !== undefined && !isGivenUp) {
    return KEPT;
  }
  if (accepted !== undefined) {
    return isHit ? excused('answered after CloudFormation had given up, for faults') : violated(`${name} was answered too late`);
  }
  if (supersededAt !== undefined && isHit) {
    return excused('superseded after CloudFormation had given up, for faults');
  }
  if (sentAnswers.length > 0) {
    return excused('every delivery of the answer was refused');
  }
  return areDeliveriesLost ? excused('every delivery of the event was lost') : violated(`${name} is unanswered`);
}

function noTwoAnswers({ requests }: ObservedLife): Verdict[] {
  return requests.map(({ event, sentAnswers }) => {
    const bodies = new Set(sentAnswers.map(({ body }) => body));
    return keptIf(bodies.size <= 1, `${event.RequestId} was answered ${[...bodies].join(' and ')}`);
  });
}

function answerFits({ requests }: ObservedLife): Verdict[] {
  return requests
    .flatMap(({ sentAnswers }) => sentAnswers)
    .map(({ body }) => keptIf(Buffer.byteLength(body) <= 4096, `an answer of ${Buffer.byteLength(body)} bytes`));
}

// --- jobs that run on

function noJobAtAnswer(life: ObservedLife): Verdict[] {
  return life.requests.flatMap((request) =>
    request.accepted === undefined || request.supersededAt !== undefined || mayRunOn(request, request.accepted)
      ? []
      : [jobsAtAnswer(life, request, request.accepted)],
  );
}

/** The next slice continues with the job, and the end of a later slice's wait says nothing about the job. */
function mayRunOn({ event, sliceNumber, isLastSlice }: ObservedRequest, { body }: SentAnswer): boolean {
  const isHandedOver = event.RequestType !== 'Delete' && !isLastSlice && parseAnswer(body).Status === 'SUCCESS';
  return isHandedOver || (event.RequestType === 'Delete' && sliceNumber > 1);
}

function jobsAtAnswer(life: ObservedLife, request: ObservedRequest, { body, time }: SentAnswer): Verdict {
  const running = life.runningAt(time, request.group);
  const othersAtWork = life.othersAtWork(request, time);
  const untold = running.filter(({ id }) => !isNamed(life, request.group, id, time));
  if (untold.length > othersAtWork) {
    return violated(`${untold.map(({ id }) => id).join()} ran when the answer to ${request.event.RequestType} was ${body}`);
  }
  return running.length > othersAtWork ? excused('a job could not be cancelled, and the answer names it') : KEPT;
}

/** Whether an answer on the job's group has said, by then, that it may run. */
function isNamed(life: ObservedLife, group: number, jobId: string, by: number): boolean {
  const answers = life.requestsOf(group).flatMap(({ sentAnswers }) => sentAnswers.filter(({ time }) => time <= by));
  return answers.some(({ body }) => {
    const { Status, Reason } = parseAnswer(body);
    return Status === 'FAILED' && (Reason.includes(jobId) || /a job (that )?may have been started/.test(Reason));
  });
}

function noJobLeft(life: ObservedLife): Verdict[] {
  return life.groups.flatMap((group) =>
    life.jobsOf(group).map((job) => {
      if (!isOngoing(job)) {
        return KEPT;
      }
      const isUntold = life.requestsOf(group).at(-1)?.accepted === undefined;
      if (isUntold && life.requestsOf(group).at(-1)?.areDeliveriesLost) {
        return excused('a job is left, for every delivery of the last event was lost, and CloudFormation was told nothing');
      }
      return isNamed(life, group, job.id, Infinity)
        ? excused('a job is left, and an answer names it')
        : violated(`${job.id} is left unnamed`);
    }),
  );
}

// --- attributes

function attributesOfTheJob(life: ObservedLife): Verdict[] {
  return life.requests
    .filter(({ event, isLastSlice }) => event.RequestType !== 'Delete' && isLastSlice)
    .flatMap((request) => {
      const [answer] = request.sentAnswers; // what an answer says was true when it was first sent
      return answer !== undefined && parseAnswer(answer.body).Status === 'SUCCESS' ? [matchJob(life, request, answer)] : [];
    });
}

function matchJob(life: ObservedLife, request: ObservedRequest, { body, time }: SentAnswer): Verdict {
  const data = parseAnswer(body).Data ?? {};
  const wasUndoing = request.isRollback || !FORWARD.includes(life.statusAt(time).status);
  const job = life.jobs.find(({ id }) => id === data.JobId);
  if (job === undefined) {
    const hadNone = (request.attributesBefore?.JobId ?? NOT_APPLICABLE) === NOT_APPLICABLE;
    return wasUndoing && hadNone ? excused('a rollback to attributes that never were') : violated(`no job of ${body}`);
  }
  const expected = expectedAttributes(job);
  const differing = Object.keys(expected).filter((name) => data[name] !== expected[name]);
  if (differing.length > 0 || !life.jobsOf(request.group).includes(job)) {
    return violated(`${differing.join()} of ${body} differ from ${JSON.stringify(expected)}`);
  }
  if (request.isRollback || job.parameters.segment === request.segment) {
    return KEPT;
  }
  return wasUndoing ? excused('an Update got the former attributes, for it was being undone') : violated(`another run's job in ${body}`);
}

function expectedAttributes(job: Job): Record<string, string> {
  const { id, location = '', membership, createTime, endTime = 0 } = job;
  return {
    JobId: id,
    Status: 'SUCCESS',
    ResultLocation: location,
    ResultBucketName: 'results',
    ResultKeyPrefix: 'uplift',
    ResultReceivers: NOT_APPLICABLE,
    MembershipId: membership.id,
    MembershipArn: membership.arn,
    CreateTime: new Date(createTime).toISOString(),
    DurationInMillis: String(Math.round(endTime - createTime)),
    BilledUnits: String(billedUnits(job)),
  };
}

function rollbackRestores({ requests }: ObservedLife): Verdict[] {
  return requests
    .filter(({ isRollback, accepted }) => isRollback && accepted !== undefined && parseAnswer(accepted.body).Status === 'SUCCESS')
    .filter(({ isLastSlice }) => isLastSlice) // nobody reads those of the others
    .map((request) => {
      const { attributesBefore = {}, accepted } = request;
      const after = parseAnswer(accepted?.body ?? '').Data ?? {};
      const isSame = Object.entries(attributesBefore).every(([name, value]) => after[name] === value);
      const detail = `${accepted?.body} instead of ${JSON.stringify(attributesBefore)}`;
      return keptIf(isSame, detail);
    });
}

/** What may fail in a rollback: the cancellation of the job of the deployment that is undone, or the runner itself. */
function noTrappedStack({ requests, statuses }: ObservedLife): Verdict[] {
  const rollbacks = requests.filter(({ isRollback }) => isRollback);
  const verdicts = rollbacks.map(({ accepted, isGivenUp, isHit, event }): Verdict => {
    if (accepted === undefined || isGivenUp) {
      return isHit ? excused('a rollback was not answered in time, for faults') : violated(`${event.RequestId} was not answered in time`);
    }
    const { Status, Reason } = parseAnswer(accepted.body);
    const code = /^PJ-(CANCEL-FAILED|ACCESS-DENIED|INTERNAL)/.exec(Reason)?.[0];
    return Status === 'SUCCESS' ? KEPT : code === undefined ? violated(Reason) : excused(`a rollback failed with ${code}`);
  });
  const isTrapped = statuses.some(({ status }) => status === 'UPDATE_ROLLBACK_FAILED');
  const isExplained = verdicts.some(({ kind }) => kind !== 'kept');
  return [...verdicts, keptIf(!isTrapped || isExplained, 'a stack is in UPDATE_ROLLBACK_FAILED, and every request was answered SUCCESS')];
}

// --- secrets and ends

function noSecrets({ texts, requests, life }: ObservedLife): Verdict[] {
  const told = [...texts, ...requests.flatMap(({ sentAnswers }) => sentAnswers.map(({ body }) => body))];
  const lost = requests.filter(({ accepted, areDeliveriesLost }) => accepted === undefined && areDeliveriesLost);
  const unanswered = lost.map(({ event }) => event.RequestId);
  const isOfUnanswered = (item: string) => unanswered.some((requestId) => item.includes(requestId));
  const kept = life.ledgerItems.map((item) =>
    isSecret(item) && isOfUnanswered(item) ? excused('a request that was never answered stays in the ledger until it expires') : secretVerdict(item),
  );
  return [...told.map(secretVerdict), ...kept];
}

function isSecret(text: string): boolean {
  return text.includes(SECRET) || text.includes('X-Amz-Signature');
}

function secretVerdict(text: string): Verdict {
  return keptIf(!isSecret(text), `in ${text}`);
}

function ends({ life, texts }: ObservedLife): Verdict[] {
  const thrown = texts.filter((text) => /Invoke Error|Uncaught Exception/.test(text) && !EXPECTED_ERRORS.test(text));
  const running = life.executions.filter(({ status }) => status === 'RUNNING');
  return [
    keptIf(life.hasSettled, `${running.length} executions run on, and the stack is in ${life.stack.status}`),
    ...thrown.map((text) => violated(text)),
  ];
}

/**
 * What a client throws when a service refuses or can not be reached, and what onEvent throws so that it is called
 * again.
 */
const EXPECTED_ERRORS =
  /"errorType":"(ThrottlingException|InternalServerError|InternalFailure|AccessDeniedException|ResourceNotFoundException|TimeoutError)"|ECONNRESET|socket hang up|the answer could not be delivered/;
