import { type Job } from './core/job';
import { redact } from './core/redaction';
import { type Request } from './core/request';
import { type Refusal, type Result } from './core/result';
import { type CleanRooms } from './ports/clean-rooms';
import { type JobInputs } from '../contract/job-inputs';

/**
 * Clean Rooms as one run of a request may hear it: no text that comes from it repeats a value of the run's parameters.
 *
 * The values are those of the request. Of another run, such as one that the request replaces, nobody knows the values any more, because
 * the ledger's record does not keep them: then no text of Clean Rooms is passed on at all.
 */
export class RedactingCleanRooms implements CleanRooms {
  private readonly withoutValues: (text: string) => string;

  /** @param runKey the run that the calls are about; absent where there is none yet but the request's own */
  constructor(
    private readonly cleanRooms: CleanRooms,
    { job }: Request,
    runKey: string | undefined,
  ) {
    const isOwn = job.valid && (runKey === undefined || runKey === job.runKey);
    this.withoutValues = isOwn ? (text) => redact(text, job.inputs.parameters, job.inputs.sparkProperties) : () => NOT_SHOWN;
  }

  async start(inputs: JobInputs, abort: AbortSignal): Promise<Result<Job>> {
    return this.job(await this.cleanRooms.start(inputs, abort));
  }

  async get(membershipIdentifier: string, jobId: string): Promise<Result<Job>> {
    return this.job(await this.cleanRooms.get(membershipIdentifier, jobId));
  }

  async listSince(membershipIdentifier: string, since: Date): Promise<Result<readonly string[]>> {
    return this.refusal(await this.cleanRooms.listSince(membershipIdentifier, since));
  }

  async cancel(membershipIdentifier: string, jobId: string): Promise<Result<void>> {
    return this.refusal(await this.cleanRooms.cancel(membershipIdentifier, jobId));
  }

  private job(result: Result<Job>): Result<Job> {
    if (result.value?.error === undefined) {
      return this.refusal(result);
    }
    const { error } = result.value;
    return { value: { ...result.value, error: this.redacted(error) } };
  }

  private refusal<T>(result: Result<T>): Result<T> {
    return result.refusal === undefined ? result : { refusal: this.redacted<Refusal>(result.refusal) };
  }

  private redacted<E extends { readonly message: string }>(error: E): E {
    return { ...error, message: this.withoutValues(error.message) };
  }
}

const NOT_SHOWN = 'its message is not shown, because it may repeat values of an earlier run';
