import { MAX_POLL_INTERVAL_SECONDS, MAX_TIMEOUT_SECONDS, MIN_POLL_INTERVAL_SECONDS, MIN_TIMEOUT_SECONDS } from './custom-resource';
import { type JobInputs } from './job-inputs';
import { kindOfValue } from './kind-of-value';
import { textOfSpan, wayOut } from './ways-out';

/**
 * Says whether a value is known, so that it can be checked. At synth, a token is not known.
 *
 * @internal
 */
export type IsKnown = (value: string | number) => boolean;

/**
 * The rules that a job's inputs must follow, in the same words at synth and at deploy. A problem names the prop, the
 * value's shape and the rule, and never the value of a parameter.
 *
 * Limits without a comment are those in the model of the StartProtectedJob API.
 *
 * @see https://docs.aws.amazon.com/clean-rooms/latest/apireference/API_StartProtectedJob.html
 * @internal
 */
export function findProblems(inputs: JobInputs, isKnown: IsKnown = () => true): string[] {
  const check = new Check(isKnown);
  for (const checkInput of Object.values(RULES)) {
    checkInput(check, inputs);
  }
  checkSize(check, inputs);
  return check.problems;
}

/** The rule of each input, in the order in which problems are listed. */
const RULES: { readonly [Input in keyof Required<JobInputs>]: (check: Check, inputs: JobInputs) => void } = {
  type: (check, { type }) => check.pattern('type', type, /^[A-Z][A-Z0-9_]{0,63}$/, 'a job type in capital letters, such as PYSPARK'),
  membershipIdentifier: (check, { membershipIdentifier }) => checkMembershipIdentifier(check, membershipIdentifier),
  analysisTemplateArn: (check, { analysisTemplateArn }) => checkAnalysisTemplateArn(check, analysisTemplateArn),
  parameters: (check, { parameters = {} }) => checkParameters(check, parameters),
  workerType: checkWorkerType,
  workerNumber: checkWorkerNumber,
  sparkProperties: checkSparkProperties,
  resultReceiver: (check, { resultReceiver }) => checkAccountId(check, 'resultReceiver', resultReceiver),
  computePayer: (check, { computePayer }) => checkAccountId(check, 'computePayer', computePayer),
  triggers: (check, { triggers = {} }) => checkTriggers(check, triggers),
  timeoutSeconds: (check, { timeoutSeconds }) =>
    check.range('timeout', timeoutSeconds, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS, 'seconds'),
  pollIntervalSeconds: (check, { pollIntervalSeconds }) => {
    if (pollIntervalSeconds !== undefined) {
      check.range('pollInterval', pollIntervalSeconds, MIN_POLL_INTERVAL_SECONDS, MAX_POLL_INTERVAL_SECONDS, 'seconds');
    }
  },
};

/** @internal */
export function findMembershipIdentifierProblems(membershipIdentifier: string, isKnown: IsKnown): string[] {
  const check = new Check(isKnown);
  checkMembershipIdentifier(check, membershipIdentifier);
  return check.problems;
}

/** @internal */
export function findAnalysisTemplateArnProblems(analysisTemplateArn: string, isKnown: IsKnown): string[] {
  const check = new Check(isKnown);
  checkAnalysisTemplateArn(check, analysisTemplateArn);
  return check.problems;
}

/** @internal */
export function findCollaborationArnProblems(collaborationArn: string, isKnown: IsKnown): string[] {
  const check = new Check(isKnown);
  check.pattern('collaboration', collaborationArn, COLLABORATION_ARN, `a collaboration ARN, ${ARN_START}collaboration/<ID>`);
  return check.problems;
}

/** @internal */
export function findConfiguredTableAssociationArnProblems(associationArn: string, isKnown: IsKnown): string[] {
  const check = new Check(isKnown);
  check.pattern(
    'configuredTableAssociations',
    associationArn,
    CONFIGURED_TABLE_ASSOCIATION_ARN,
    `a configured table association ARN, ${ARN_START}membership/<ID>/configuredtableassociation/<ID>`,
  );
  return check.problems;
}

/** @internal */
export function findIntermediateTableArnProblems(intermediateTableArn: string, isKnown: IsKnown): string[] {
  const check = new Check(isKnown);
  check.pattern(
    'intermediateTableArns',
    intermediateTableArn,
    INTERMEDIATE_TABLE_ARN,
    `an intermediate table ARN, ${ARN_START}membership/<ID>/intermediatetable/<ID>`,
  );
  return check.problems;
}

const MEMBERSHIP_IDENTIFIER = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const ARN_START = 'arn:<partition>:cleanrooms:<region>:<account>:';

const ANALYSIS_TEMPLATE_ARN = arnOf('membership/[\\w-]+/analysistemplate/[\\w-]+');
const COLLABORATION_ARN = arnOf('collaboration/[\\w-]+');
const CONFIGURED_TABLE_ASSOCIATION_ARN = arnOf('membership/[\\w-]+/configuredtableassociation/[\\w-]+');
const INTERMEDIATE_TABLE_ARN = arnOf('membership/[\\w-]+/intermediatetable/[\\w-]+');

/**
 * The pattern of the API model, except for the region: the model leaves out the regions of partitions in which Clean
 * Rooms is not available yet.
 */
function arnOf(resource: string): RegExp {
  return new RegExp(`^(?=.{1,200}$)arn:aws[-a-z]*:cleanrooms:[a-z]{2,5}(-[a-z]+)+-\\d+:\\d{12}:${resource}$`);
}

/** `__proto__` is not allowed, because JavaScript objects lose an entry with this name. */
const PARAMETER_NAME = /^(?!__proto__$)[0-9a-zA-Z_]{1,100}$/;

/** The most parameters that a template can have, from the quotas of Clean Rooms. */
const MAX_PARAMETERS = 50;

function checkMembershipIdentifier(check: Check, membershipIdentifier: string): void {
  check.pattern('membership', membershipIdentifier, MEMBERSHIP_IDENTIFIER, 'a membership ID, a UUID of 36 characters in lower case');
}

function checkAnalysisTemplateArn(check: Check, analysisTemplateArn: string): void {
  check.pattern(
    'analysisTemplate',
    analysisTemplateArn,
    ANALYSIS_TEMPLATE_ARN,
    `an analysis template ARN of at most 200 characters, ${ARN_START}membership/<ID>/analysistemplate/<ID>`,
  );
}

function checkParameters(check: Check, parameters: Readonly<Record<string, string>>): void {
  check.entries('parameters', parameters, MAX_PARAMETERS);
  for (const [name, value] of Object.entries(parameters)) {
    check.pattern('parameters', name, PARAMETER_NAME, 'a parameter name, 1 to 100 letters, digits and underscores');
    check.length(`parameters.${shown(name)}`, value, 0, 1000);
  }
}

function checkWorkerType(check: Check, { workerType, workerNumber }: JobInputs): void {
  if ((workerType === undefined) !== (workerNumber === undefined)) {
    check.problems.push('worker: type and number belong together; set both or neither');
  }
  if (workerType !== undefined) {
    check.pattern('worker.type', workerType, /^[A-Z][A-Z0-9.]{0,31}$/, 'a worker type, such as CR.1X or CR.4X');
  }
}

function checkWorkerNumber(check: Check, { workerNumber }: JobInputs): void {
  if (workerNumber !== undefined) {
    check.range('worker.number', workerNumber, 4, 1024, 'workers');
  }
}

function checkSparkProperties(check: Check, { workerType, sparkProperties = {} }: JobInputs): void {
  if (workerType === undefined && Object.keys(sparkProperties).length > 0) {
    check.problems.push('worker.sparkProperties: they need a worker type and a worker number');
  }
  check.entries('worker.sparkProperties', sparkProperties, 50);
  for (const [name, value] of Object.entries(sparkProperties)) {
    check.pattern('worker.sparkProperties', name, /^(?!__proto__$)[^]{1,200}$/, 'a property name of 1 to 200 characters');
    check.length(`worker.sparkProperties.${shown(name)}`, value, 0, 500);
  }
}

function checkAccountId(check: Check, prop: string, accountId: string | undefined): void {
  if (accountId !== undefined) {
    check.pattern(prop, accountId, /^\d{12}$/, 'an AWS account ID of 12 digits');
  }
}

/** These limits are this library's own: a trigger is a version or a hash, and the ledger keeps it for a while. */
function checkTriggers(check: Check, triggers: Readonly<Record<string, string>>): void {
  check.entries('triggers', triggers, 50);
  for (const [name, value] of Object.entries(triggers)) {
    check.pattern('triggers', name, /^(?!__proto__$)[^]{1,100}$/, 'a name of 1 to 100 characters');
    check.length(`triggers.${shown(name)}`, value, 0, 1000);
  }
}

/** The ledger keeps a request in one item of DynamoDB, which has at most 400 KB. The rest of the request takes up to 10 KB. */
const MAX_TEXT_BYTES = 350_000;

/** Each of the texts may be within its own limit, and all of them together may still be more than the ledger has room for. */
function checkSize(check: Check, { parameters = {}, sparkProperties = {}, triggers = {} }: JobInputs): void {
  const texts = [parameters, sparkProperties, triggers].flatMap((map) => Object.entries(map).flat());
  const known = texts.filter((text) => typeof text === 'string' && check.isKnown(text));
  const bytes = new TextEncoder().encode(known.join('')).length;
  if (bytes > MAX_TEXT_BYTES) {
    check.problems.push(
      `parameters, worker.sparkProperties, triggers: ${bytes} bytes of names and values in UTF-8, where at most ${MAX_TEXT_BYTES} ` +
        'are allowed together; put large values into an S3 object or a table, and pass where they are',
    );
  }
}

/**
 * The service of a reference to a secret in the text.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 * @internal
 */
export function secretServiceIn(text: string): string | undefined {
  return /\{\{resolve:(secretsmanager|ssm-secure):/.exec(text)?.[1];
}

const DYNAMIC_REFERENCE = /\{\{resolve:([\w-]+):/;

/** Collects every problem, so that a user mends them all at once. */
class Check {
  readonly problems: string[] = [];

  constructor(readonly isKnown: IsKnown) {}

  pattern(prop: string, value: string, rule: RegExp, expected: string): void {
    if (this.isText(prop, value) && !this.isDynamicReference(prop, value, expected) && !rule.test(value)) {
      this.problems.push(`${prop}: "${shown(value)}" (${value.length} characters) is not ${expected}${wayOut(prop, value)}`);
    }
  }

  length(prop: string, value: string, min: number, max: number): void {
    if (this.isText(prop, value) && !this.isSecretReference(prop, value) && (value.length < min || value.length > max)) {
      this.problems.push(`${prop}: a value of ${value.length} characters, where ${min} to ${max} are allowed`);
    }
  }

  /** CloudFormation resolves no secrets in a custom resource, so that the job would get the text of the reference. */
  private isSecretReference(prop: string, value: string): boolean {
    const service = secretServiceIn(value);
    if (service !== undefined) {
      this.problems.push(
        `${prop}: {{resolve:${service}:…}} refers to a secret, which CloudFormation does not resolve in custom resources; a job takes no ` +
          'secrets: use ssm.StringParameter.valueForStringParameter() for what is none',
      );
    }
    return service !== undefined;
  }

  /** A reference can not be checked, and a literal one is not what a rule is about. */
  private isDynamicReference(prop: string, value: string, expected: string): boolean {
    const service = DYNAMIC_REFERENCE.exec(value)?.[1];
    if (service !== undefined) {
      this.problems.push(
        `${prop}: {{resolve:${service}:…}} is a dynamic reference; keep the value in an SSM parameter of type String and pass ` +
          `ssm.StringParameter.valueForStringParameter(), whose value must be ${expected}`,
      );
    }
    return service !== undefined;
  }

  range(prop: string, value: number, min: number, max: number, unit: string): void {
    if (this.isKnown(value) && !(Number.isInteger(value) && value >= min && value <= max)) {
      this.problems.push(
        unit === 'seconds'
          ? `${prop}: ${textOfSpan(value)} is not from ${textOfSpan(min)} to ${textOfSpan(max)}, in whole seconds`
          : `${prop}: ${value} is not a whole number from ${min} to ${max} (${unit})`,
      );
    }
  }

  entries(prop: string, map: Readonly<Record<string, string>>, max: number): void {
    const count = Object.keys(map).length;
    if (count > max) {
      this.problems.push(`${prop}: ${count} entries, where at most ${max} are allowed`);
    }
  }

  /**
   * In JavaScript, or when it comes from an environment variable that is not set, a value can be missing although its
   * type says otherwise.
   */
  private isText(prop: string, value: unknown): boolean {
    if (typeof value !== 'string') {
      this.problems.push(`${prop}: ${kindOfValue(value)}, where a text is expected`);
      return false;
    }
    return this.isKnown(value);
  }
}

/**
 * A value as one short line. The beginning shows what is wrong with the value, and an error has no room for more.
 *
 * @internal
 */
export function shown(value: string): string {
  const line = value.replace(/[^\x20-\x7e]/g, '?');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
