/** The CloudFormation types of IAM. */
import { randomBytes } from 'node:crypto';
import { type IamService } from './iam';
import { fitName } from '../generated-name';
import { isObject, type JsonObject } from '../json';
import { checkMembers, object, objects, PropertyError, requiredText, text, texts } from '../resource-properties';
import { AwsError, type Properties, type ResourceState, type ResourceType } from '../service';

export function iamResourceTypes(iam: IamService): Readonly<Record<string, ResourceType>> {
  return {
    'AWS::IAM::Role': roleType(iam),
    'AWS::IAM::Policy': inlinePolicyType(iam),
    'AWS::IAM::RolePolicy': rolePolicyType(iam),
    'AWS::IAM::ManagedPolicy': managedPolicyType(iam),
  };
}

function roleType(iam: IamService): ResourceType {
  return {
    createOnly: ['RoleName', 'Path'],
    create: async (properties, context) => {
      checkRole(properties);
      const name = text(properties, 'RoleName') ?? fitName(context.generatedName, 64);
      if (!/^[\w+=,.@-]{1,64}$/.test(name)) {
        throw new AwsError('ValidationError', `Role name ${name} is invalid`);
      }
      iam.createRole(name, text(properties, 'Path') ?? '/', properties.AssumeRolePolicyDocument);
      try {
        return putRole(iam, name, properties);
      } catch (error) {
        removeOwnPolicies(iam, name, properties);
        iam.deleteRole(name);
        throw error;
      }
    },
    update: async (name, properties) => {
      checkRole(properties);
      return putRole(iam, name, properties);
    },
    delete: async (name, properties) => {
      removeOwnPolicies(iam, name, properties);
      iam.deleteRole(name);
    },
  };
}

function checkRole(properties: Properties): void {
  checkMembers(properties, {
    required: ['AssumeRolePolicyDocument'],
    optional: ['Description', 'ManagedPolicyArns', 'MaxSessionDuration', 'Path', 'PermissionsBoundary', 'Policies', 'RoleName', 'Tags'],
  });
}

/** Brings the role's own policies into the state of its properties; policies that other resources attached stay. */
function putRole(iam: IamService, name: string, properties: Properties): ResourceState {
  const role = iam.role(name);
  role.trust = object(properties, 'AssumeRolePolicyDocument');
  const own = ownPolicies.get(role) ?? { inline: [], managed: [] };
  const wanted = { inline: inlinePoliciesOf(properties), managed: texts(properties, 'ManagedPolicyArns') };
  for (const policyName of own.inline) {
    if (!wanted.inline.some((policy) => policy.name === policyName)) {
      iam.deleteRolePolicy(name, policyName);
    }
  }
  for (const arn of own.managed) {
    if (!wanted.managed.includes(arn)) {
      iam.detachRolePolicy(name, arn);
    }
  }
  for (const policy of wanted.inline) {
    putIfChanged(iam, name, policy);
  }
  for (const arn of wanted.managed) {
    iam.attachRolePolicy(name, arn);
  }
  const boundaryArn = text(properties, 'PermissionsBoundary');
  role.boundary = boundaryArn === undefined ? undefined : iam.managedPolicy(boundaryArn);
  ownPolicies.set(role, { inline: wanted.inline.map((policy) => policy.name), managed: wanted.managed });
  return { physicalId: name, attributes: { Arn: role.arn, RoleId: role.roleId } };
}

const ownPolicies = new WeakMap<object, { readonly inline: readonly string[]; readonly managed: readonly string[] }>();

interface InlinePolicy {
  readonly name: string;
  readonly document: JsonObject;
}

function inlinePoliciesOf(properties: Properties): readonly InlinePolicy[] {
  return objects(properties, 'Policies').map((policy) => {
    checkMembers(policy, { required: ['PolicyName', 'PolicyDocument'] }, '#/Policies');
    return { name: requiredText(policy, 'PolicyName'), document: requiredDocument(policy) };
  });
}

/** A document that has not changed is not put again, because it would start to propagate again. */
function putIfChanged(iam: IamService, roleName: string, { name, document }: InlinePolicy): void {
  const present = iam.role(roleName).inline.get(name)?.document();
  if (JSON.stringify(present) !== JSON.stringify(document)) {
    iam.putRolePolicy(roleName, name, document);
  }
}

function removeOwnPolicies(iam: IamService, name: string, properties: Properties): void {
  for (const policy of inlinePoliciesOf(properties)) {
    iam.deleteRolePolicy(name, policy.name);
  }
  for (const arn of texts(properties, 'ManagedPolicyArns')) {
    iam.detachRolePolicy(name, arn);
  }
}

/** AWS::IAM::Policy has no identity of its own in IAM: it is the same inline policy in each of its roles. */
function inlinePolicyType(iam: IamService): ResourceType {
  const made = new Map<string, { readonly name: string; readonly roles: readonly string[] }>();
  const put = (physicalId: string, properties: Properties): ResourceState => {
    const roles = rolesOf(properties);
    const policy = { name: requiredText(properties, 'PolicyName'), document: requiredDocument(properties) };
    for (const role of roles) {
      putIfChanged(iam, role, policy);
    }
    const before = made.get(physicalId);
    for (const role of before?.roles ?? []) {
      if (before?.name !== policy.name || !roles.includes(role)) {
        iam.deleteRolePolicy(role, before?.name ?? policy.name);
      }
    }
    made.set(physicalId, { name: policy.name, roles });
    return { physicalId, attributes: { Id: physicalId } };
  };
  return {
    create: async (properties, context) => put(context.generatedName, properties),
    update: async (physicalId, properties) => put(physicalId, properties),
    delete: async (physicalId) => {
      const policy = made.get(physicalId);
      for (const role of policy?.roles ?? []) {
        iam.deleteRolePolicy(role, policy?.name ?? '');
      }
      made.delete(physicalId);
    },
  };
}

function rolesOf(properties: Properties): readonly string[] {
  checkMembers(properties, { required: ['PolicyName', 'PolicyDocument'], optional: ['Roles', 'Users', 'Groups'] });
  const roles = texts(properties, 'Roles');
  if (texts(properties, 'Users').length + texts(properties, 'Groups').length > 0) {
    throw new PropertyError('The embedded AWS has roles only, no users and no groups.');
  }
  if (roles.length === 0) {
    throw new PropertyError('At least one of [Groups,Roles,Users] must be non-empty.');
  }
  return roles;
}

function rolePolicyType(iam: IamService): ResourceType {
  const put = async (properties: Properties): Promise<ResourceState> => {
    checkMembers(properties, { required: ['PolicyName', 'RoleName'], optional: ['PolicyDocument'] });
    const name = requiredText(properties, 'PolicyName');
    const role = requiredText(properties, 'RoleName');
    putIfChanged(iam, role, { name, document: requiredDocument(properties) });
    return { physicalId: `${name}|${role}`, attributes: {} };
  };
  return {
    createOnly: ['PolicyName', 'RoleName'],
    create: put,
    update: async (_physicalId, properties) => put(properties),
    delete: async (physicalId) => {
      const [name, role] = physicalId.split('|');
      iam.deleteRolePolicy(role, name);
    },
  };
}

function managedPolicyType(iam: IamService): ResourceType {
  const attachments = new Map<string, readonly string[]>();
  const attach = (arn: string, properties: Properties): ResourceState => {
    const roles = texts(properties, 'Roles');
    for (const role of attachments.get(arn) ?? []) {
      if (!roles.includes(role)) {
        iam.detachRolePolicy(role, arn);
      }
    }
    for (const role of roles) {
      iam.attachRolePolicy(role, arn);
    }
    attachments.set(arn, roles);
    return {
      physicalId: arn,
      attributes: { PolicyArn: arn, PolicyId: policyIdOf(arn), AttachmentCount: roles.length, DefaultVersionId: 'v1' },
    };
  };
  return {
    createOnly: ['ManagedPolicyName', 'Path', 'Description'],
    create: async (properties, context) => {
      checkManagedPolicy(properties);
      const name = text(properties, 'ManagedPolicyName') ?? context.generatedName;
      return attach(iam.createPolicy(name, text(properties, 'Path') ?? '/', requiredDocument(properties)), properties);
    },
    update: async (arn, properties) => {
      checkManagedPolicy(properties);
      const document = requiredDocument(properties);
      if (JSON.stringify(iam.managedPolicy(arn).document()) !== JSON.stringify(document)) {
        iam.createPolicyVersion(arn, document);
      }
      return attach(arn, properties);
    },
    delete: async (arn) => {
      for (const role of attachments.get(arn) ?? []) {
        iam.detachRolePolicy(role, arn);
      }
      iam.deletePolicy(arn);
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
const maxDescription = 1000;

function checkManagedPolicy(properties: Properties): void {
  checkMembers(properties, {
    required: ['PolicyDocument'],
    optional: ['Description', 'ManagedPolicyName', 'Path', 'Roles', 'Users', 'Groups', 'Tags'],
  });
  if ((text(properties, 'Description') ?? '').length > maxDescription) {
    throw new AwsError(
      'ValidationError',
      `Value at 'description' failed to satisfy constraint: Member must have length less than or equal to ${maxDescription}`,
    );
  }
}

const policyIds = new Map<string, string>();

function policyIdOf(arn: string): string {
  const id = policyIds.get(arn) ?? `ANPA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`;
  policyIds.set(arn, id);
  return id;
}

function requiredDocument(properties: JsonObject): JsonObject {
  const document = properties.PolicyDocument;
  if (!isObject(document)) {
    throw new AwsError('MalformedPolicyDocument', 'Syntax errors in policy.');
  }
  return document;
}
