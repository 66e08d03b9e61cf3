import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CLIENT_TIMEOUTS } from './aws/clients';
import { DynamoDbLedger } from './aws/dynamodb-ledger';
import { environmentVariable } from './aws/environment';
import { HttpsAnswers } from './aws/https-answers';
import { logAsJson } from './aws/json-log';
import { StepFunctionsClock } from './aws/step-functions-clock';
import { tellingNoSecrets } from './core/runner-error';
import { onEvent, type OnEventPorts } from './on-event';
import { ENVIRONMENT } from '../contract/runner';

const now = () => Date.now();

const ports: OnEventPorts = {
  ledger: new DynamoDbLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT_TIMEOUTS), { marshallOptions: { removeUndefinedValues: true } }),
    environmentVariable(ENVIRONMENT.ledgerTableName),
    now,
  ),
  clock: new StepFunctionsClock(new SFNClient(CLIENT_TIMEOUTS), environmentVariable(ENVIRONMENT.clockArn), now),
  answers: new HttpsAnswers(environmentVariable(ENVIRONMENT.urlSuffix)),
  log: logAsJson,
  now,
  sleep: (milliseconds) => sleep(milliseconds),
};

export const handler = (event: unknown): Promise<void> => tellingNoSecrets(() => onEvent(ports, event));
