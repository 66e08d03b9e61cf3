import { type Mishap } from './outcomes';
import { type SentRequest, type State } from './state';
import { type RequestEvent, understand } from '../../../src/engine/core/request';
import { jobProperties, SECRET } from '../../engine/fakes/events';

/** Something that CloudFormation does, as soon as it can or at any time later. */
export interface ScenarioStep {
  readonly name: string;
  readonly isPossible: (state: State) => boolean;
  readonly take: (state: State) => State;
}

export interface Scenario {
  readonly name: string;
  /** What has happened without any mishap before the exploration begins. */
  readonly before: readonly ScenarioStep[];
  readonly steps: readonly ScenarioStep[];
  /** How many things may go wrong on each way, and which. */
  readonly mishaps: { readonly count: number; readonly kinds: readonly Mishap[] };
}

/** Who receives the results of all jobs but that of somebody else. */
export const RESULT_RECEIVER = '444455556666';

const FIRST = 'Uplift';
const TWIN = 'Twin';

const create = (resource = FIRST, when?: Sending['when']) => send('Create', 'A', { resource, when, in: 'CREATE_IN_PROGRESS' });
const update = (inputs: string) => send('Update', inputs, { in: 'UPDATE_IN_PROGRESS', when: allAnswered });
const remove = (status: string) => send('Delete', 'A', { in: status });
const rollBack = send('Update', 'A', { in: 'UPDATE_ROLLBACK_IN_PROGRESS', isRollback: true });
const rollBackAtWork = send('Update', 'A', { in: 'UPDATE_ROLLBACK_IN_PROGRESS', isRollback: true, when: isAtWork });
const rollBackDenied: ScenarioStep = {
  ...rollBackAtWork,
  name: `${rollBackAtWork.name}, and nobody may cancel`,
  take: (state) => ({ ...rollBackAtWork.take(state), isCancellingDenied: true }),
};
const created = [create()];

const unawaitedRollback = send('Update', 'A', { in: 'UPDATE_ROLLBACK_IN_PROGRESS', isRollback: true, isWaitedFor: false });

function unawaited(type: 'Create' | 'Update', inputs: string): ScenarioStep {
  return send(type, inputs, { in: `${type.toUpperCase()}_IN_PROGRESS`, when: allAnswered, isWaitedFor: false });
}

/** All scenarios that the documentation promises. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'Create', before: [], steps: [create()], mishaps: upTo(2) },
  { name: 'Create, delivered twice', before: [], steps: [create(), deliverAgain(0)], mishaps: upTo(1) },
  { name: 'Create, delivered twice, and two crashes', before: [], steps: [create(), deliverAgain(0)], mishaps: upTo(2, 'crash') },
  { name: 'Create whose clock can not be started', before: [], steps: [create()], mishaps: upTo(3, 'clock') },
  { name: 'Create, delivered twice, whose clock can not be started', before: [], steps: [create(), deliverAgain(0)], mishaps: upTo(2, 'clock') },
  { name: 'Create and Delete', before: [], steps: [create(), remove('ROLLBACK_IN_PROGRESS')], mishaps: upTo(1, 'crash', 'loss') },
  { name: 'a start that stalls past its lease, and a Delete', before: [], steps: [create(), remove('ROLLBACK_IN_PROGRESS')], mishaps: upTo(1, 'stall') },
  { name: 'a second delivery of the Create after the Delete', before: [], steps: [create(), remove('DELETE_IN_PROGRESS'), deliverAgain(0, allAnswered)], mishaps: upTo(1, 'crash') },
  {
    name: 'Create that is not waited for, and Delete',
    before: [],
    steps: [unawaited('Create', 'A'), remove('DELETE_IN_PROGRESS')],
    mishaps: upTo(1, 'crash', 'loss'),
  },
  {
    name: 'Update that is not waited for, and its rollback',
    before: [unawaited('Create', 'A')],
    steps: [unawaited('Update', 'B'), unawaitedRollback],
    mishaps: upTo(0),
  },
  { name: 'Update', before: created, steps: [update('B')], mishaps: upTo(2) },
  { name: 'Update and its rollback', before: created, steps: [update('B'), rollBack], mishaps: upTo(1, 'crash', 'loss') },
  { name: 'Update and its rollback, which may not cancel', before: created, steps: [update('B'), rollBackDenied], mishaps: upTo(0) },
  { name: 'Update and Delete', before: created, steps: [update('B'), remove('DELETE_IN_PROGRESS')], mishaps: upTo(1, 'crash') },
  { name: 'Update to other inputs and back', before: created, steps: [update('B'), update('A')], mishaps: upTo(1) },
  { name: 'a retry with the same RequestId and a fresh response URL', before: created, steps: [update('B'), ...retry('fresh')], mishaps: upTo(1) },
  { name: 'a retry with the same RequestId and the same response URL', before: created, steps: [update('B'), ...retry('same')], mishaps: upTo(2) },
  { name: 'Update after an event with a forged time', before: created, steps: [forgedUpdate('A'), send('Update', 'B', { in: 'UPDATE_IN_PROGRESS', when: isQuiet })], mishaps: upTo(1) },
  { name: 'Delete without Create', before: [], steps: [remove('ROLLBACK_IN_PROGRESS')], mishaps: upTo(3) },
  { name: 'two resources with the same inputs on one membership', before: [], steps: [create(), create(TWIN, isAtWork)], mishaps: upTo(1, 'loss') },
];

/** The scenario of that name. */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((other) => other.name === name);
  if (scenario === undefined) {
    throw new Error(`there is no scenario "${name}"`);
  }
  return scenario;
}

function upTo(count: number, ...kinds: readonly Mishap[]): Scenario['mishaps'] {
  return { count, kinds: kinds.length > 0 ? kinds : ['crash', 'stall', 'loss', 'refusal', 'end'] };
}

interface Sending {
  readonly in: string;
  readonly resource?: string;
  readonly isRollback?: boolean;
  readonly isWaitedFor?: boolean;
  readonly when?: (state: State) => boolean;
}

function send(type: RequestEvent['RequestType'], inputs: string, sending: Sending): ScenarioStep {
  const { resource = FIRST, when = () => true } = sending;
  return {
    name: `CloudFormation sends ${type} of ${resource} with ${inputs} in ${sending.in}`,
    isPossible: when,
    take: (state) => {
      const later = enter(state, sending.in);
      return sent(later, newRequest(later, { type, inputs, resource, ...sending }));
    },
  };
}

/** Somebody who may invoke the function sends an Update of his own, with a time far ahead. CloudFormation knows nothing of it. */
function forgedUpdate(inputs: string): ScenarioStep {
  return {
    name: `somebody forges an Update of ${FIRST} with ${inputs}`,
    isPossible: () => true,
    take: (state) => {
      const forged = newRequest({ ...state, now: Date.UTC(2099, 0, 1) }, { type: 'Update', inputs, resource: FIRST, in: state.stackStatus });
      return sent(state, { ...forged, sentAt: state.now, isSuperseded: true });
    },
  };
}

/** Hosts' clocks agree to two seconds or so, and that requests closer together can not be told apart is not explored. */
const BETWEEN_REQUESTS = 5_000;

function enter(state: State, stackStatus: string): State {
  const now = state.requests.length === 0 ? state.now : state.now + BETWEEN_REQUESTS;
  const isDeploying = stackStatus === 'CREATE_IN_PROGRESS' || stackStatus === 'UPDATE_IN_PROGRESS';
  return { ...state, now, stackStatus, notDeployingSince: isDeploying ? undefined : (state.notDeployingSince ?? now) };
}

function sent(state: State, request: SentRequest): State {
  const before = state.requests.map((former) =>
    former.resource === request.resource && former.accepted === undefined ? { ...former, isSuperseded: true } : former,
  );
  return withDelivery({ ...state, requests: [...before, request] }, before.length);
}

function withDelivery(state: State, request: number): State {
  return { ...state, deliveries: [...state.deliveries, { request, attempt: 0, dueAt: state.now }] };
}

function deliverAgain(request: number, when: (state: State) => boolean = () => true): ScenarioStep {
  return {
    name: `Lambda delivers ${request} again`,
    isPossible: when,
    take: (state) => withDelivery(state, request),
  };
}

/** Rollback is disabled: after the failure somebody deploys again, when the function that sent the answer has ended. */
function retry(url: 'fresh' | 'same'): ScenarioStep[] {
  return [
    {
      name: `CloudFormation sends the Update again with the ${url} URL`,
      isPossible: (state) => state.invocations.length === 0 && allAnswered(state) && statusOf(state.requests.at(-1)) === 'FAILED',
      take: (state) => {
        const later = enter(state, 'UPDATE_IN_PROGRESS');
        const former = state.requests[state.requests.length - 1];
        return url === 'same' ? sentAgain(later) : sent(later, again(former, later));
      },
    },
  ];
}

/** It only differs from a second delivery in that CloudFormation waits again. */
function sentAgain(state: State): State {
  const index = state.requests.length - 1;
  const { accepted: _former, ...request } = state.requests[index];
  return withDelivery({ ...state, requests: [...state.requests.slice(0, index), { ...request, sentAt: state.now }] }, index);
}

function again(former: SentRequest, state: State): SentRequest {
  const event = { ...former.event, ResponseURL: responseUrl(state) };
  return { ...former, event, key: understand(event).key, sentAt: state.now, bodies: [], accepted: undefined };
}

function isQuiet({ deliveries, executions, invocations }: State): boolean {
  return deliveries.length + executions.length + invocations.length === 0;
}

function isAtWork(state: State): boolean {
  return !allAnswered(state);
}

function allAnswered({ requests }: State): boolean {
  return requests.every(({ accepted, isSuperseded }) => isSuperseded || accepted !== undefined);
}

function statusOf(request: SentRequest | undefined): string | undefined {
  return request?.accepted === undefined ? undefined : String(Object(JSON.parse(request.accepted)).Status);
}

interface Sent extends Sending {
  readonly type: RequestEvent['RequestType'];
  readonly inputs: string;
  readonly resource: string;
}

function newRequest(state: State, { type, inputs, resource, isRollback = false, isWaitedFor = true }: Sent): SentRequest {
  const event: RequestEvent = {
    RequestType: type,
    RequestId: `request-${state.requests.length}`,
    ResponseURL: responseUrl(state),
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/analytics/0a1b2c3d',
    LogicalResourceId: resource,
    PhysicalResourceId: type === 'Create' ? undefined : `analytics-${resource}-1A2B3C`,
    ResourceProperties: jobProperties({
      Parameters: { segment: `${SECRET}-${inputs}` },
      ResultReceiverAccountId: RESULT_RECEIVER,
      ...(isWaitedFor ? {} : { WaitForCompletion: 'false' }),
    }),
  };
  return { event, key: understand(event).key, resource, inputs, isRollback, sentAt: state.now, isSuperseded: false, bodies: [] };
}

function responseUrl(state: State): string {
  const signedAt = new Date(state.now).toISOString().replace(/[-:]|\.\d+/g, '');
  return `https://responses.s3.amazonaws.com/${state.requests.length}?X-Amz-Date=${signedAt}&X-Amz-Signature=5ec4e7`;
}
