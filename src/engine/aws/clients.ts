import { CALL_TIMEOUT, CONNECTION_TIMEOUT } from '../core/timing';

/** For every AWS client: without them a silent connection takes all the time of a function. */
export const CLIENT_TIMEOUTS = {
  requestHandler: { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout: CALL_TIMEOUT, throwOnRequestTimeout: true },
};
