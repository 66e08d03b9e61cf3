import { type ServiceError } from './failure';
/**
 * Why a call did not do what it should.
 *
 * - `throttled`, `quota`: not done; later it may be
 * - `denied`: not done; permissions may still be on their way
 * - `conflict`: not done, because of the state of something
 * - `notFound`, `invalid`: not done, and the same call will not be
 * - `unknown`: the call may have been carried out, or not
 */
export interface Refusal extends ServiceError {
  readonly kind: 'throttled' | 'quota' | 'denied' | 'notFound' | 'conflict' | 'invalid' | 'unknown';
  /** The action as policies name it: `cleanrooms:StartProtectedJob`. */
  readonly action: string;
  /** Which quota is used up, and what it is, where the service says so. */
  readonly quota?: { readonly name: string; readonly value?: number };
}

export type Result<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };
