import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Context } from 'aws-lambda';
import * as z from 'zod';
import { advance, type AdvancePorts, advancePrecluded, advanceToFailure, type Progress } from './advance';
import { CLIENT_TIMEOUTS } from './aws/clients';
import { DynamoDbLedger } from './aws/dynamodb-ledger';
import { embeddedMetrics } from './aws/embedded-metrics';
import { environmentVariable } from './aws/environment';
import { HttpsAnswers } from './aws/https-answers';
import { logAsJson } from './aws/json-log';
import { SdkCleanRooms } from './aws/sdk-clean-rooms';
import { SdkStacks } from './aws/sdk-stacks';
import { markSchema } from './aws/step-functions-clock';
import { tellingNoSecrets } from './core/runner-error';
import { TIME_FOR_AN_EFFECT } from './core/timing';
import { type ClockInput, ENVIRONMENT, type GiveUpInput } from '../contract/runner';

const now = () => Date.now();

const ports: Omit<AdvancePorts, 'hasTime'> = {
  ledger: new DynamoDbLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT_TIMEOUTS), { marshallOptions: { removeUndefinedValues: true } }),
    environmentVariable(ENVIRONMENT.ledgerTableName),
    now,
  ),
  cleanRooms: SdkCleanRooms.create(),
  stacks: new SdkStacks(new CloudFormationClient(CLIENT_TIMEOUTS)),
  answers: new HttpsAnswers(environmentVariable(ENVIRONMENT.urlSuffix)),
  log: logAsJson,
  measure: embeddedMetrics((line) => process.stdout.write(line), now),
  now,
};

/** What the clock sends. */
const inputSchema = markSchema.extend({
  resourceKey: z.string(),
  requestKey: z.string(),
  giveUp: z.boolean().default(false),
  /** The input of the execution, which its last state sends. */
  execution: markSchema.optional(),
}) satisfies z.ZodType<ClockInput & Partial<GiveUpInput>>;

export const handler = (event: unknown, context: Context): Promise<Progress> => tellingNoSecrets(() => take(event, context));

async function take(event: unknown, context: Context): Promise<Progress> {
  const { giveUp, precluded, execution, ...tick } = inputSchema.parse(event);
  const hasTime = () => context.getRemainingTimeInMillis() > TIME_FOR_AN_EFFECT;
  const step = precluded || execution?.precluded ? advancePrecluded : giveUp ? advanceToFailure : advance;
  return step({ ...ports, hasTime }, tick);
}
