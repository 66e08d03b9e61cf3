/**
 * Makes the next calls of an operation go wrong: before anything happened, or after everything happened, so that only
 * the answer is lost.
 */
import { AwsError, ConnectionReset } from './service';

export type Fault =
  | 'throttled'
  /** HTTP 500 without any effect. */
  | 'internalError'
  /** The operation takes effect, the client sees HTTP 500. */
  | 'internalErrorAfterEffect'
  /** The connection breaks before anything happened. */
  | 'connectionReset'
  /** The operation takes effect, then the connection breaks. */
  | 'connectionResetAfterEffect'
  /** This error, without any effect. */
  | AwsError;

interface Plan {
  readonly operation: string;
  readonly fault: Fault;
  readonly matching: (input: unknown) => boolean;
  remaining: number;
}

export class OperationFaults {
  private readonly plans: Plan[] = [];

  constructor(private readonly errors: { readonly throttled: AwsError; readonly internalError: AwsError }) {}

  /**
   * The next calls of the operation (with a matching input) fail. Several plans for one operation follow each other.
   */
  next(operation: string, fault: Fault, times = 1, matching: (input: unknown) => boolean = () => true): void {
    this.plans.push({ operation, fault, matching, remaining: times });
  }

  clear(): void {
    this.plans.length = 0;
  }

  async around<Result>(operation: string, input: unknown, perform: () => Promise<Result>): Promise<Result> {
    const fault = this.take(operation, input);
    if (fault === undefined) {
      return perform();
    }
    if (fault === 'internalErrorAfterEffect' || fault === 'connectionResetAfterEffect') {
      await perform();
    }
    throw this.errorOf(fault);
  }

  private take(operation: string, input: unknown): Fault | undefined {
    const plan = this.plans.find((candidate) => candidate.remaining > 0 && candidate.operation === operation && candidate.matching(input));
    if (plan) {
      plan.remaining -= 1;
    }
    return plan?.fault;
  }

  private errorOf(fault: Fault): Error {
    if (fault instanceof AwsError) {
      return fault;
    }
    if (fault === 'throttled') {
      return this.errors.throttled;
    }
    if (fault === 'internalError' || fault === 'internalErrorAfterEffect') {
      return this.errors.internalError;
    }
    return new ConnectionReset('the connection was reset on purpose');
  }
}
