import { UnreadableRecordError } from '../../../src/engine/core/record';
import { RunnerError, tellingNoSecrets } from '../../../src/engine/core/runner-error';
import { SECRET } from '../fakes/events';

async function told(error: unknown): Promise<Error> {
  return tellingNoSecrets<Error>(async () => {
    throw error;
  }).catch((caught: Error) => caught);
}

test('what succeeds is returned', async () => {
  await expect(tellingNoSecrets(async () => 'done')).resolves.toBe('done');
});

test.each([
  ['a client', Object.assign(new Error(`can not write ${SECRET}`), { name: 'ValidationException', $response: { body: SECRET } })],
  ['a client, in its name', Object.assign(new Error('no'), { name: `no ${SECRET}` })],
  ['a client, in lines that look like code', new Error(`no\n    at ${SECRET} "${SECRET}"`)],
  ['JSON.parse', new SyntaxError(`Unexpected token in "${SECRET}"`)],
  ['something that throws no error', { message: SECRET }],
  ['something that throws a text', SECRET],
  ['something with a cause', new Error('no', { cause: new Error(SECRET) })],
])('what %s says is not told', async (_, error) => {
  const { name, message, stack, ...rest } = await told(error);
  expect(JSON.stringify([name, message, stack, rest])).not.toContain(SECRET);
});

test('the name, the status and the denied action are told', async () => {
  const message = `User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: dynamodb:GetItem on resource: ${SECRET}`;
  const denied = Object.assign(new Error(message), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } });
  const error = await told(denied);
  expect(error.name).toBe('AccessDeniedException');
  expect(error.message).toBe('the message is not shown, for it may hold values; HTTP status 400; not authorized to perform dynamodb:GetItem');
});

test('the lines of code are told', async () => {
  const { stack } = await told(new Error(SECRET));
  expect(stack).toContain(__filename);
});

test.each([new RunnerError('the answer could not be delivered'), new UnreadableRecordError('resource', 'version')])(
  'what this library says itself is told: %s',
  async (error) => {
    const { name, message } = await told(error);
    expect({ name, message }).toEqual({ name: error.name, message: error.message });
  },
);
