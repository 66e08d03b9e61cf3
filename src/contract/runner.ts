/**
 * What the constructs set up and the handlers and their tests rely on: names and times of the runner's functions, ledger and clock.
 *
 * @internal
 */
export const ENVIRONMENT = {
  ledgerTableName: 'LEDGER_TABLE_NAME',
  urlSuffix: 'URL_SUFFIX',
  clockArn: 'CLOCK_ARN',
  logLevel: 'LOG_LEVEL',
} as const;

/**
 * The attributes of an item that DynamoDB itself knows.
 *
 * @internal
 */
export const LEDGER_ATTRIBUTES = { partitionKey: 'pk', timeToLive: 'expiresAt' } as const;

/**
 * Names a request to the clock and to whom the clock calls. It holds nothing secret.
 *
 * @internal
 */
export interface Tick {
  readonly resourceKey: string;
  readonly requestKey: string;
}

/**
 * The input of an execution: of the clock of a request, or of what precludes that clock.
 *
 * @internal
 */
export interface ClockInput extends Tick {
  readonly precluded?: boolean;
}

/**
 * What the clock's last state sends besides.
 *
 * @internal
 */
export interface GiveUpInput extends Tick {
  readonly giveUp: boolean;
  /** The input of the execution, which tells whether it only precludes the request's clock. */
  readonly execution: Partial<ClockInput>;
}

/**
 * What the clock reads: whether to go on, and when.
 *
 * @internal
 */
export interface Progress extends Tick {
  readonly finished: boolean;
  readonly waitSeconds: number;
}

/**
 * The functions' timeouts, in seconds. That of onEvent has three minutes of trying again, and the rest for giving up.
 *
 * @internal
 */
export const FUNCTION_TIMEOUT_SECONDS = { onEvent: 300, advance: 120 } as const;

/**
 * How Lambda delivers an event to onEvent. A request that comes later may already be overtaken by the next one. Five minutes leave room for
 * Lambda's two retries after a crash, one and two minutes after the attempts before them.
 *
 * @internal
 */
export const EVENT_DELIVERY = { maxAgeSeconds: 300, retryAttempts: 2 } as const;

/**
 * How Step Functions tries again: the clock's call of the advance function, and its last state.
 *
 * @internal
 */
export const CLOCK_RETRIES = {
  advance: { intervalSeconds: 2, maxDelaySeconds: 60, maxAttempts: 10 },
  giveUp: { intervalSeconds: 10, maxDelaySeconds: 300, maxAttempts: 20 },
} as const;
