/**
 * The kind of machine that a job runs on.
 */
export class WorkerType {
  /** 4 vCPU and 30 GB of memory. */
  public static readonly CR_1X = new WorkerType('CR.1X');

  /** 16 vCPU and 120 GB of memory. */
  public static readonly CR_4X = new WorkerType('CR.4X');

  /**
   * A worker type that this library does not know yet.
   *
   * @param name the type's name in the Clean Rooms API
   */
  public static of(name: string): WorkerType {
    return new WorkerType(name);
  }

  private constructor(
    /** The type's name in the Clean Rooms API. */
    public readonly name: string,
  ) {}

  /** The type's name in the Clean Rooms API. */
  public toString(): string {
    return this.name;
  }
}

/**
 * The machines that a job runs on. They decide its price: Clean Rooms bills each job by the second, 10 minutes at least, at about $2 per
 * CRPU-hour. A `CR.1X` is 2 CRPU and a `CR.4X` 8, so that a run with the default of 16 `CR.1X` costs about $10.67 at least.
 *
 * @see https://aws.amazon.com/clean-rooms/pricing/
 */
export interface Worker {
  /** The kind of machine. */
  readonly type: WorkerType;

  /**
   * How many machines: 4 to 1024. An account can have 512 vCPU of them at once, 1,024 in us-east-1, unless AWS has raised its quota
   * L-26B93E43: that is 128 or 256 `CR.1X`, 32 or 64 `CR.4X`.
   *
   * @see https://docs.aws.amazon.com/clean-rooms/latest/userguide/quotas.html
   */
  readonly number: number;

  /**
   * Spark properties of the job, by name: at most 50, names of 1 to 200 characters, values of at most 500.
   *
   * @default - those of Clean Rooms
   */
  readonly sparkProperties?: { [name: string]: string };
}
