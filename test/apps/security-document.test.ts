import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HIPAASecurityChecks, type NagPack, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag';
import { ACCOUNT, only } from '../fixtures';
import { fullestStack, smallestStack, stackWithImportedLogGroup } from './reviewed-stacks';

const read = (...path: string[]) => readFileSync(join(__dirname, '..', '..', ...path), 'utf8');

const DOCUMENT = read('docs', 'security.md');

/**
 * The rows of the first table below a heading, by the names of its columns. An empty cell says what the one above it
 * says.
 */
function tableBelow(heading: string): Record<string, string>[] {
  const [, below] = DOCUMENT.split(`\n${heading}\n`);
  const lines = below.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const [names, , ...rows] = lines.slice(first, end).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  const above = new Map<string, string>();
  return rows.map((cells) => {
    expect(cells).toHaveLength(names.length);
    names.forEach((name, column) => above.set(name, cells[column] || (above.get(name) ?? '')));
    return Object.fromEntries(above);
  });
}

const smallest = smallestStack();
const fullest = fullestStack();
const STACKS: readonly [string, Stack][] = [['smallest', smallest], ['fullest', fullest]];

const sorted = (values: Iterable<string>) => [...new Set(values)].sort();

/** By the logical ID of a role, or of a policy of one. */
function roleOf(logicalId: string): string {
  const [, name] = /(OnEvent|Advance|Clock|Permissions)/.exec(logicalId) ?? [logicalId, logicalId];
  return new Map([['OnEvent', 'onEvent'], ['Advance', 'advance'], ['Clock', 'clock'], ['Permissions', 'advance']]).get(name) ?? logicalId;
}

test('the table of permissions has each action of each role in the templates, with whether it is on any resource, and no others', () => {
  const allowed = STACKS.flatMap(([, stack]) => {
    const template = Template.fromStack(stack);
    const policies = Object.values({ ...template.findResources('AWS::IAM::Policy'), ...template.findResources('AWS::IAM::ManagedPolicy') });
    return policies.flatMap(({ Properties }) => permissionsOf(roleOf(Properties.Roles[0].Ref), Properties.PolicyDocument.Statement));
  });
  const documented = tableBelow('## Permissions').flatMap(({ Role, Action, On }) =>
    Role.split(', ').flatMap((role) => permissionsOf(role, [{ Action: actionsIn(Action), Resource: On.replaceAll('`', '') }])),
  );

  expect(sorted(documented)).toEqual(sorted(allowed));
});

interface Statement {
  readonly Effect?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function permissionsOf(role: string, statements: readonly Statement[]): string[] {
  return statements.filter(({ Effect }) => Effect !== 'Deny').flatMap(({ Action, Resource }) => [Action].flat().map((action) => `${role}: ${action}${Resource === '*' ? ' on *' : ''}`));
}

const actionsIn = (cell: string) => [...cell.matchAll(/`(\w+:\w+)`/g)].map(([, action]) => action);

test('the policy for an imported key allows what is added to that of a key of the app', () => {
  const statements = (policy: { Principal: { Service?: string }; Action: string | string[]; Condition?: Record<string, object> }[]) =>
    policy.filter(({ Principal }) => Principal.Service !== undefined).map(({ Action, Condition = {} }) => ({
      Action,
      conditions: Object.entries(Condition).map(([operator, values]) => [operator, ...Object.keys(values)]),
    }));
  const [, documented] = /```json\n([^]*?)```/.exec(DOCUMENT) ?? [DOCUMENT, ''];

  const added = statements(only(Template.fromStack(fullest).findResources('AWS::KMS::Key')).Properties.KeyPolicy.Statement);
  expect(added).toHaveLength(2);
  expect(statements(JSON.parse(documented))).toEqual(added);
});

test('the table of wildcards has each that is acknowledged for cdk-nag, and no others', () => {
  const acknowledged = [smallest, fullest, stackWithImportedLogGroup()].flatMap((stack) =>
    stack.node.findAll().flatMap(({ node }) => {
      const entries = node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
      return entries.flatMap(({ data }) => Object.keys(data)).map((finding) => `${roleOf(node.path)} ${asDocumented(finding)}`);
    }),
  );

  expect(sorted(tableBelow('### Wildcards').map(({ Role, Resource }) => `${Role} ${Resource.replaceAll('`', '')}`))).toEqual(sorted(acknowledged));
});

/** A finding's resource with the document's names for what a template refers to. */
function asDocumented(finding: string): string {
  const [, resource] = /^AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(finding) ?? [finding, finding];
  return resource
    .replace('<AWS::Partition>', '<partition>')
    .replace(/<AWS::Region>|eu-central-1/, '<region>')
    .replace(new RegExp(`<AWS::AccountId>|${ACCOUNT}`), '<account>')
    .replace(/<\w+Clock\w+\.Name>/, '<clock>')
    .replace('/our/logs', '<name>');
}

test('the table of findings has what HIPAA, NIST and PCI find, in which stack and of what, and nothing else', () => {
  const packs: readonly [string, NagPack][] = [['HIPAA', new HIPAASecurityChecks()], ['NIST', new NIST80053R5Checks()], ['PCI', new PCIDSS321Checks()]];
  const found = STACKS.flatMap(([stackName, stack]) =>
    packs.flatMap(([pack, checks]) =>
      checks.validateScope(stack).violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => [ruleName.replace(/^.*-/, ''), pack, stackName, ofRunner(constructPath)].join(' ')),
      ),
    ),
  );
  const cells = (text: string) => text.split(', ');
  const documented = tableBelow('## Findings of cdk-nag').flatMap(({ Finding, Packs, Stacks, Of }) =>
    cells(Packs).flatMap((pack) => cells(Stacks).flatMap((stack) => cells(Of).map((part) => [Finding.replaceAll('`', ''), pack, stack, part].join(' ')))),
  );

  expect(sorted(documented)).toEqual(sorted(found));
});

/** The part of the runner that the path leads to. */
function ofRunner(constructPath = 'unknown'): string {
  const [, part] = /^\w+\/ProtectedJobRunner\/(\w+)\//.exec(constructPath) ?? [constructPath, constructPath];
  return part;
}

test('each link in it leads to a heading of it or to a file, and each to it from the README to a heading', () => {
  const headings = [...DOCUMENT.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => `#${heading.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-')}`);
  const links = [...DOCUMENT.matchAll(/\]\((?!https:)([^)]*)\)/g)].map(([, link]) => link);
  const fromReadme = [...read('README.md').matchAll(/\]\(docs\/security\.md(#[^)]*)\)/g)].map(([, anchor]) => anchor);

  const anchors = [...links.filter((link) => link.startsWith('#')), ...fromReadme];
  expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  for (const file of links.filter((link) => !link.startsWith('#'))) {
    expect(() => read('docs', file.replace(/#.*/, ''))).not.toThrow();
  }
});
