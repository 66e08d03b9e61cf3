import { type Stack } from 'aws-cdk-lib';
import { Journey, outcomeOf } from './journey';
import { Collaboration, ConfiguredTableAssociation, ProtectedJob } from '../../src';

process.env.CDK_VALIDATION = 'false';

let journey: Journey;

beforeAll(async () => {
  journey = await Journey.beginWithoutCli();
  Object.assign(journey.aws.cleanRooms.jobDurations, { submitted: 10_000, run: 60_000 });
});

afterAll(() => journey.end());

test('a job with its collaboration and tables is started, and one whose table is not listed is denied', async () => {
  const { cleanRooms } = journey.aws;
  const membership = cleanRooms.addMembership({ results: { bucket: 'results' } });
  const tableArns = ['one', 'two'].map((id) => `${membership.arn}/configuredtableassociation/${id}`);
  const template = await cleanRooms.addAnalysisTemplate({ membership, tables: tableArns });
  const collaborator = journey.collaboratorOf(membership, template);
  const addNarrowed = (stack: Stack, listed: readonly string[]) =>
    new ProtectedJob(stack, 'Uplift', {
      membership: collaborator.membership(stack, 'Membership'),
      analysisTemplate: collaborator.analysisTemplate(stack, 'Template'),
      collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', membership.collaboration.arn),
      configuredTableAssociations: listed.map((arn, index) => ConfiguredTableAssociation.fromConfiguredTableAssociationArn(stack, `Table${index}`, arn)),
      intermediateTableArns: [],
    });

  const denied = await journey.deploy('Narrow', (stack) => addNarrowed(stack, tableArns.slice(1)));
  expect(denied.output).toContain('PJ-ACCESS-DENIED');
  expect(denied.output).toContain(`cleanrooms:StartProtectedJob on resource: ${tableArns[0]}`);
  expect(journey.jobs(collaborator)).toEqual([]);

  expect(outcomeOf(await journey.destroy('Narrow'))).toBe('deployed');
  expect(outcomeOf(await journey.deploy('Narrow', (stack) => addNarrowed(stack, tableArns)))).toBe('deployed');
  expect(journey.jobs(collaborator).map(({ status }) => status)).toEqual(['SUCCESS']);
});
