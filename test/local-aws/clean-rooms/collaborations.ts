/** Collaborations, memberships and analysis templates, of this account and of others. */
import { createHash, randomUUID } from 'node:crypto';
import { type Account } from '../account';
import { AwsError } from '../service';

export interface Collaboration {
  readonly id: string;
  readonly arn: string;
  readonly creatorAccountId: string;
  /** What each member may do (CAN_RUN_JOB, CAN_RECEIVE_RESULTS); undefined when the test does not care. */
  readonly abilities?: ReadonlyMap<string, readonly string[]>;
}

export interface JobResults {
  readonly bucket: string;
  readonly keyPrefix?: string;
  /** Writes the results; undefined for a bucket that the test does not want to be checked. */
  readonly roleArn?: string;
}

export interface Membership {
  readonly id: string;
  readonly arn: string;
  readonly accountId: string;
  readonly collaboration: Collaboration;
  /** DefaultJobResultConfiguration */
  results?: JobResults;
}

export interface Artifact {
  readonly bucket: string;
  readonly key: string;
}

export interface AnalysisTemplate {
  readonly id: string;
  readonly arn: string;
  readonly membership: Membership;
  readonly format: string;
  /** If undefined, any parameters are accepted. */
  readonly parameters?: readonly TemplateParameter[];
  /**
   * ARNs of the configured table associations and intermediate tables that it reads; undefined when the test does not
   * care.
   */
  readonly tables?: readonly string[];
  readonly artifacts: readonly Artifact[];
  /** Hashes of the artifacts when the template was made. */
  readonly artifactHashes: readonly string[];
}

export interface TemplateParameter {
  readonly name: string;
  readonly type: string;
  readonly defaultValue?: string;
}

export interface ObjectStore {
  putObject(bucket: string, key: string, body: Buffer | string): unknown;
  /** Throws AwsError when there is no such object. */
  getObject(bucket: string, key: string): Uint8Array | Promise<Uint8Array>;
}

export class Collaborations {
  readonly collaborations = new Map<string, Collaboration>();
  readonly memberships = new Map<string, Membership>();
  /** By ARN. */
  readonly templates = new Map<string, AnalysisTemplate>();

  constructor(readonly account: Account) {}

  addCollaboration({ creatorAccountId = this.account.accountId, abilities }: Partial<Collaboration> = {}): Collaboration {
    const id = randomUUID();
    const collaboration = { id, arn: this.arn(creatorAccountId, `collaboration/${id}`), creatorAccountId, abilities };
    this.collaborations.set(id, collaboration);
    return collaboration;
  }

  collaboration(id: string): Collaboration {
    const collaboration = this.collaborations.get(id);
    if (!collaboration) {
      throw notFound('COLLABORATION', id);
    }
    return collaboration;
  }

  addMembership({
    collaboration = this.addCollaboration(),
    accountId = this.account.accountId,
    results,
  }: Partial<Membership> = {}): Membership {
    const id = randomUUID();
    if ([...this.memberships.values()].some((other) => other.collaboration === collaboration && other.accountId === accountId)) {
      throw new AwsError('ConflictException', `Account ${accountId} already has a membership in ${collaboration.id}`, 409, {
        reason: 'ALREADY_EXISTS',
      });
    }
    const membership = { id, arn: this.arn(accountId, `membership/${id}`), accountId, collaboration, results };
    this.memberships.set(id, membership);
    return membership;
  }

  /** A membership that this account can use. */
  ownMembership(id: string): Membership {
    const membership = this.memberships.get(id);
    if (!membership || membership.accountId !== this.account.accountId) {
      throw notFound('MEMBERSHIP', id);
    }
    return membership;
  }

  deleteMembership(id: string): void {
    const membership = this.ownMembership(id);
    if ([...this.templates.values()].some((template) => template.membership === membership)) {
      throw new AwsError('ConflictException', `Membership ${id} has analysis templates`, 409, { reason: 'SUBRESOURCES_EXIST' });
    }
    this.memberships.delete(id);
  }

  /** The membership through which an account takes part in a collaboration. */
  memberOf(collaboration: Collaboration, accountId: string): Membership | undefined {
    return [...this.memberships.values()].find(
      (membership) => membership.collaboration === collaboration && membership.accountId === accountId,
    );
  }

  addTemplate({ membership, ...properties }: Omit<AnalysisTemplate, 'id' | 'arn'>): AnalysisTemplate {
    const id = randomUUID();
    const template = { ...properties, membership, id, arn: `${membership.arn}/analysistemplate/${id}` };
    this.templates.set(template.arn, template);
    return template;
  }

  /** A template of the same collaboration; the API's enumeration of resource types has none for templates. */
  template(arn: string, collaboration: Collaboration): AnalysisTemplate {
    const template = this.templates.get(arn);
    if (!template || template.membership.collaboration !== collaboration) {
      throw notFound('ANALYSIS_TEMPLATE', arn);
    }
    return template;
  }

  arn(accountId: string, resource: string): string {
    return `arn:${this.account.partition}:cleanrooms:${this.account.region}:${accountId}:${resource}`;
  }
}

export async function hashArtifact(s3: ObjectStore, { bucket, key }: Artifact): Promise<string> {
  return createHash('sha256')
    .update(await s3.getObject(bucket, key))
    .digest('hex');
}

export function notFound(resourceType: string, resourceId: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Resource of type ${resourceType} with ID ${resourceId} not found.`, 404, {
    resourceId,
    resourceType,
  });
}
