/** From most to least, as the runner's `logLevel` names them. */
const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

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

/** One line of JSON per event, for CloudWatch Logs Insights, from the level on that the function is told. */
export const logAsJson: Log = (message, { level = 'INFO', ...fields }) => {
  if (LEVELS.indexOf(level) >= LEVELS.findIndex((name) => name === (process.env.LOG_LEVEL ?? 'INFO'))) {
    console.log(JSON.stringify({ level, message, ...fields }));
  }
};
