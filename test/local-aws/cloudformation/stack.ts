/** A stack: what is deployed, what happened to it, and how its template reads now. */
import { randomUUID } from 'node:crypto';
import { type Account, urlSuffixOf } from '../account';
import { generatedName } from '../generated-name';
import { isObject, type JsonObject } from '../json';
import { type Properties, type ResourceContext } from '../service';
import { type ChangeSet } from './change-set';
import { type DeploymentMode } from './deployment-mode';
import { Evaluator } from './intrinsic-functions';
import { type ParameterValues } from './parameters';
import { emptyTemplate, invalid, type Template, type TemplateResource } from './template';

export interface StackResource {
  readonly definition: TemplateResource;
  /** Not before its provider knows it. */
  readonly physicalId?: string;
  /** As they were last deployed with success. */
  readonly properties: Properties;
  readonly attributes: JsonObject;
  readonly status: string;
  readonly statusReason?: string;
  readonly timestamp: Date;
  /** The properties that an Update or Create was sent with and which did not come through. */
  readonly attempted?: Properties;
}

/**
 * What an update no longer needs; it waits for the cleanup, which comes only when an update or its rollback succeeds.
 */
export interface Leftover {
  readonly resource: StackResource;
  readonly why: 'removed' | 'replaced';
}

export interface StackEvent {
  readonly eventId: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly properties?: string;
  /** In real time, as the API shows it. */
  readonly timestamp: Date;
  /** In embedded time: milliseconds since the epoch. */
  readonly time: number;
}

export interface Output {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** What an operation brings a stack to. */
export interface Target {
  readonly template: Template;
  readonly parameters: ParameterValues;
  readonly tags: readonly JsonObject[];
  readonly capabilities: readonly string[];
  readonly roleArn?: string;
}

const emptyTarget: Target = { template: emptyTemplate, parameters: {}, tags: [], capabilities: [] };

/** What the stack needs of the account around it. */
export interface StackEnvironment extends Account {
  readonly clock: { now(): number };
  readonly importValue: (exportName: string) => string;
  readonly refuseChangedExports: (stack: Stack, outputs: readonly Output[]) => void;
  /** Explains a missing attribute in the words of the resource's provider. */
  readonly missingAttribute: (stack: Stack, resource: StackResource, attribute: string) => string;
  /** What must not be shown, as a custom resource with NoEcho asks for. */
  readonly secrets: () => readonly string[];
}

export class Stack {
  readonly id: string;
  readonly creationTime: Date;
  readonly resources = new Map<string, StackResource>();
  readonly events: StackEvent[] = [];
  readonly changeSets = new Map<string, ChangeSet>();
  leftovers: Leftover[] = [];
  target = emptyTarget;
  /** The last state that was reached in full: where a rollback goes. */
  stable: { readonly target: Target; readonly resources: ReadonlyMap<string, StackResource> } = {
    target: emptyTarget,
    resources: new Map(),
  };
  outputs: readonly Output[] = [];
  status = 'REVIEW_IN_PROGRESS';
  statusReason?: string;
  lastUpdatedTime?: Date;
  deletionTime?: Date;
  disableRollback = false;
  mode: DeploymentMode = { name: 'STANDARD', disableRollback: false };
  terminationProtection = false;
  private lastTimestamp = 0;

  constructor(
    readonly name: string,
    readonly environment: StackEnvironment,
  ) {
    const { partition, region, accountId } = environment;
    this.id = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${name}/${randomUUID()}`;
    this.creationTime = this.nextTimestamp();
  }

  get isInProgress(): boolean {
    return this.status.endsWith('_IN_PROGRESS') && this.status !== 'REVIEW_IN_PROGRESS';
  }

  get isDeleted(): boolean {
    return this.status === 'DELETE_COMPLETE';
  }

  setStatus(status: string, reason?: string): void {
    this.status = status;
    this.statusReason = reason;
    this.record({ logicalId: this.name, physicalId: this.id, type: 'AWS::CloudFormation::Stack', status, reason });
  }

  setResource(resource: Omit<StackResource, 'timestamp'>): StackResource {
    const {
      definition: { logicalId, type },
      physicalId = '',
      status,
      statusReason,
    } = resource;
    const properties = this.masked(JSON.stringify(resource.attempted ?? resource.properties));
    this.record({ logicalId, physicalId, type, status, reason: statusReason, properties });
    const stored = { ...resource, timestamp: new Date(this.lastTimestamp) };
    this.resources.set(logicalId, stored);
    return stored;
  }

  /** An event about something that is no longer, or not yet, the stack's resource of that name. */
  record(event: Omit<StackEvent, 'eventId' | 'timestamp' | 'time'>): void {
    const eventId = `${event.logicalId}-${event.status}-${randomUUID()}`;
    this.events.push({ ...event, eventId, timestamp: this.nextTimestamp(), time: this.environment.clock.now() });
  }

  /** The resources of a template whose condition holds, and how to read their properties in this stack. */
  active(target: Target): ReadonlyMap<string, TemplateResource> {
    const evaluator = this.evaluator(target);
    return new Map([...target.template.resources].filter(([, { condition }]) => condition === undefined || evaluator.condition(condition)));
  }

  evaluator(target: Target, knows: (logicalId: string, attribute?: string) => void = () => undefined): Evaluator {
    return new Evaluator({
      template: target.template,
      parameters: Object.fromEntries(Object.entries(target.parameters).map(([name, { value }]) => [name, value])),
      pseudoParameters: this.pseudoParameters(),
      physicalId: (logicalId) => {
        knows(logicalId);
        return this.existing(logicalId).physicalId;
      },
      attribute: (logicalId, name) => {
        knows(logicalId, name);
        return this.attribute(this.existing(logicalId), name);
      },
      importValue: this.environment.importValue,
    });
  }

  contextFor(logicalId: string): ResourceContext {
    const { region, accountId, partition } = this.environment;
    return {
      region,
      accountId,
      partition,
      stackId: this.id,
      stackName: this.name,
      logicalId,
      generatedName: generatedName(this.name, logicalId),
    };
  }

  /**
   * Real time, not the embedded one: the CLI runs in real time and compares, so that it would take events of another
   * time for those of a former command, or of a later one. No two are the same, because clients order events by time.
   */
  nextTimestamp(): Date {
    this.lastTimestamp = Math.max(Date.now(), this.lastTimestamp + 1);
    return new Date(this.lastTimestamp);
  }

  private existing(logicalId: string): StackResource {
    const resource = this.resources.get(logicalId);
    if (!resource || resource.physicalId === undefined) {
      throw invalid(`Template format error: Unresolved resource dependencies [${logicalId}] in the Resources block of the template`);
    }
    return resource;
  }

  /** The name of an attribute can have dots, and so can the way into an attribute that is an object. */
  private attribute(resource: StackResource, name: string): unknown {
    const inside = (value: unknown, part: string): unknown => (isObject(value) ? value[part] : undefined);
    const found = resource.attributes[name] ?? name.split('.').reduce<unknown>(inside, resource.attributes);
    if (found === undefined) {
      throw invalid(this.environment.missingAttribute(this, resource, name));
    }
    return found;
  }

  private pseudoParameters(): JsonObject {
    const { region, accountId, partition } = this.environment;
    return {
      'AWS::AccountId': accountId,
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::StackId': this.id,
      'AWS::StackName': this.name,
      'AWS::URLSuffix': urlSuffixOf(partition),
      'AWS::NotificationARNs': [],
    };
  }

  private masked(text: string): string {
    return this.environment.secrets().reduce((masked, secret) => masked.split(secret).join('*****'), text);
  }
}
