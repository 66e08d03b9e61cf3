/** For every AWS client: without them a silent connection takes all the time of a function. Times are in milliseconds. */
export const CLIENT_TIMEOUTS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};
