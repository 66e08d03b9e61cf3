import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { HttpsAnswers } from './answers';
import { CLIENT_TIMEOUTS } from './client-timeouts';
import { DynamoDbLedger } from './dynamodb-ledger';
import { environmentVariable } from './environment';
import { logAsJson } from './log';
import { onEvent, OnEventPorts } from './on-event';
import { StepFunctionsClock } from './step-functions-clock';
import { tellingNoSecrets } from './told-error';

const now = () => Date.now();

const ports: OnEventPorts = {
  ledger: new DynamoDbLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT_TIMEOUTS), { marshallOptions: { removeUndefinedValues: true } }),
    environmentVariable('LEDGER_TABLE_NAME'),
    now,
  ),
  clock: new StepFunctionsClock(new SFNClient(CLIENT_TIMEOUTS), environmentVariable('CLOCK_ARN'), now),
  answers: new HttpsAnswers(environmentVariable('URL_SUFFIX')),
  log: logAsJson,
  now,
  sleep: (milliseconds) => sleep(milliseconds),
};

export const handler = (event: unknown): Promise<void> => tellingNoSecrets(() => onEvent(ports, event));
