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
 * The machines that a job runs on. They decide its price: Clean Rooms bills each job by the second, 10 minutes at least.
 *
 * @see https://aws.amazon.com/clean-rooms/pricing/
 */
export interface Worker {
  /** The kind of machine. */
  readonly type: WorkerType;

  /** How many machines: 4 to 1024. */
  readonly number: number;

  /**
   * Spark properties of the job, by name: at most 50, names of 1 to 200 characters, values of at most 500.
   *
   * @default - those of Clean Rooms
   */
  readonly sparkProperties?: { [name: string]: string };
}
