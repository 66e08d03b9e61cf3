import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssetManifestArtifact, type CloudAssembly } from 'aws-cdk-lib/cx-api';
import { CdkCli, type CliResult } from './cdk-cli';
import { type LocalAws } from '../local-aws/local-aws';
import { zipOf } from '../local-aws/s3/zip';

export interface DeployOptions {
  /** @default - what CloudFormation does: it rolls back, but not in express mode */
  readonly rollback?: boolean;

  /** @default false */
  readonly express?: boolean;
}

/** How a stack gets to CloudFormation. */
export interface Deployer {
  bootstrap(): Promise<CliResult>;
  deploy(assembly: CloudAssembly, stackName: string, options: DeployOptions): Promise<CliResult>;
  destroy(assembly: CloudAssembly, stackName: string): Promise<CliResult>;
}

/** What users do. */
export class CliDeployer implements Deployer {
  private readonly cli: CdkCli;

  constructor(private readonly aws: LocalAws) {
    this.cli = new CdkCli(aws);
  }

  bootstrap(): Promise<CliResult> {
    return this.cli.run(['bootstrap', `aws://${this.aws.accountId}/${this.aws.region}`], { directory: process.cwd() });
  }

  deploy({ directory }: CloudAssembly, stackName: string, { rollback, express }: DeployOptions): Promise<CliResult> {
    const command = ['deploy', stackName, '--exclusively', '-a', directory, '--require-approval', 'never'];
    const flags = [...(rollback === false ? ['--no-rollback'] : []), ...(express === true ? ['--express'] : [])];
    return this.cli.run([...command, ...flags], { directory });
  }

  destroy({ directory }: CloudAssembly, stackName: string): Promise<CliResult> {
    return this.cli.run(['destroy', stackName, '--exclusively', '-a', directory, '--force'], { directory });
  }
}

const QUALIFIER = 'hnb659fds';

/** The same calls without the CLI, whose start alone takes longer than most deployments. */
export class ApiDeployer implements Deployer {
  constructor(private readonly aws: LocalAws) {}

  async bootstrap(): Promise<CliResult> {
    const { s3, ssm } = this.aws;
    s3.createBucket(this.assetBucket);
    ssm.putParameter(`/cdk-bootstrap/${QUALIFIER}/version`, '30');
    return { exitCode: 0, output: '' };
  }

  async deploy(assembly: CloudAssembly, stackName: string, { rollback, express }: DeployOptions): Promise<CliResult> {
    this.publishAssets(assembly, stackName);
    const { cloudFormation } = this.aws;
    const operation = cloudFormation.findStack(stackName) === undefined ? 'CreateStack' : 'UpdateStack';
    return this.operate(operation, stackName, /^(CREATE|UPDATE)_COMPLETE$/, {
      TemplateURL: this.publishTemplate(assembly, stackName),
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      ...(rollback !== undefined && { DisableRollback: String(!rollback) }),
      ...(express === true && { DeploymentConfig: { Mode: 'EXPRESS' } }),
    });
  }

  destroy(_assembly: CloudAssembly, stackName: string): Promise<CliResult> {
    return this.operate('DeleteStack', stackName, /^DELETE_COMPLETE$/, {});
  }

  /** Reports, as the CLI does, why something failed, and the outputs. */
  private async operate(
    operation: string,
    stackName: string,
    goodEnd: RegExp,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<CliResult> {
    const { cloudFormation } = this.aws;
    const before = cloudFormation.findStack(stackName);
    const formerEvents = before?.events.length ?? 0;
    const done = cloudFormation.call(operation, { StackName: stackName, ...parameters });
    const stack = before ?? cloudFormation.findStack(stackName);
    await done;
    const reasons = stack?.events.slice(formerEvents).flatMap(({ status, reason }) => (status.endsWith('_FAILED') && reason) || []) ?? [];
    const outputs = stack?.outputs.map(({ name, value }) => `${stackName}.${name} = ${value}`) ?? [];
    return { exitCode: goodEnd.test(stack?.status ?? '') ? 0 : 1, output: [...reasons, ...outputs].join('\n') };
  }

  private publishTemplate(assembly: CloudAssembly, stackName: string): string {
    const { templateFile, templateFullPath } = assembly.getStackByName(stackName);
    this.aws.s3.putObject(this.assetBucket, templateFile, fs.readFileSync(templateFullPath));
    return `https://s3.${this.aws.region}.amazonaws.com/${this.assetBucket}/${templateFile}`;
  }

  private publishAssets(assembly: CloudAssembly, stackName: string): void {
    for (const [key, directory] of assetsOf(assembly, stackName)) {
      this.aws.s3.putObject(this.assetBucket, key, zipOf(directory));
    }
  }

  private get assetBucket(): string {
    return `cdk-${QUALIFIER}-assets-${this.aws.accountId}-${this.aws.region}`;
  }
}

/** The folders that are uploaded as zips, by their keys. The stack's own template is a file. */
function assetsOf(assembly: CloudAssembly, stackName: string): [string, string][] {
  const manifests = assembly.getStackByName(stackName).dependencies.filter((artifact) => AssetManifestArtifact.isAssetManifestArtifact(artifact));
  const files = manifests.flatMap(({ contents }) => Object.values(contents.files ?? {}));
  return files.flatMap(({ source, destinations }) =>
    source.packaging === 'zip'
      ? Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, path.resolve(assembly.directory, source.path ?? '')])
      : [],
  );
}
