// The handlers read their environment when they are loaded, as Lambda sets it before that: import this before them.
process.env.LEDGER_TABLE_NAME = 'ledger';
process.env.CLOCK_ARN = 'arn:aws:states:us-east-1:111122223333:stateMachine:clock';
process.env.URL_SUFFIX = 'amazonaws.com';
process.env.AWS_REGION = 'us-east-1';
