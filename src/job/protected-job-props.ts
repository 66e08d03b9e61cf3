import { type Duration } from 'aws-cdk-lib';
import { type ProtectedJobType } from './protected-job-type';
import { type Worker } from './worker';
import { type ProtectedJobAccess } from '../runner/protected-job-access';
import { type ProtectedJobRunner } from '../runner/protected-job-runner';

/**
 * What a protected job runs, and how.
 */
export interface ProtectedJobProps extends ProtectedJobAccess {
  /**
   * The type of the job.
   *
   * @default ProtectedJobType.PYSPARK
   */
  readonly type?: ProtectedJobType;

  /**
   * Values for the template's parameters, by name: at most 50, names of 1 to 100 letters, digits and underscores, values of at
   * most 1000 characters. They are part of the CloudFormation template; put no secrets in them. A reference to a secret is an error, because
   * CloudFormation does not resolve it in a custom resource. A value that is kept in an SSM parameter is passed with
   * `ssm.StringParameter.valueForStringParameter()`, which is read on each deployment.
   *
   * @default - no parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * The machines that the job runs on.
   *
   * @default - the choice of Clean Rooms
   */
  readonly worker?: Worker;

  /**
   * The account ID of the member who receives the results.
   *
   * @default - the member whose membership runs the job
   */
  readonly resultReceiver?: string;

  /**
   * The account ID of the member who pays for the job's compute, where more than one member can.
   *
   * @default - the member who pays for compute by the collaboration's configuration
   */
  readonly computePayer?: string;

  /**
   * Values of your own whose change runs the job again, besides a change of its other inputs. `{ at: new Date().toISOString() }`
   * runs it on every deployment. At most 50, names of 1 to 100 characters, values of at most 1000: for a longer one use its
   * hash.
   *
   * @default - the job runs again when its type, membership, template, parameters, worker, result receiver or compute payer change
   */
  readonly triggers?: { [name: string]: string };

  /**
   * How long the job may take from CloudFormation's request on, waiting in line included: 1 minute to 12 hours. A job that is not
   * done by then is cancelled and the deployment fails. With `waitForCompletion: false` it is the time that the job may wait in line.
   *
   * CloudFormation gives a custom resource an hour, of which 5 minutes are for cancelling. So a timeout of more than 55 minutes takes a
   * custom resource more for every 55 minutes, and each waits for an equal slice of it. A timeout that is a token can be 55 minutes at
   * most, because at synth nobody knows how many resources it takes.
   *
   * A retry of a deployment that failed with its rollback disabled asks only the resource that failed, so a job that is run again has
   * no more time than the slices that are left.
   *
   * @default Duration.minutes(55)
   */
  readonly timeout?: Duration;

  /**
   * How often the runner looks whether the job has ended: 10 to 60 seconds. It makes no difference to the job, so a change of it runs
   * nothing.
   *
   * @default - every 10 seconds at first, and less often the longer the job runs, up to 60 seconds after a quarter of an hour
   */
  readonly pollInterval?: Duration;

  /**
   * Whether a job that fails, is cancelled by someone else, or is not done within its `timeout`, fails the deployment. Set to false,
   * the deployment goes on, and the attributes `status`, `errorCode`, `errorMessage` and `errorRetryable` tell how the job ended; then this run counts as
   * done, and only other inputs or `triggers` run the job again. A job that could not be started fails the deployment all the same.
   *
   * @default true
   */
  readonly failDeployment?: boolean;

  /**
   * Whether the deployment waits for the end of the job. Set to false, it goes on as soon as Clean Rooms has accepted the job, whose end
   * it then never learns: the only output is the job ID, and reading an attribute that a job has only after its end is an error at
   * synth. The job runs on after the deployment, for as long as Clean Rooms lets it; a removal of the resource, and an
   * update or a rollback to other inputs, still cancel it.
   *
   * @default true
   */
  readonly waitForCompletion?: boolean;

  /**
   * Whether the job runs after the jobs of the same membership that were defined before it in the stack, each with the time of its
   * own `timeout`. Clean Rooms runs one job per membership at a time. Set to false, the job is started at once, and waits in line within
   * its timeout; and no other job waits for it.
   *
   * @default true
   */
  readonly sequential?: boolean;

  /**
   * Whether the stack gets the outputs `<construct ID>JobId` and `<construct ID>ResultLocation`; with `waitForCompletion: false` only
   * the first. Where the construct is not directly in the stack, its ID has other characters than letters and digits, or the name would
   * be longer than 255 characters, the name holds the construct's path and a hash.
   *
   * @default true
   */
  readonly stackOutputs?: boolean;

  /**
   * The runner that runs the job.
   *
   * @default - one runner that all jobs of the stack share
   */
  readonly runner?: ProtectedJobRunner;
}
