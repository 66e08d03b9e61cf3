/**
 * Lets no text out of the function that this library has not written: what an error of a client or of the runtime says may repeat a
 * parameter, a response URL or an item, and Lambda logs it and tells it to the clock.
 *
 * @throws an error that tells the name, the HTTP status, the denied action and the lines of code, where the work has failed
 */
export async function tellingNoSecrets<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toldError(error);
  }
}

/** An error whose message is this library's own, and holds no value. */
export class RunnerError extends Error {
  override readonly name: string = 'RunnerError';
}

function toldError(error: unknown): Error {
  const told = new Error(error instanceof RunnerError ? error.message : withoutText(error));
  told.name = nameOf(error);
  told.stack = [`${told.name}: ${told.message}`, ...linesOfCode(error)].join('\n');
  return told;
}

function nameOf(error: unknown): string {
  return error instanceof Error && /^\w{1,80}$/.test(error.name) ? error.name : 'UnknownError';
}

/** For what a service refused: which action is denied is what a user has to know. */
function withoutText(error: unknown): string {
  const status: unknown = Object(Object(error).$metadata).httpStatusCode;
  const [, action] = /not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,80})/.exec(error instanceof Error ? error.message : '') ?? [];
  return [
    'the message is not shown, for it may hold values',
    ...(typeof status === 'number' ? [`HTTP status ${status}`] : []),
    ...(action === undefined ? [] : [`not authorized to perform ${action}`]),
  ].join('; ');
}

function linesOfCode(error: unknown): string[] {
  const stack = error instanceof Error ? String(error.stack) : '';
  return stack.split('\n').filter((line) => /^ {4}at [\w.<>[\] ]{0,120}\(?[\w./:\\-]{1,300}\)?$/.test(line)); // a message may have lines, too
}
