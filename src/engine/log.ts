/** What a log line may hold: names and states, never parameters or response URLs. */
export interface LogFields {
  readonly stackId?: string;
  readonly logicalResourceId?: string;
  readonly requestId?: string;
  readonly requestType?: string;
  readonly jobId?: string;
  readonly effect?: string;
  readonly outcome?: string;
  readonly waitSeconds?: number;
}

export type Log = (message: string, fields: LogFields) => void;

/** One line of JSON per event, for CloudWatch Logs Insights. */
export const logAsJson: Log = (message, fields) => {
  console.log(JSON.stringify({ message, ...fields }));
};
