import { App } from 'aws-cdk-lib';
import { AnalysisStack } from './analysis-stack';

new AnalysisStack(new App(), 'Analysis');
