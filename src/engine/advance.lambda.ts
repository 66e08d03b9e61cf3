import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Context } from 'aws-lambda';
import * as z from 'zod';
import { advance, AdvancePorts, advanceToFailure, Progress } from './advance';
import { HttpsAnswers } from './answers';
import { CLIENT_TIMEOUTS } from './client-timeouts';
import { DynamoDbLedger } from './dynamodb-ledger';
import { environmentVariable } from './environment';
import { logAsJson } from './log';
import { embeddedMetrics } from './metrics';
import { SdkCleanRooms } from './sdk-clean-rooms';
import { SdkStacks } from './stacks';
import { START_ABORT } from './timing';

const now = () => Date.now();

const ports: Omit<AdvancePorts, 'hasTime'> = {
  ledger: new DynamoDbLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT_TIMEOUTS), { marshallOptions: { removeUndefinedValues: true } }),
    environmentVariable('LEDGER_TABLE_NAME'),
    now,
  ),
  cleanRooms: SdkCleanRooms.create(),
  stacks: new SdkStacks(new CloudFormationClient(CLIENT_TIMEOUTS)),
  answers: new HttpsAnswers(environmentVariable('URL_SUFFIX')),
  log: logAsJson,
  measure: embeddedMetrics((line) => process.stdout.write(line), now),
  now,
};

/** What the clock sends. */
const inputSchema = z.object({
  resourceKey: z.string(),
  requestKey: z.string(),
  giveUp: z.boolean().default(false),
});

export const handler = (event: unknown, context: Context): Promise<Progress> => {
  const { giveUp, ...tick } = inputSchema.parse(event);
  // An effect takes no longer than a start with its claim.
  const hasTime = () => context.getRemainingTimeInMillis() > 2 * START_ABORT;
  return giveUp ? advanceToFailure({ ...ports, hasTime }, tick) : advance({ ...ports, hasTime }, tick);
};
