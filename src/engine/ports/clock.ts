import { type Tick } from '../../contract/runner';

export type { Tick };

/** What calls the advance function until a request is finished. */
export interface Clock {
  /**
   * Starts the clock of the request, if it does not run already.
   *
   * @returns false if the clock was precluded: then it does not run, and never will
   */
  start(tick: Tick): Promise<boolean>;

  /**
   * Sees to it that the clock of the request never runs, so that nobody decides about the request any more.
   *
   * @returns false if the clock runs, or has run: then that is too late
   */
  preclude(tick: Tick): Promise<boolean>;
}
