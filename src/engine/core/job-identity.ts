import { canonicalHash } from './canonical-hash';
import { type Job } from './job';
import { type JobIdentity } from './record';
import { type JobInputs } from '../../contract/job-inputs';

/**
 * What is kept of a run's inputs to recognize its job by, should the answer to its start get lost. Of parameters and Spark properties it
 * has hashes, because their values do not belong into the ledger's records.
 */
export function identityOf(inputs: JobInputs): JobIdentity {
  return {
    analysisTemplateArn: inputs.analysisTemplateArn,
    parametersHash: canonicalHash(inputs.parameters ?? {}),
    parameterHashes: hashesOf(inputs.parameters ?? {}),
    type: inputs.type,
    workerType: inputs.workerType,
    workerNumber: inputs.workerNumber,
    sparkPropertyHashes: inputs.sparkProperties && hashesOf(inputs.sparkProperties),
    resultReceiver: inputs.resultReceiver,
    computePayer: inputs.computePayer,
  };
}

/**
 * The jobs that can be the one that was started with this identity. What only one side has is no difference, because Clean Rooms may add
 * defaults and may leave fields out; but a job with less of that comes first.
 */
export function candidatesOf(identity: JobIdentity, jobs: readonly Job[]): Job[] {
  return jobs
    .map((job) => ({ job, pairs: pairsOf(identity, job) }))
    .filter(({ pairs }) => pairs.every(([own, shown]) => own === undefined || shown === undefined || own === shown))
    .map(({ job, pairs }) => ({ job, oneSided: pairs.filter(([own, shown]) => own !== shown).length }))
    .sort((a, b) => a.oneSided - b.oneSided)
    .map(({ job }) => job);
}

/** What the run asked for, and what Clean Rooms says of the job. */
type Pair = readonly [own: string | number | undefined, shown: string | number | undefined];

function pairsOf(identity: JobIdentity, job: Job): Pair[] {
  return [
    [identity.analysisTemplateArn, job.analysisTemplateArn ?? 'none'],
    [identity.type, job.type],
    [identity.workerType, job.workerType],
    [identity.workerNumber, job.workerNumber],
    receiverPair(identity, job),
    [identity.computePayer, job.computePayer],
    ...parameterPairs(identity, job),
    ...mapPairs(identity.sparkPropertyHashes, job.sparkProperties),
  ];
}

/** Where no receiver was asked for, results usually go to the member who runs the job: a job like that is the closest. */
function receiverPair({ resultReceiver }: JobIdentity, job: Job): Pair {
  const isDefault = resultReceiver === undefined && job.resultReceiver === accountOf(job.membershipArn);
  return [resultReceiver, isDefault ? undefined : job.resultReceiver];
}

/** A record of an older version has only one hash of all parameters together. */
function parameterPairs({ parameterHashes, parametersHash }: JobIdentity, { parameters }: Job): Pair[] {
  return parameterHashes === undefined
    ? [[parametersHash, parameters && canonicalHash(parameters)]]
    : mapPairs(parameterHashes, parameters);
}

/** A name that was given and that Clean Rooms leaves out of what it shows is a difference. One that it adds may have a default. */
function mapPairs(own: Readonly<Record<string, string>> | undefined, shown: Readonly<Record<string, string>> | undefined): Pair[] {
  const shownHashes = shown && hashesOf(shown);
  const names = new Set([...Object.keys(own ?? {}), ...Object.keys(shown ?? {})]);
  return [...names].map((name) => [own?.[name], shownHashes && (shownHashes[name] ?? 'none')]);
}

function hashesOf(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, canonicalHash({ [name]: value })]));
}

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}
