/**
 * Deploys examples/typescript/first-job with the real CDK CLI to the embedded AWS, step by step, as a user would deploy
 * it to an account. Nothing leaves the machine.
 */
import * as path from 'node:path';
import { CdkCli } from '../journeys/cdk-cli';
import { LocalAws } from '../local-aws/local-aws';

const EXAMPLE = path.join(__dirname, '..', '..', 'examples', 'typescript', 'first-job');

/** A job of three minutes takes three seconds. */
const PACE = 60;
const JOB_DURATIONS = { submitted: 30_000, run: 150_000 };

class Demo {
  private readonly interruption = new AbortController();
  private readonly cli: CdkCli;

  constructor(private readonly aws: LocalAws) {
    this.cli = new CdkCli(aws);
    Object.assign(aws.cleanRooms.jobDurations, JOB_DURATIONS);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => this.interruption.abort());
    }
  }

  async run(): Promise<void> {
    await this.cdk('The account is bootstrapped, as any account for the CDK', 'bootstrap');

    await this.cdk('The first deployment starts one job, waits for it and prints where the results are', 'deploy');
    this.expectJobs(1);
    this.showResults();

    await this.cdk('The same deployment again starts nothing', 'deploy');
    this.expectJobs(1);

    await this.cdk('A deployment with another campaign starts one more job', 'deploy', '-c', 'campaign=autumn');
    this.expectJobs(2);
    this.showResults();

    await this.cdk('The stack is removed; the results stay', 'destroy', '--force');
    this.expectJobs(2);
  }

  private async cdk(title: string, command: string, ...args: string[]): Promise<void> {
    say(`\n▶ ${title}\n  $ cdk ${[command, ...args].join(' ')}`);
    const { exitCode } = await this.cli.run([command, ...args, ...(command === 'deploy' ? UNATTENDED : [])], {
      directory: EXAMPLE,
      environment: { TSX_TSCONFIG_PATH: path.join(__dirname, '..', '..', 'tsconfig.dev.json') },
      onLine: (line) => isWorthShowing(line) && say(`  ${line}`),
      signal: this.interruption.signal,
    });
    if (this.interruption.signal.aborted) {
      throw new Error('interrupted');
    }
    if (exitCode !== 0) {
      throw new Error(`cdk ${command} ended with exit code ${exitCode}`);
    }
  }

  private expectJobs(expected: number): void {
    const started = this.aws.cleanRooms.jobs().length;
    if (started !== expected) {
      throw new Error(`${started} jobs were started, where ${expected} were expected`);
    }
    say(`✔ Clean Rooms has started ${started} job${started === 1 ? '' : 's'} so far`);
  }

  private showResults(): void {
    const location = this.aws.ssm.getParameter('/campaign-uplift/latest-result') ?? 'nowhere';
    const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(location) ?? [];
    say(`✔ The results at ${location}`);
    for (const key of this.aws.s3.listObjects(bucket, prefix)) {
      say(`    ${key}`);
    }
  }
}

/**
 * The CLI prints two lines for each of the thirty resources; only those of the stack and of the job say something here.
 */
function isWorthShowing(line: string): boolean {
  const isEvent = /^\S+ \|\s+\S+ \|/.test(line);
  return !isEvent || / \| (Custom::CleanRoomsProtectedJob|AWS::CloudFormation::Stack) /.test(line);
}

const UNATTENDED = ['--require-approval', 'never'];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const aws = await LocalAws.start({ pace: PACE });
  try {
    await new Demo(aws).run();
  } finally {
    await aws.stop();
  }
}

main().catch((error: unknown) => {
  say(`\n✘ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
