import { ENVIRONMENT } from '../../../src/contract/runner';

// The handlers read their environment when they are loaded, as Lambda sets it before that: import this before them.
process.env[ENVIRONMENT.ledgerTableName] = 'ledger';
process.env[ENVIRONMENT.clockArn] = 'arn:aws:states:us-east-1:111122223333:stateMachine:clock';
process.env[ENVIRONMENT.urlSuffix] = 'amazonaws.com';
process.env.AWS_REGION = 'us-east-1';
