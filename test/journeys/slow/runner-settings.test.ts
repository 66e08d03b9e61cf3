import { CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ProtectedJob, ProtectedJobRunner, type ProtectedJobRunnerProps, RunnerLogLevel } from '../../../src';
import { type Collaborator, Journey, outcomeOf } from '../journey';

process.env.CDK_VALIDATION = 'false';

const SECRET = 'a-secret-value-of-a-parameter';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: 60_000, cancelling: 20_000 });
});

afterAll(() => journey.end());

function addJob(stack: Stack, id: string, collaborator: Collaborator, runner: ProtectedJobRunner | undefined, run: string): ProtectedJob {
  return new ProtectedJob(stack, id, {
    membership: collaborator.membership(stack, `${id}Membership`),
    analysisTemplate: collaborator.analysisTemplate(stack, `${id}Template`),
    parameters: { token: SECRET },
    triggers: { run },
    runner,
  });
}

const importedVpc = (stack: Stack) =>
  ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1234567890',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnetIds: ['subnet-private-a', 'subnet-private-b'],
    privateSubnetRouteTableIds: ['rtb-private-a', 'rtb-private-b'],
  });

const newRole = (stack: Stack, id: string, service: string) =>
  new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal(`${service}.amazonaws.com`) });

const newRoles = (stack: Stack) => ({
  onEventRole: newRole(stack, 'OurOnEventRole', 'lambda'),
  advanceRole: newRole(stack, 'OurAdvanceRole', 'lambda'),
  clockRole: newRole(stack, 'OurClockRole', 'states'),
});

type BuildRunner = (stack: Stack, collaborator: Collaborator) => ProtectedJobRunner;

const runnerWith = (settings: (stack: Stack) => ProtectedJobRunnerProps): BuildRunner => (stack) =>
  new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, settings(stack));

/** The user gives the roles their permissions, and the runner adds nothing. */
const runnerWithRolesOfTheUser: BuildRunner = (stack, collaborator) => {
  const roles = newRoles(stack);
  const runner = new ProtectedJobRunner(stack, ProtectedJobRunner.DEFAULT_ID, {
    ...roles,
    vpc: importedVpc(stack),
    encryptionKey: new kms.Key(stack, 'Key'),
    logRemovalPolicy: RemovalPolicy.RETAIN,
    ledgerRemovalPolicy: RemovalPolicy.RETAIN,
  });
  const jobStatements = runner.jobStatements(stack, {
    membership: collaborator.membership(stack, 'M'),
    analysisTemplate: collaborator.analysisTemplate(stack, 'T'),
  });
  runner.onEventStatements.forEach((statement) => roles.onEventRole.addToPolicy(statement));
  [...runner.advanceStatements, ...jobStatements].forEach((statement) => roles.advanceRole.addToPolicy(statement));
  runner.clockStatements.forEach((statement) => roles.clockRole.addToPolicy(statement));
  return runner;
};

/** Every setting is changed by at least two of the steps from one of these to the next. */
const RUNNERS: readonly (readonly [string, BuildRunner])[] = [
  [
    'VPC, key, log level, architecture and runtime',
    runnerWith((stack) => ({
      vpc: importedVpc(stack),
      encryptionKey: new kms.Key(stack, 'Key'),
      logLevel: RunnerLogLevel.DEBUG,
      architecture: lambda.Architecture.X86_64,
      runtime: lambda.Runtime.NODEJS_22_X,
    })),
  ],
  [
    'roles that are added to, subnets, security groups and a log group',
    runnerWith((stack) => {
      const vpc = importedVpc(stack);
      return {
        ...newRoles(stack),
        addPermissionsToRoles: true,
        vpc,
        vpcSubnets: { availabilityZones: ['us-east-1b'] },
        securityGroups: [new ec2.SecurityGroup(stack, 'OurGroup', { vpc })],
        logGroup: new logs.LogGroup(stack, 'OurLogs', { removalPolicy: RemovalPolicy.DESTROY }),
      };
    }),
  ],
  ['roles that are not added to, another key and removal policies', runnerWithRolesOfTheUser],
  ['no settings', runnerWith(() => ({}))],
];

/** What must stay the same with all settings: physical IDs, and the service token of the job. */
function identityOf(stackName: string): unknown {
  const resources = [...(journey.aws.cloudFormation.findStack(stackName)?.resources.values() ?? [])];
  const ofType = (type: string) => resources.filter(({ definition }) => definition.type === type);
  return {
    ledger: ofType('AWS::DynamoDB::Table').map(({ physicalId }) => physicalId),
    functions: ofType('AWS::Lambda::Function').map(({ physicalId }) => physicalId).sort(),
    clock: ofType('AWS::StepFunctions::StateMachine').map(({ physicalId }) => physicalId),
    job: ofType('Custom::CleanRoomsProtectedJob').map(({ physicalId, properties }) => [physicalId, properties.ServiceToken]),
  };
}

/** Which of the texts can be read somewhere. */
function seenInLogs(texts: Readonly<Record<string, string>>): string[] {
  const readable = journey.readable('Settings');
  return Object.keys(texts).filter((name) => readable.includes(texts[name]));
}

function failures(stackName: string): string[] {
  const events = journey.aws.cloudFormation.events(stackName).filter(({ status }) => status.endsWith('_FAILED'));
  return events.map(({ logicalId, reason }) => `${logicalId}: ${reason}`);
}

test('any setting of a deployed runner can be changed: nothing is replaced that must not be, no job starts, and the next one runs', async () => {
  const collaborator = await journey.collaborator('token');
  const deploy = (build: BuildRunner, run: string) =>
    journey.deploy('Settings', (stack) => {
      addJob(stack, 'Uplift', collaborator, build(stack, collaborator), run);
    });
  expect(outcomeOf(await deploy(runnerWith(() => ({})), '0'))).toBe('deployed');
  const before = identityOf('Settings');

  for (const [index, [name, build]] of RUNNERS.entries()) {
    expect([name, outcomeOf(await deploy(build, `${index}`))]).toEqual([name, 'deployed']);
    expect([name, identityOf('Settings')]).toEqual([name, before]);
    expect([name, journey.jobs(collaborator).length]).toEqual([name, index + 1]);

    expect([name, outcomeOf(await deploy(build, `${index + 1}`))]).toEqual([name, 'deployed']);
    const [job] = journey.jobs(collaborator).slice(index + 1);
    expect([name, job.status]).toEqual([name, 'SUCCESS']);
    expect([name, seenInLogs({ job: job.id, clock: '"type":"ExecutionSucceeded"', secret: SECRET, address: 'X-Amz-Signature' })]).toEqual([
      name,
      ['job', 'clock'],
    ]);
  }
  expect(failures('Settings')).toEqual([]);
  expect(outcomeOf(await journey.destroy('Settings'))).toBe('deployed');
});

test('a deployed job can not move to another runner; under another construct ID it does, and runs once more', async () => {
  const collaborator = await journey.collaborator('token');
  const deploy = (id: string, runnerId: string) =>
    journey.deploy('Move', (stack) => {
      const runners = new Map(['One', 'Other'].map((name) => [name, new ProtectedJobRunner(stack, name)]));
      addJob(stack, id, collaborator, runners.get(runnerId), 'once');
    });
  expect(outcomeOf(await deploy('Uplift', 'One'))).toBe('deployed');

  const refused = await deploy('Uplift', 'Other');
  expect(refused.output).toContain('Modifying service token is not allowed');
  expect(journey.status('Move')).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(journey.jobs(collaborator)).toHaveLength(1);

  expect(outcomeOf(await deploy('UpliftOfOther', 'Other'))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS']);
  expect(journey.outputs('Move').UpliftOfOtherJobId).toBe(journey.jobs(collaborator)[1].id);
});

test('two runners in one stack each run their job', async () => {
  const collaborators = [await journey.collaborator('token'), await journey.collaborator('token')];
  const deployed = await journey.deploy('Two', (stack) => {
    for (const [index, collaborator] of collaborators.entries()) {
      const job = addJob(stack, `Job${index}`, collaborator, new ProtectedJobRunner(stack, `Runner${index}`), 'once');
      new CfnOutput(stack, `Id${index}`, { value: job.jobId });
    }
  });

  expect(outcomeOf(deployed)).toBe('deployed');
  const { Id0, Id1 } = journey.outputs('Two');
  expect([[Id0], [Id1]]).toEqual(collaborators.map((collaborator) => journey.jobs(collaborator).map(({ id }) => id)));
});
