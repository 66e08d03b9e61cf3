import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { CdkCli, type CliResult } from './cdk-cli';
import { AnalysisTemplate, Membership } from '../../src';
import { type AnalysisTemplate as ServiceTemplate, type Membership as ServiceMembership } from '../local-aws/clean-rooms/collaborations';
import { type Job } from '../local-aws/clean-rooms/jobs';
import { LocalAws } from '../local-aws/local-aws';
import { TemporaryDirectory } from '../local-aws/temporary-directory';

/** A membership and a template of its own that are there before any stack. */
export interface Collaborator {
  readonly membershipId: string;
  readonly templateArn: string;
  membership(scope: Construct, id: string): cleanrooms.IMembershipRef;
  analysisTemplate(scope: Construct, id: string): cleanrooms.IAnalysisTemplateRef;
}

/** A deployment in a word, or why it failed. */
export function outcomeOf({ exitCode, output }: CliResult): string {
  return exitCode === 0 ? 'deployed' : output;
}

/** What a user of the CDK does, one deployment after the other, with the real CLI against an embedded AWS. */
export class Journey {
  static async begin(clockFactor: number): Promise<Journey> {
    const aws = await LocalAws.start({ clockFactor });
    const journey = new Journey(aws);
    aws.s3.createBucket('results');
    const environment = `aws://${aws.accountId}/${aws.region}`;
    const { exitCode, output } = await journey.cli.run(['bootstrap', environment], { directory: journey.directory.path });
    if (exitCode !== 0) {
      await journey.end();
      throw new Error(output);
    }
    return journey;
  }

  private readonly directory = new TemporaryDirectory('journey');
  private readonly cli: CdkCli;
  private syntheses = 0;
  /** What was deployed last under each stack's name. */
  private readonly assemblies = new Map<string, string>();

  private constructor(readonly aws: LocalAws) {
    this.cli = new CdkCli(aws);
  }

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

  deploy(stackName: string, build: (stack: Stack) => void, ...args: string[]): Promise<CliResult> {
    return this.deployOf(stackName, (app) => build(new Stack(app, stackName)), ...args);
  }

  /** Deploys one stack of an app, and no other. */
  deployOf(stackName: string, build: (app: App) => void, ...args: string[]): Promise<CliResult> {
    this.syntheses += 1;
    const assembly = path.join(this.directory.path, `cdk.out.${this.syntheses}`);
    const app = new App({ outdir: assembly });
    build(app);
    app.synth();
    this.assemblies.set(stackName, assembly);
    const command = ['deploy', stackName, '--exclusively', '-a', assembly, '--require-approval', 'never'];
    return this.cli.run([...command, ...args], { directory: this.directory.path });
  }

  destroy(stackName: string): Promise<CliResult> {
    const assembly = this.assemblies.get(stackName) ?? 'none';
    return this.cli.run(['destroy', stackName, '--exclusively', '-a', assembly, '--force'], { directory: this.directory.path });
  }

  /** A stack's outputs, as CloudFormation has them. */
  outputs(stackName: string): Readonly<Record<string, string>> {
    const outputs = this.aws.cloudFormation.findStack(stackName)?.outputs ?? [];
    return Object.fromEntries(outputs.map(({ name, value }) => [name, value]));
  }

  status(stackName: string): string | undefined {
    return this.aws.cloudFormation.findStack(stackName)?.status;
  }

  /** Resolves once the job of the collaborator runs. */
  async jobStarted({ membershipId }: Collaborator): Promise<void> {
    await this.aws.cleanRooms.untilJob(({ membership, status }) => membership.id === membershipId && status === 'STARTED');
  }

  /** Resolves once CloudFormation works on the resource. */
  async resourceInProgress(stackName: string, logicalId: RegExp): Promise<void> {
    const { cloudFormation, clock } = this.aws;
    const isInProgress = () =>
      cloudFormation.events(stackName).some((event) => logicalId.test(event.logicalId) && event.status.endsWith('_IN_PROGRESS'));
    while (!isInProgress()) {
      await clock.sleep(60_000);
    }
  }

  /** The jobs of the collaborator in the order of their start. */
  jobs({ membershipId }: Collaborator): readonly Job[] {
    return this.aws.cleanRooms.jobs().filter((job) => job.membership.id === membershipId);
  }

  /** What this library writes where somebody could read it: logs, reasons in events, inputs of executions. */
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
