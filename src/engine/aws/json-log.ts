import { ENVIRONMENT } from '../../contract/runner';
import { LEVELS, type Log } from '../ports/log';
/** One line of JSON per event, for CloudWatch Logs Insights, from the level on that the function is told. */
export const logAsJson: Log = (message, { level = 'INFO', ...fields }) => {
  if (LEVELS.indexOf(level) >= LEVELS.findIndex((name) => name === (process.env[ENVIRONMENT.logLevel] ?? 'INFO'))) {
    console.log(JSON.stringify({ level, message, ...fields }));
  }
};
