import { CfnParameter, Duration } from 'aws-cdk-lib';
import { CfnCollaboration } from 'aws-cdk-lib/aws-cleanrooms';
import { ProtectedJob, type ProtectedJobProps, WorkerType } from '../../src';
import { JobStack, MEMBERSHIP_ID } from '../fixtures';

/** Props as JavaScript has them, which no compiler has seen. */
type LooseProps = { readonly [Prop in keyof ProtectedJobProps]?: unknown };

function job(props: (stack: JobStack) => LooseProps): unknown {
  const stack = new JobStack();
  return Reflect.construct(ProtectedJob, [stack, 'Uplift', { membership: stack.membership, analysisTemplate: stack.analysisTemplate, ...props(stack) }]);
}

const MEMBERSHIP = 'where a membership, such as Membership.fromMembershipId() returns, is expected';
const DURATION = 'where a Duration, such as Duration.minutes(55), is expected';
const MAP = 'where a plain object of names and texts is expected';
const BOOLEAN = 'where true or false is expected';
const WORKER_TYPE = 'where a WorkerType, such as WorkerType.CR_1X, is expected';

describe('a value of another kind names the prop, what it is, and what is expected:', () => {
  test.each<[string, (stack: JobStack) => LooseProps, string]>([
    ['no membership', () => ({ membership: undefined }), `membership: no value, ${MEMBERSHIP}`],
    ['a membership ID', () => ({ membership: MEMBERSHIP_ID }), `membership: a text, ${MEMBERSHIP}`],
    ['a swapped template', (stack) => ({ membership: stack.analysisTemplate }), `membership: an object of class ReferencedAnalysisTemplate, ${MEMBERSHIP}`],
    [
      'a collaboration as membership',
      (stack) => ({ membership: new CfnCollaboration(stack, 'C', { name: 'n', description: 'd', creatorDisplayName: 'c', queryLogStatus: 'ENABLED' }) }),
      `membership: an object of class CfnCollaboration, ${MEMBERSHIP}`,
    ],
    [
      'a template ARN',
      () => ({ analysisTemplate: 'arn' }),
      'analysisTemplate: a text, where an analysis template, such as AnalysisTemplate.fromAnalysisTemplateArn() returns, is expected',
    ],
    ['one table', () => ({ intermediateTableArns: 'arn' }), 'intermediateTableArns: a text, where a list, each of its elements a text, is expected'],
    ['tables of numbers', () => ({ intermediateTableArns: [1] }), 'intermediateTableArns[0]: a number, where a text is expected'],
    [
      'associations by ARN',
      () => ({ configuredTableAssociations: ['arn'] }),
      'configuredTableAssociations[0]: a text, where a configured table association, such as ' +
        'ConfiguredTableAssociation.fromConfiguredTableAssociationArn() returns, is expected',
    ],
    ['a type by name', () => ({ type: 'PYSPARK' }), 'type: a text, where a ProtectedJobType, such as ProtectedJobType.PYSPARK, is expected'],
    ['parameters in a Map', () => ({ parameters: new Map([['day', 'mon']]) }), `parameters: an object of class Map, ${MAP}`],
    ['parameters in a list', () => ({ parameters: ['mon'] }), `parameters: a list, ${MAP}`],
    ['triggers in a text', () => ({ triggers: 'mon' }), `triggers: a text, ${MAP}`],
    ['no parameters', () => ({ parameters: null }), `parameters: no value, ${MAP}`],
    ['a timeout in seconds', () => ({ timeout: 3600 }), `timeout: a number, ${DURATION}`],
    [
      'a poll interval in words',
      () => ({ pollInterval: '30s' }),
      'pollInterval: a text, where a Duration, such as Duration.seconds(30), is expected',
    ],
    ['a boolean in words', () => ({ waitForCompletion: 'false' }), `waitForCompletion: a text, ${BOOLEAN}`],
    ['another boolean in words', () => ({ failDeployment: 'false' }), `failDeployment: a text, ${BOOLEAN}`],
    ['a boolean as a number', () => ({ sequential: 0 }), `sequential: a number, ${BOOLEAN}`],
    ['a boolean that is null', () => ({ stackOutputs: null }), `stackOutputs: no value, ${BOOLEAN}`],
    ['an account as a number', () => ({ resultReceiver: 111122223333 }), 'resultReceiver: a number, where a text is expected'],
    ['a payer as a number', () => ({ computePayer: 111122223333 }), 'computePayer: a number, where a text is expected'],
    ['a worker by name', () => ({ worker: 'CR.1X' }), 'worker: a text, where an object with type and number is expected'],
    ['a worker type by name', () => ({ worker: { type: 'CR.1X', number: 4 } }), `worker.type: a text, ${WORKER_TYPE}`],
    ['no worker type', () => ({ worker: { number: 4 } }), `worker.type: no value, ${WORKER_TYPE}`],
    ['a worker number in words', () => ({ worker: { type: WorkerType.CR_1X, number: '4' } }), 'worker.number: a text, where a number is expected'],
    ['no worker number', () => ({ worker: { type: WorkerType.CR_1X } }), 'worker.number: no value, where a number is expected'],
    [
      'Spark properties in a Map',
      () => ({ worker: { type: WorkerType.CR_1X, number: 4, sparkProperties: new Map() } }),
      `worker.sparkProperties: an object of class Map, ${MAP}`,
    ],
    ['a runner by name', () => ({ runner: 'Runner' }), 'runner: a text, where a ProtectedJobRunner is expected'],
    [
      'a token of minutes',
      (stack) => ({ timeout: Duration.minutes(new CfnParameter(stack, 'Minutes', { type: 'Number' }).valueAsNumber) }),
      'timeout: a token of minutes, where a token must be of seconds; use Duration.seconds()',
    ],
  ])('%s', (_, props, problem) => {
    expect(() => job(props)).toThrow(new Error(`Stack/Uplift: ${problem}`));
  });

  test('all of them at once', () => {
    expect(() => job(() => ({ timeout: 1, triggers: 1 }))).toThrow(
      new Error(`Stack/Uplift: triggers: a number, ${MAP}; timeout: a number, ${DURATION}`),
    );
  });

  test('no props', () => {
    expect(() => Reflect.construct(ProtectedJob, [new JobStack(), 'Uplift'])).toThrow(new Error('Stack/Uplift: props: no value, where an object is expected'));
  });
});

test('parameters in an object without a prototype are fine', () => {
  expect(() => job(() => ({ parameters: Object.assign(Object.create(null), { day: 'mon' }) }))).not.toThrow();
});
