import { CfnParameter, Stack, Token } from 'aws-cdk-lib';
import { AnalysisTemplate, Collaboration, Membership, type ProtectedJobProps } from '../../src';
import { ACCOUNT, JobStack, MEMBERSHIP_ID, newApp, newResources, numberedId, templateArn, UncheckedMembership } from '../fixtures';

const PARTNER = '444455556666';

/** Where the fixtures' membership and template are. */
const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

type Props = (stack: JobStack) => Partial<ProtectedJobProps>;

/** Adds a job to a stack in Frankfurt, or in another environment. */
function addJob(props: Props, env: { account?: string; region?: string } | undefined = FRANKFURT): void {
  const stack = new JobStack(newApp(), 'Stack', { env });
  stack.addJob('Uplift', props(stack));
}

const template = (arn: string): Props => (stack) => ({ analysisTemplate: AnalysisTemplate.fromAnalysisTemplateArn(stack, 'Other', arn) });
const otherMembership = (stack: Stack) => ({ membership: new UncheckedMembership(stack, 'Unchecked', MEMBERSHIP_ID) });

const OTHER_MEMBERSHIPS_TEMPLATE = templateArn(numberedId(1), numberedId(2));

describe('throws where', () => {
  test('the template belongs to another membership of the same account, and so to another collaboration', () => {
    expect(() => addJob(template(OTHER_MEMBERSHIPS_TEMPLATE))).toThrow(new Error(
      `Stack/Uplift: analysisTemplate: it belongs to membership ${numberedId(2)} of the same account and region, and so to another collaboration ` +
      `than membership ${MEMBERSHIP_ID}`,
    ));
  });

  test('the template is in another region than the membership', () => {
    expect(() => addJob(template(OTHER_MEMBERSHIPS_TEMPLATE.replace('eu-central-1', 'us-east-1')))).toThrow(new Error(
      'Stack/Uplift: analysisTemplate: it is in region us-east-1, the membership in eu-central-1; a collaboration is in one region',
    ));
  });

  test('the collaboration is in another region than the membership', () => {
    const arn = `arn:aws:cleanrooms:us-east-1:${PARTNER}:collaboration/${numberedId(1)}`;

    expect(() => addJob((stack) => ({ collaboration: Collaboration.fromCollaborationArn(stack, 'Collaboration', arn) }))).toThrow(
      'Stack/Uplift: collaboration: it is in region us-east-1, the membership in eu-central-1',
    );
  });

  test('the membership is in another account than the stack', () => {
    expect(() => addJob(otherMembership, { ...FRANKFURT, account: PARTNER })).toThrow(new Error(
      `Stack/Uplift: membership: it is in account ${ACCOUNT}, the job's stack in ${PARTNER}; a job runs in the account and region of its membership`,
    ));
  });

  test('the membership is in another region than the stack', () => {
    expect(() => addJob(otherMembership, { ...FRANKFURT, region: 'eu-west-1' })).toThrow(
      "Stack/Uplift: membership: it is in region eu-central-1, the job's stack in eu-west-1",
    );
  });

  test('the membership is a resource or a reference of a stack in another region', () => {
    const app = newApp();
    const elsewhere = new Stack(app, 'Elsewhere', { env: { ...FRANKFURT, region: 'eu-west-1' } });
    const stack = new JobStack(app, 'Stack', { env: FRANKFURT });

    for (const membership of [newResources(elsewhere).membership, Membership.fromMembershipId(elsewhere, 'Membership', MEMBERSHIP_ID)]) {
      expect(() => stack.addJob(`Job${membership.node.id}`, { membership })).toThrow(/membership: it is in region eu-west-1, the job's stack in eu-central-1/);
    }
  });
});

describe('passes where', () => {
  test("the template is another member's", () => {
    expect(() => addJob(template(OTHER_MEMBERSHIPS_TEMPLATE.replace(ACCOUNT, PARTNER)))).not.toThrow();
  });

  test('the account of the membership is not known', () => {
    expect(() => addJob(template(OTHER_MEMBERSHIPS_TEMPLATE), { region: 'eu-central-1' })).not.toThrow();
    expect(() => addJob(template(OTHER_MEMBERSHIPS_TEMPLATE), {})).not.toThrow();
  });

  test('the environment of the stack is not known', () => {
    expect(() => addJob(otherMembership, {})).not.toThrow();
  });

  test.each<[string, Props]>([
    ['membership is', (stack) => ({ membership: Membership.fromMembershipId(stack, 'AMembership', new CfnParameter(stack, 'Id').valueAsString) })],
    ['template is', (stack) => template(new CfnParameter(stack, 'Arn').valueAsString)(stack)],
    ['template is in part', (stack) => template(`arn:aws:cleanrooms:eu-central-1:${ACCOUNT}:membership/${Token.asString({ Ref: 'Id' })}/analysistemplate/x`)(stack)],
    ['collaboration is', (stack) => ({ collaboration: Collaboration.fromCollaborationArn(stack, 'C', new CfnParameter(stack, 'Arn').valueAsString) })],
  ])('the %s a token', (_, props) => {
    expect(() => addJob(props)).not.toThrow();
  });

  test('the membership and the template are resources of the stack', () => {
    expect(() => addJob(newResources)).not.toThrow();
  });
});
