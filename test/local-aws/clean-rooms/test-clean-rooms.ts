/** Clean Rooms behind a server, with the real client, one membership and one template. */
import { randomUUID } from 'node:crypto';
import {
  CleanRoomsClient,
  GetProtectedJobCommand,
  ListProtectedJobsCommand,
  StartProtectedJobCommand,
  UpdateProtectedJobCommand,
  type ListProtectedJobsCommandOutput,
  type ProtectedJob,
  type StartProtectedJobCommandInput,
  type UpdateProtectedJobCommandOutput,
} from '@aws-sdk/client-cleanrooms';
import { CertificateAuthority } from '../certificate';
import { Clients } from '../clients';
import { Clock } from '../clock';
import { IamService } from '../iam/iam';
import { S3Service } from '../s3/s3';
import { AwsServer } from '../server';
import { type Caller, type ResourceContext } from '../service';
import { CleanRoomsService } from './clean-rooms';
import { type AnalysisTemplate, type Membership } from './collaborations';
import { type Job } from './jobs';

export const account = { region: 'us-east-1', accountId: '111122223333', partition: 'aws' };
export const partner = '444455556666';

export const context: ResourceContext = {
  ...account,
  stackId: 'arn:stack',
  stackName: 'stack',
  logicalId: 'X',
  generatedName: 'stack-X-ABCDEFGHIJKL',
};

const trust = (service: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
});

export const allow = (action: string, ...resources: string[]): object => ({ Effect: 'Allow', Action: action, Resource: resources });

export class TestCleanRooms {
  static async start(): Promise<TestCleanRooms> {
    const clock = new Clock();
    const iam = new IamService({ clock, ...account });
    const s3 = new S3Service({ clock, iam, ...account });
    const service = new CleanRoomsService({ clock, iam, s3, ...account });
    const certificateAuthority = await CertificateAuthority.create();
    const callerOf = (key: string): Caller => iam.callerOf(key);
    const server = await AwsServer.start({ services: [service], certificateAuthority, callerOf, clock, clients: new Clients() });
    s3.createBucket('results');
    s3.createBucket('code');
    s3.putObject('code', 'job.py', 'print(1)');
    const membership = service.addMembership({ results: { bucket: 'results', keyPrefix: 'uplift/' } });
    const template = await service.addAnalysisTemplate({ membership, artifacts: [{ bucket: 'code', key: 'job.py' }] });
    return new TestCleanRooms(clock, iam, s3, service, server, membership, template);
  }

  readonly client: CleanRoomsClient;

  private constructor(
    readonly clock: Clock,
    readonly iam: IamService,
    readonly s3: S3Service,
    readonly service: CleanRoomsService,
    private readonly server: AwsServer,
    /** The membership in which jobs are started and looked for. */
    public membership: Membership,
    public template: AnalysisTemplate,
  ) {
    this.client = this.clientWith({ accessKeyId: 'admin', secretAccessKey: 'x' });
  }

  clientWith(credentials: { accessKeyId: string; secretAccessKey: string }): CleanRoomsClient {
    return new CleanRoomsClient({ region: 'us-east-1', endpoint: `http://127.0.0.1:${this.server.port}`, credentials, maxAttempts: 1 });
  }

  startCommand(input: Partial<StartProtectedJobCommandInput> = {}): StartProtectedJobCommand {
    return new StartProtectedJobCommand({
      type: 'PYSPARK',
      membershipIdentifier: this.membership.id,
      jobParameters: { analysisTemplateArn: this.template.arn, parameters: { day: 'monday' } },
      ...input,
    });
  }

  async start(input: Partial<StartProtectedJobCommandInput> = {}): Promise<ProtectedJob> {
    return jobOf(await this.client.send(this.startCommand(input)));
  }

  async get(id = ''): Promise<ProtectedJob> {
    const input = { membershipIdentifier: this.membership.id, protectedJobIdentifier: id };
    return jobOf(await this.client.send(new GetProtectedJobCommand(input)));
  }

  /** Everything that the service sends, including members that the client does not know. */
  getRaw(id = ''): Promise<unknown> {
    return this.raw(`/${id}`);
  }

  listRaw(): Promise<unknown> {
    return this.raw('');
  }

  private async raw(path: string): Promise<unknown> {
    const authorization = 'Credential=admin/20260101/us-east-1/cleanrooms/aws4_request';
    const url = `http://127.0.0.1:${this.server.port}/memberships/${this.membership.id}/protectedJobs${path}`;
    return (await fetch(url, { headers: { authorization } })).json();
  }

  cancel(id = ''): Promise<UpdateProtectedJobCommandOutput> {
    const input = { membershipIdentifier: this.membership.id, protectedJobIdentifier: id };
    return this.client.send(new UpdateProtectedJobCommand({ ...input, targetStatus: 'CANCELLED' }));
  }

  list(more: object = {}): Promise<ListProtectedJobsCommandOutput> {
    return this.client.send(new ListProtectedJobsCommand({ membershipIdentifier: this.membership.id, ...more }));
  }

  /** Lets time pass until a job has the status. */
  async until(status: string, id?: string): Promise<Job> {
    const find = (): Job | undefined => this.service.jobs().find((job) => job.status === status && (id === undefined || job.id === id));
    await this.clock.until(() => find() !== undefined);
    const job = find();
    if (job === undefined) {
      throw new Error(`there is no job in ${status}`);
    }
    return job;
  }

  /** Lets this many milliseconds pass. */
  pass(milliseconds: number): Promise<void> {
    return this.clock.until(this.clock.sleep(milliseconds));
  }

  /** The ARN of a role that the service can take on, with these statements. */
  async makeRole(service: string, ...statements: object[]): Promise<string> {
    const Policies = statements.length > 0 ? [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: statements } }] : [];
    const role = await this.iam.resourceTypes['AWS::IAM::Role'].create(
      { RoleName: randomUUID(), AssumeRolePolicyDocument: trust(service), Policies },
      context,
    );
    return String(role.attributes.Arn);
  }

  async stop(): Promise<void> {
    this.client.destroy();
    this.service.stop();
    await this.server.stop();
  }
}

export function jobOf({ protectedJob }: { protectedJob?: ProtectedJob }): ProtectedJob {
  if (!protectedJob) {
    throw new Error('the answer has no job');
  }
  return protectedJob;
}
