/** From most to least, as the runner's `logLevel` names them. */
export const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

export type LogLevel = (typeof LEVELS)[number];

/** What a log line may hold: names and states, never parameters or response URLs. */
export interface LogFields {
  /** @default INFO */
  readonly level?: LogLevel;
  readonly stackId?: string;
  readonly logicalResourceId?: string;
  readonly requestId?: string;
  readonly requestType?: string;
  readonly membershipId?: string;
  readonly jobId?: string;
  readonly effect?: string;
  readonly outcome?: string;
  readonly waitSeconds?: number;
}

export type Log = (message: string, fields: LogFields) => void;
