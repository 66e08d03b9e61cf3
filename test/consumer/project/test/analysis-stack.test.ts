import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AnalysisStack } from '../analysis-stack';

const template = Template.fromStack(new AnalysisStack(new App(), 'Analysis'));

test('the template is the one that was reviewed', () => {
  expect(template.toJSON()).toMatchSnapshot();
});

test('the analysis runs for the campaign', () => {
  template.hasResourceProperties('Custom::CleanRoomsProtectedJob', { Parameters: { campaign: 'spring' } });
});

test('the location of the result is an output, and in a parameter', () => {
  template.hasOutput('UpliftResultLocation', { Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Uplift'), 'ResultLocation'] } });
  template.hasResourceProperties('AWS::SSM::Parameter', { Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Uplift'), 'ResultLocation'] } });
});

test('a long job is waited for in slices', () => {
  template.resourceCountIs('Custom::CleanRoomsProtectedJobWait', 3);
});
