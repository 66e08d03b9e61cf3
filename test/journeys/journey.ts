import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { type CloudAssembly } from 'aws-cdk-lib/cx-api';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { type CliResult } from './cdk-cli';
import { ApiDeployer, CliDeployer, type Deployer, type DeployOptions } from './deployer';
import { AnalysisTemplate, Membership } from '../../src';
import { type AnalysisTemplate as ServiceTemplate, type Membership as ServiceMembership } from '../local-aws/clean-rooms/collaborations';
import { type Job } from '../local-aws/clean-rooms/jobs';
import { type StackEvent } from '../local-aws/cloudformation/stack';
import { LocalAws } from '../local-aws/local-aws';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

/** A membership and a template of its own, which exist before any stack. */
export interface Collaborator {
  readonly membershipId: string;
  readonly templateArn: string;
  membership(scope: Construct, id: string): cleanrooms.IMembershipRef;
  analysisTemplate(scope: Construct, id: string): cleanrooms.IAnalysisTemplateRef;
}

/** The result of a deployment in one word, or why it failed. */
export function outcomeOf({ exitCode, output }: CliResult): string {
  return exitCode === 0 ? 'deployed' : output;
}

/** What a user of the CDK does, one deployment after the other, against an embedded AWS. */
export class Journey {
  /** With the real CLI. */
  static begin(): Promise<Journey> {
    return Journey.beginWith((aws) => new CliDeployer(aws));
  }

  /** For journeys to which the CLI adds nothing. */
  static beginWithoutCli(): Promise<Journey> {
    return Journey.beginWith((aws) => new ApiDeployer(aws));
  }

  private static async beginWith(newDeployer: (aws: LocalAws) => Deployer): Promise<Journey> {
    const aws = await LocalAws.start();
    const deployer = newDeployer(aws);
    const journey = new Journey(aws, deployer);
    aws.s3.createBucket('results');
    const { exitCode, output } = await journey.finish(deployer.bootstrap());
    if (exitCode !== 0) {
      await journey.end();
      throw new Error(output);
    }
    return journey;
  }

  private readonly directory = new TemporaryDirectory('journey');
  private syntheses = 0;
  /** What was deployed last under each stack's name. */
  private readonly assemblies = new Map<string, CloudAssembly>();

  private constructor(
    readonly aws: LocalAws,
    private readonly deployer: Deployer,
  ) {}

  async collaborator(...parameterNames: string[]): Promise<Collaborator> {
    const { cleanRooms } = this.aws;
    const membership = cleanRooms.addMembership({ results: { bucket: 'results', keyPrefix: 'uplift' } });
    const parameters = parameterNames.map((name) => ({ name, type: 'VARCHAR', defaultValue: '' }));
    return this.collaboratorOf(membership, await cleanRooms.addAnalysisTemplate({ membership, parameters }));
  }

  collaboratorOf(membership: ServiceMembership, template: ServiceTemplate): Collaborator {
    return {
      membershipId: membership.id,
      templateArn: template.arn,
      membership: (scope, id) => Membership.fromMembershipId(scope, id, membership.id),
      analysisTemplate: (scope, id) => AnalysisTemplate.fromAnalysisTemplateArn(scope, id, template.arn),
    };
  }

  deploy(stackName: string, build: (stack: Stack) => void, options?: DeployOptions): Promise<CliResult> {
    return this.finish(this.startDeploying(stackName, build, options));
  }

  /** Deploys one stack of an app, and no other. */
  deployOf(stackName: string, build: (app: App) => void, options?: DeployOptions): Promise<CliResult> {
    return this.finish(this.startDeployingOf(stackName, build, options));
  }

  /** Embedded time stands still until the test lets it pass: with `until`, and at the end with `finish`. */
  startDeploying(stackName: string, build: (stack: Stack) => void, options?: DeployOptions): Promise<CliResult> {
    return this.startDeployingOf(stackName, (app) => build(new Stack(app, stackName)), options);
  }

  startDeployingOf(stackName: string, build: (app: App) => void, options: DeployOptions = {}): Promise<CliResult> {
    this.syntheses += 1;
    const app = new App({ outdir: path.join(this.directory.path, `cdk.out.${this.syntheses}`) });
    build(app);
    const assembly = app.synth();
    this.assemblies.set(stackName, assembly);
    return this.deployer.deploy(assembly, stackName, options);
  }

  destroy(stackName: string): Promise<CliResult> {
    const assembly = this.assemblies.get(stackName);
    if (assembly === undefined) {
      throw new Error(`${stackName} was never deployed`);
    }
    return this.finish(this.deployer.destroy(assembly, stackName));
  }

  /** Lets time pass until the command of the CLI has ended. */
  finish(command: Promise<CliResult>): Promise<CliResult> {
    return this.aws.clock.until(command);
  }

  /** Lets time pass until the condition holds, and stops it there. */
  until(condition: () => boolean): Promise<void> {
    return this.aws.clock.until(condition);
  }

  /** A stack's outputs, as CloudFormation has them. */
  outputs(stackName: string): Readonly<Record<string, string>> {
    const outputs = this.aws.cloudFormation.findStack(stackName)?.outputs ?? [];
    return Object.fromEntries(outputs.map(({ name, value }) => [name, value]));
  }

  status(stackName: string): string | undefined {
    return this.aws.cloudFormation.findStack(stackName)?.status;
  }

  /** Lets time pass until the job of the collaborator runs. */
  untilJobStarted(collaborator: Collaborator): Promise<void> {
    return this.until(() => this.jobs(collaborator).some(({ status }) => status === 'STARTED'));
  }

  /** Lets time pass until CloudFormation works on the resource. */
  untilInProgress(stackName: string, logicalId: RegExp): Promise<void> {
    return this.until(() => this.events(stackName).some((event) => logicalId.test(event.logicalId) && event.status.endsWith('_IN_PROGRESS')));
  }

  /** CloudFormation's events of the stack so far. */
  events(stackName: string): readonly StackEvent[] {
    const { cloudFormation } = this.aws;
    return cloudFormation.findStack(stackName) === undefined ? [] : cloudFormation.events(stackName);
  }

  /** The jobs of the collaborator in the order of their start. */
  jobs({ membershipId }: Collaborator): readonly Job[] {
    return this.aws.cleanRooms.jobs().filter((job) => job.membership.id === membershipId);
  }

  /** What this library writes in places that people can read: logs, reasons in events, inputs of executions. */
  readable(stackName: string): string {
    const { cloudFormation, logs, stepFunctions } = this.aws;
    const lines = logs.groupNames().flatMap((name) => logs.lines(name));
    const inputs = stepFunctions.executions().map(({ inputText }) => inputText);
    const reasons = cloudFormation.events(stackName).map(({ reason }) => reason);
    return [...lines, ...inputs, ...reasons].join('\n');
  }

  async end(): Promise<void> {
    await this.aws.stop();
    this.directory.remove();
  }
}
