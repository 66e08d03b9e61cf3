/**
 * The embedded AWS: a server on loopback to which the real CDK CLI deploys, and which runs what was deployed. It knows
 * nothing of this library. README.md and the head comment of each service say what is not here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { CertificateAuthority } from './certificate';
import { CleanRoomsService } from './clean-rooms/clean-rooms';
import { Clients, RealTimeClient } from './clients';
import { Clock, type ClockOptions } from './clock';
import { CloudFormationService } from './cloudformation/cloudformation';
import { DynamoDbService } from './dynamodb/dynamodb';
import { IamService } from './iam/iam';
import { Kms } from './kms';
import { LambdaService } from './lambda/lambda';
import { Logs } from './logs';
import { S3Service } from './s3/s3';
import { AwsServer } from './server';
import { type ResourceType, type Service } from './service';
import { SsmService } from './ssm';
import { StepFunctionsService } from './step-functions/step-functions';
import { StsService } from './sts';
import { TemporaryDirectory } from './temporary-directory';

export interface LocalAwsOptions extends ClockOptions {
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 111122223333 */
  readonly accountId?: string;
  /** @default aws */
  readonly partition?: string;
}

export class LocalAws {
  /** If this fails, nothing of the server is left. */
  static async start(options: LocalAwsOptions = {}): Promise<LocalAws> {
    const aws = new LocalAws(options);
    try {
      await aws.listen();
      return aws;
    } catch (error) {
      await aws.stop();
      throw error;
    }
  }

  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
  readonly clock: Clock;
  readonly iam: IamService;
  readonly kms: Kms;
  readonly logs: Logs;
  readonly s3: S3Service;
  readonly ssm: SsmService;
  readonly sts: StsService;
  readonly lambda: LambdaService;
  readonly stepFunctions: StepFunctionsService;
  readonly dynamoDb: DynamoDbService;
  readonly cleanRooms: CleanRoomsService;
  readonly cloudFormation: CloudFormationService;
  private readonly directory = new TemporaryDirectory('local-aws');
  private readonly files = {
    certificate: join(this.directory.path, 'ca.pem'),
    preload: join(this.directory.path, 'preload.cjs'),
    cdkHome: join(this.directory.path, 'cdk-home'),
  };
  private readonly clients = new Clients();
  private server?: AwsServer;

  private constructor({ region = 'us-east-1', accountId = '111122223333', partition = 'aws', ...clockOptions }: LocalAwsOptions) {
    this.region = region;
    this.accountId = accountId;
    this.partition = partition;
    this.clock = new Clock(clockOptions);
    const account = { clock: this.clock, region, accountId, partition };
    this.iam = new IamService(account);
    this.kms = new Kms({ ...account, iam: this.iam });
    const shared = { ...account, iam: this.iam, kms: this.kms };
    this.logs = new Logs(shared);
    this.s3 = new S3Service(shared);
    this.ssm = new SsmService(shared);
    this.sts = new StsService(shared);
    this.lambda = new LambdaService({
      ...shared,
      s3: this.s3,
      logs: this.logs,
      clients: this.clients,
      childEnvironment: () => this.childEnvironment(),
    });
    this.stepFunctions = new StepFunctionsService({ ...shared, lambda: this.lambda, logs: this.logs });
    this.dynamoDb = new DynamoDbService(shared);
    this.cleanRooms = new CleanRoomsService({ ...shared, s3: this.s3 });
    this.cloudFormation = new CloudFormationService({
      ...shared,
      s3: this.s3,
      ssm: this.ssm,
      lambda: this.lambda,
      resourceTypes: () => this.resourceTypes(),
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.listening().port}`;
  }

  /** When the last request came, in real milliseconds. */
  get lastRequestAt(): number {
    return this.listening().lastRequestAt;
  }

  /** What the CDK CLI, or any other client in a process of its own, needs in order to use this as AWS. */
  environment(): Record<string, string> {
    return {
      ...this.connection(),
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEADMIN0000',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      CDK_HOME: this.files.cdkHome,
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    };
  }

  /**
   * Runs a client that lives in real time, with what its process needs. Embedded time stands still while the client
   * runs, except when it waits for an operation to end. A paced clock does not wait for clients.
   */
  async asClient<Result>(run: (environment: Readonly<Record<string, string>>) => Promise<Result>): Promise<Result> {
    if (this.clock.isPaced) {
      return run(this.environment());
    }
    const activity = this.clock.begin();
    const client = new RealTimeClient(activity);
    try {
      return await run({ ...this.environment(), ...this.clients.connect(client) });
    } finally {
      this.clients.disconnect(client);
      activity.end();
    }
  }

  /** What a function's process needs. The credentials come from its role. */
  childEnvironment(): Record<string, string> {
    return this.connection();
  }

  /** Ends all children, timers and connections. Afterwards nothing keeps the process alive. May be called twice. */
  async stop(): Promise<void> {
    this.cloudFormation.stop();
    this.stepFunctions.stop();
    this.cleanRooms.stop();
    await Promise.all([this.lambda.stop(), this.server?.stop(), this.dynamoDb.stop()]);
    this.directory.remove();
  }

  private async listen(): Promise<void> {
    const certificateAuthority = await CertificateAuthority.create();
    writeFileSync(this.files.certificate, certificateAuthority.certificate);
    mkdirSync(this.files.cdkHome);
    buildSync({
      entryPoints: [join(__dirname, 'preload.ts')],
      outfile: this.files.preload,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
    });
    this.server = await AwsServer.start({
      services: this.services(),
      certificateAuthority,
      callerOf: (accessKeyId) => this.iam.callerOf(accessKeyId),
      clock: this.clock,
      clients: this.clients,
    });
  }

  private services(): readonly Service[] {
    return [
      this.cloudFormation,
      this.cloudFormation.customResources,
      this.iam,
      this.s3,
      this.ssm,
      this.sts,
      this.lambda,
      this.stepFunctions,
      this.dynamoDb,
      this.cleanRooms,
    ];
  }

  private resourceTypes(): Readonly<Record<string, ResourceType>> {
    const owners: readonly Pick<Service, 'resourceTypes'>[] = [...this.services(), this.logs, this.kms];
    return Object.fromEntries(owners.flatMap(({ resourceTypes = {} }) => Object.entries(resourceTypes)));
  }

  private connection(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      LOCAL_AWS_TLS_PORT: String(this.listening().tlsPort),
      NODE_EXTRA_CA_CERTS: this.files.certificate,
      NODE_OPTIONS: `--require=${this.files.preload}`,
    };
  }

  private listening(): AwsServer {
    if (!this.server) {
      throw new Error('the embedded AWS is not started');
    }
    return this.server;
  }
}
