import { Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { type ProtectedJobProps, ProtectedJobRunner, ProtectedJobType, type Worker, WorkerType } from '../../src';
import { RESOURCE_TYPE } from '../../src/contract/custom-resource';
import { ACCOUNT, JobStack, MEMBERSHIP_ID, newApp, UncheckedMembership, UncheckedTemplate } from '../fixtures';

/** Hides a value from synth as a token does whose value only CloudFormation knows. */
const hidden = (value: string) => Lazy.uncachedString({ produce: () => value });
const hiddenNumber = (value: number) => Token.asNumber({ resolve: () => value });

const MEMBERSHIP_RULE = 'is not a membership ID, a UUID of 36 characters in lower case';
const ARN_RULE = 'is not an analysis template ARN of at most 200 characters, arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/analysistemplate/<ID>';
const PARAMETER_NAME_RULE = 'is not a parameter name, 1 to 100 letters, digits and underscores';
const ACCOUNT_RULE = 'is not an AWS account ID of 12 digits';

const worker = (props: Partial<Worker>): Partial<ProtectedJobProps> => ({ worker: { type: WorkerType.CR_1X, number: 16, ...props } });

/**
 * What a stack's user sets, and what the error says. The values go through `text` and `number`, so that they can also
 * be tokens.
 */
interface BadInput {
  readonly props: (stack: Stack, text: (value: string) => string, number: (value: number) => number) => Partial<ProtectedJobProps>;
  readonly problem: string;
}

const BAD_INPUTS: Record<string, BadInput> = {
  'a membership ID that is no UUID': {
    props: (stack, text) => ({ membership: new UncheckedMembership(stack, 'Bad', text('my-membership')) }),
    problem: `membership: "my-membership" (13 characters) ${MEMBERSHIP_RULE}`,
  },
  'an ARN that is none': {
    props: (stack, text) => ({ analysisTemplate: new UncheckedTemplate(stack, 'Bad', text('my-template')) }),
    problem: `analysisTemplate: "my-template" (11 characters) ${ARN_RULE}`,
  },
  'a parameter name out of range': {
    props: (_, text) => ({ parameters: { [text('start-date')]: 'x' } }),
    problem: `parameters: "start-date" (10 characters) ${PARAMETER_NAME_RULE}`,
  },
  'a parameter name that objects lose': {
    props: (_, text) => ({ parameters: Object.fromEntries([[text('__proto__'), 'x']]) }),
    problem: `parameters: "__proto__" (9 characters) ${PARAMETER_NAME_RULE}`,
  },
  'a parameter value out of range': {
    props: (_, text) => ({ parameters: { start_date: text('x'.repeat(1001)) } }),
    problem: 'parameters.start_date: a value of 1001 characters, where 0 to 1000 are allowed',
  },
  'a compute payer that is no account ID': {
    props: (_, text) => ({ computePayer: text('partner') }),
    problem: `computePayer: "partner" (7 characters) ${ACCOUNT_RULE}`,
  },
  'a poll interval that is too short': {
    props: (_, __, number) => ({ pollInterval: Duration.seconds(number(9)) }),
    problem: 'pollInterval: 9 seconds is not from 10 seconds to 1 minute (60 seconds), in whole seconds',
  },
  'a poll interval that is too long': {
    props: (_, __, number) => ({ pollInterval: Duration.seconds(number(61)) }),
    problem: 'pollInterval: 61 seconds is not from 10 seconds to 1 minute (60 seconds), in whole seconds',
  },
  'a worker number that is too low': {
    props: (_, __, number) => worker({ number: number(3) }),
    problem: 'worker.number: 3 is not a whole number from 4 to 1024 (workers)',
  },
  'a worker number that is too high': {
    props: (_, __, number) => worker({ number: number(1025) }),
    problem: 'worker.number: 1025 is not a whole number from 4 to 1024 (workers)',
  },
  'a worker number that is a fraction': {
    props: (_, __, number) => worker({ number: number(4.5) }),
    problem: 'worker.number: 4.5 is not a whole number from 4 to 1024 (workers)',
  },
  'a worker type that is none': {
    props: (_, text) => worker({ type: WorkerType.of(text('large')) }),
    problem: 'worker.type: "large" (5 characters) is not a worker type, such as CR.1X or CR.4X',
  },
  'a Spark property value that is too long': {
    props: (_, text) => worker({ sparkProperties: { 'spark.a': text('x'.repeat(501)) } }),
    problem: 'worker.sparkProperties.spark.a: a value of 501 characters, where 0 to 500 are allowed',
  },
  'an account ID that is not 12 digits': {
    props: (_, text) => ({ resultReceiver: text('44445555666') }),
    problem: `resultReceiver: "44445555666" (11 characters) ${ACCOUNT_RULE}`,
  },
  'a trigger value out of range': {
    props: (_, text) => ({ triggers: { month: text('x'.repeat(1001)) } }),
    problem: 'triggers.month: a value of 1001 characters, where 0 to 1000 are allowed',
  },
  'a type that is none': {
    props: (_, text) => ({ type: ProtectedJobType.of(text('pyspark')) }),
    problem: 'type: "pyspark" (7 characters) is not a job type in capital letters, such as PYSPARK',
  },
  'an empty timeout': {
    props: (_, __, number) => ({ timeout: Duration.seconds(number(0)) }),
    problem: 'timeout: 0 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds',
  },
  'an over-long timeout': {
    props: (_, __, number) => ({ timeout: Duration.seconds(number(43201)) }),
    problem: 'timeout: 43201 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds',
  },
};

describe.each(Object.entries(BAD_INPUTS))('%s', (_, { props, problem }) => {
  test('throws, naming the construct, the prop, the value and the rule', () => {
    const stack = new JobStack();
    const scope = new Construct(stack, 'Monthly');

    expect(() => stack.addJob('Uplift', props(stack, (text) => text, (number) => number), scope)).toThrow(new Error(`Stack/Monthly/Uplift: ${problem}`));
  });

  test('passes synth behind a token', () => {
    const stack = new JobStack();
    stack.addJob('Uplift', props(stack, hidden, hiddenNumber));

    Template.fromStack(stack).resourceCountIs(RESOURCE_TYPE, 1);
  });
});

test('a timeout that is no whole number of seconds throws', () => {
  const stack = new JobStack();

  expect(() => stack.addJob('Uplift', { timeout: Duration.millis(60_500) })).toThrow(
    new Error('Stack/Uplift: timeout: 60.5 seconds is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds'),
  );
});

test('a parameter that has no value throws, naming it', () => {
  const stack = new JobStack();
  const parameters: Record<string, string> = JSON.parse('{ "start_date": null }'); // as from a configuration file

  expect(() => stack.addJob('Uplift', { parameters })).toThrow(new Error('Stack/Uplift: parameters.start_date: no value, where a text is expected'));
});

test('a trigger that has no value throws, naming it', () => {
  const stack = new JobStack();
  const triggers: Record<string, string> = JSON.parse('{ "month": null }');

  expect(() => stack.addJob('Uplift', { triggers })).toThrow(new Error('Stack/Uplift: triggers.month: no value, where a text is expected'));
});

test('too many triggers throw, also behind tokens', () => {
  const stack = new JobStack();
  const triggers = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`trigger${index}`, hidden('x')]));

  expect(() => stack.addJob('Uplift', { triggers })).toThrow(new Error('Stack/Uplift: triggers: 51 entries, where at most 50 are allowed'));
});

test('all problems of a job throw at once', () => {
  const stack = new JobStack();

  expect(() => stack.addJob('Uplift', { resultReceiver: '1', timeout: Duration.seconds(1) })).toThrow(
    new Error(`Stack/Uplift: resultReceiver: "1" (1 characters) ${ACCOUNT_RULE}; timeout: 1 second is not from 1 minute (60 seconds) to 12 hours (43200 seconds), in whole seconds`),
  );
});

test('the error does not show the value of a parameter', () => {
  const stack = new JobStack();

  expect(() => stack.addJob('Uplift', { parameters: { a: 'secret'.repeat(200) } })).toThrow(
    new Error('Stack/Uplift: parameters.a: a value of 1200 characters, where 0 to 1000 are allowed'),
  );
});

describe('a second copy of the library in one app', () => {
  function loadSecondCopy(): typeof import('../../src') {
    const loaded: (typeof import('../../src'))[] = [];
    jest.isolateModules(() => loaded.push(jest.requireActual<typeof import('../../src')>('../../src')));
    return loaded[0];
  }

  const secondCopy = loadSecondCopy();
  const refusal = /^Other\/Uplift: a second copy of cdk-cleanrooms-protected-job is used in this app \(.*src and .*src\); install one version for the whole app/;

  test('is another copy indeed', () => {
    expect(secondCopy.ProtectedJob).not.toBe(jest.requireActual<typeof import('../../src')>('../../src').ProtectedJob);
  });

  test('throws at its first job', () => {
    const app = newApp();
    const { membership, analysisTemplate } = withJob(app);

    expect(() => new secondCopy.ProtectedJob(new Stack(app, 'Other'), 'Uplift', { membership, analysisTemplate })).toThrow(refusal);
  });

  test('throws at its first runner', () => {
    const app = newApp();
    withJob(app);

    expect(() => new secondCopy.ProtectedJobRunner(new Stack(app, 'Other'), 'Uplift')).toThrow(refusal);
  });

  test('works in another app', () => {
    withJob(newApp());
    const stack = new JobStack();
    new secondCopy.ProtectedJob(stack, 'Uplift', { membership: stack.membership, analysisTemplate: stack.analysisTemplate });

    Template.fromStack(stack).resourceCountIs(RESOURCE_TYPE, 1);
  });

  function withJob(scope: Construct): JobStack {
    const stack = new JobStack(scope);
    stack.addJob();
    return stack;
  }
});

describe('a runner of another stack', () => {
  const here = { account: ACCOUNT, region: 'eu-central-1' };

  function addJobWithRunnerOf(env: { account?: string; region?: string } | undefined, jobEnv: typeof env): void {
    const app = newApp();
    const runner = new ProtectedJobRunner(new Stack(app, 'Shared', { env }), 'Runner');
    new JobStack(app, 'Jobs', { env: jobEnv }).addJob('Uplift', { runner });
  }

  test('throws where it is in another region', () => {
    expect(() => addJobWithRunnerOf({ ...here, region: 'eu-west-1' }, here)).toThrow(
      new Error("Jobs/Uplift: runner: Shared/Runner is in region eu-west-1, the job's stack in eu-central-1; pass a runner of the same region"),
    );
  });

  test('throws where it is in another account', () => {
    expect(() => addJobWithRunnerOf({ ...here, account: '444455556666' }, here)).toThrow(
      new Error("Jobs/Uplift: runner: Shared/Runner is in account 444455556666, the job's stack in 111122223333; pass a runner of the same account"),
    );
  });

  test('throws where it is in another region and the accounts are unknown', () => {
    expect(() => addJobWithRunnerOf({ region: 'eu-west-1' }, { region: 'eu-central-1' })).toThrow(/is in region eu-west-1/);
  });

  test.each([
    ['both environments are the same', here, here],
    ['both environments are unknown', undefined, undefined],
  ])('passes where %s', (_, env, jobEnv) => {
    expect(() => addJobWithRunnerOf(env, jobEnv)).not.toThrow();
  });
});

describe('more memberships and templates than the role of a runner has room for', () => {
  const tooMany = 120;

  test('throw at synth and tell to create a second runner', () => {
    const app = newApp();
    const stack = new JobStack(app);
    for (let number = 0; number < tooMany; number++) {
      stack.addNumberedJob(number, { stackOutputs: false });
    }

    expect(() => app.synth()).toThrow(
      /\[Stack\/ProtectedJobRunner\] runner: its jobs need (\d) managed policies on its role, and \1 more while a deployment replaces those of a stack, where there is room for 10; create a second ProtectedJobRunner and pass it to some of the jobs/,
    );
  });

  test('throw also where the jobs are in several stacks', () => {
    const app = newApp();
    const runner = new ProtectedJobRunner(new Stack(app, 'Shared'), 'Runner');
    for (let number = 0; number < 10; number++) {
      new JobStack(app, `Jobs${number}`).addNumberedJob(number, { runner });
    }

    expect(() => app.synth()).toThrow(/\[Shared\/Runner\] runner: its jobs need 10 managed policies on its role, and 1 more/);
  });

  test('pass with enough runners', () => {
    const app = newApp();
    const stack = new JobStack(app);
    const runners = [1, 2].map((index) => new ProtectedJobRunner(stack, `Runner${index}`));
    for (let number = 0; number < tooMany; number++) {
      stack.addNumberedJob(number, { runner: runners[number % runners.length], stackOutputs: false });
    }

    expect(() => app.synth()).not.toThrow();
  });

  test('are not the same as many jobs of one membership and template', () => {
    const app = newApp();
    const stack = new JobStack(app);
    for (let number = 0; number < tooMany; number++) {
      stack.addJob(`Job${number}`, { stackOutputs: false });
    }

    expect(() => app.synth()).not.toThrow();
  });
});

describe("a construct of the user's that has the default runner's ID", () => {
  test('throws and tells what to do', () => {
    const stack = new JobStack();
    new Construct(stack, 'ProtectedJobRunner');

    expect(() => stack.addJob()).toThrow(
      new Error('Stack/ProtectedJobRunner: the jobs of this stack need this construct ID for their runner; rename your construct, or pass a runner to the jobs'),
    );
  });

  test('is no problem for jobs with a runner of their own', () => {
    const stack = new JobStack();
    new Construct(stack, 'ProtectedJobRunner');

    expect(() => stack.addJob('Uplift', { runner: new ProtectedJobRunner(stack, 'Runner') })).not.toThrow();
  });
});

test('the fixtures are valid without the bad input', () => {
  const stack = new JobStack();

  expect(() => stack.addJob('Uplift', {
    membership: new UncheckedMembership(stack, 'Good', MEMBERSHIP_ID),
    ...worker({}),
  })).not.toThrow();
});

test.each<[string, Partial<ProtectedJobProps>]>([
  ['failDeployment', { failDeployment: false }],
  ['failDeployment', { failDeployment: true }],
  ['pollInterval', { pollInterval: Duration.seconds(30) }],
])('%s is an error where nobody waits for the end of the job', (name, props) => {
  const stack = new JobStack();
  expect(() => stack.addJob('Uplift', { ...props, waitForCompletion: false })).toThrow(`Stack/Uplift: ${name}: has no effect with waitForCompletion: false`);
});
