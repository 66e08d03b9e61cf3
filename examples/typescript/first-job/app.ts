import { App } from 'aws-cdk-lib';
import { FirstJobStack } from './first-job-stack';

const app = new App();

new FirstJobStack(app, 'FirstJob', {
  campaign: app.node.getContext('campaign'),
  partnerAccountId: app.node.getContext('partnerAccountId'),
});
