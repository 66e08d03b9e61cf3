/**
 * The type of a protected job.
 */
export class ProtectedJobType {
  /** A PySpark analysis. */
  public static readonly PYSPARK = new ProtectedJobType('PYSPARK');

  /**
   * A job type that this library does not know yet.
   *
   * @param name the type's name in the Clean Rooms API
   */
  public static of(name: string): ProtectedJobType {
    return new ProtectedJobType(name);
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
