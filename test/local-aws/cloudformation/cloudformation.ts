/**
 * CloudFormation's API. Not here: nested stacks, macros and transforms, imports, drift, stack sets, stack policies,
 * notifications, rollback alarms.
 */
import { type Account } from '../account';
import { type Clock } from '../clock';
import { type IamService } from '../iam/iam';
import { asList, isText, type JsonObject } from '../json';
import { OperationFaults } from '../operation-faults';
import { parseQueryRequest, queryAnswer } from '../protocols';
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type ResourceType, type Service } from '../service';
import { changesBetween, changeSetId, hasChanges, noChanges, refuseTypeChanges, type ChangeSet } from './change-set';
import { CustomResources, isCustomResource, type CustomResourceFaults, type CustomResourceRequest } from './custom-resource';
import { deploymentModeOf } from './deployment-mode';
import {
  describeChangeSet,
  describeEvent,
  describeResource,
  describeStack,
  summarizeResource,
  summarizeStack,
  summarizeTemplate,
} from './descriptions';
import { DynamicReferences } from './dynamic-references';
import { inertResourceTypes } from './inert-resource-types';
import { OperationsInProgress } from './operations-in-progress';
import { ResourceProviders } from './resource-provider';
import { Stack, type StackEvent, type Target } from './stack';
import { isRetry, StackRegistry } from './stack-registry';
import { TargetReader } from './target-reader';
import { emptyTemplate, invalid } from './template';

export interface CloudFormationOptions extends Account {
  readonly clock: Clock;
  readonly iam: IamService;
  readonly s3: { getObject(bucket: string, key: string): Buffer };
  readonly ssm: { getParameter(name: string): string | undefined };
  readonly lambda: { invoke(functionArn: string, payload: string, type: 'Event'): Promise<unknown> };
  /** The types of the other services. */
  readonly resourceTypes: () => Readonly<Record<string, ResourceType>>;
}

type Operation = (parameters: JsonObject, caller: Caller) => JsonObject | Promise<JsonObject>;

export class CloudFormationService implements Service {
  readonly signingName = 'cloudformation';
  /** Of calls of the API; `faults` are those of custom resources. */
  readonly operationFaults = new OperationFaults({
    throttled: new AwsError('Throttling', 'Rate exceeded'),
    internalError: new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', 500),
  });
  /** Where the answers of custom resources arrive. */
  readonly customResources: CustomResources;
  private readonly stacks = new StackRegistry();
  private readonly providers: ResourceProviders;
  private readonly targets: TargetReader;
  private readonly running: OperationsInProgress;

  private readonly operations: Readonly<Record<string, Operation>> = {
    CancelUpdateStack: ({ StackName }) => this.cancelUpdateStack(this.stacks.get(StackName)),
    ContinueUpdateRollback: (parameters, caller) =>
      this.continueUpdateRollback(this.stacks.get(parameters.StackName), parameters, caller),
    CreateChangeSet: (parameters) => this.createChangeSet(parameters),
    CreateStack: (parameters, caller) => this.createStack(parameters, caller),
    DeleteChangeSet: (parameters) => this.deleteChangeSet(parameters),
    DeleteStack: (parameters, caller) => this.deleteStack(parameters, caller),
    DescribeChangeSet: (parameters) => this.describeChangeSet(parameters),
    DescribeEvents: () => ({ OperationEvents: [] }),
    DescribeStackEvents: ({ StackName }) => this.describeStackEvents(this.stacks.get(StackName)),
    DescribeStackResource: (parameters) => this.describeStackResource(parameters),
    DescribeStackResources: (parameters) => this.describeStackResources(parameters),
    DescribeStacks: ({ StackName }) => ({
      Stacks: (isText(StackName) ? [this.stacks.get(StackName)] : this.stacks.existing()).map(describeStack),
    }),
    ExecuteChangeSet: (parameters, caller) => this.executeChangeSet(parameters, caller),
    GetTemplate: (parameters) => this.getTemplate(parameters),
    GetTemplateSummary: (parameters) =>
      summarizeTemplate(
        isText(parameters.StackName) ? this.stacks.get(parameters.StackName).target.template : this.targets.template(parameters),
      ),
    ListChangeSets: ({ StackName }) => this.listChangeSets(this.stacks.get(StackName)),
    ListExports: () => this.listExports(),
    ListHookResults: () => ({ HookResults: [] }),
    ListStackResources: ({ StackName }) => ({
      StackResourceSummaries: [...this.stacks.get(StackName).resources.values()].map(summarizeResource),
    }),
    ListStacks: ({ StackStatusFilter: filter }) => this.listStacks(asList(filter || undefined)),
    RollbackStack: ({ StackName }, caller) => this.rollbackStack(this.stacks.get(StackName), caller),
    UpdateStack: (parameters, caller) => this.updateStack(parameters, caller),
    UpdateTerminationProtection: ({ StackName, EnableTerminationProtection: isProtected }) =>
      this.protect(this.stacks.get(StackName), isProtected === 'true'),
    ValidateTemplate: (parameters) => summarizeTemplate(this.targets.template(parameters)),
  };

  constructor(private readonly options: CloudFormationOptions) {
    this.customResources = new CustomResources({ ...options, invoke: (arn, event) => options.lambda.invoke(arn, event, 'Event') });
    const types = (): Readonly<Record<string, ResourceType>> => ({ ...inertResourceTypes, ...options.resourceTypes() });
    const dynamicReferences = new DynamicReferences((name) => options.ssm.getParameter(name));
    this.providers = new ResourceProviders(types, this.customResources, dynamicReferences, options.clock);
    this.targets = new TargetReader({ ...options, knowsType: (type) => this.providers.knows(type) });
    this.running = new OperationsInProgress(this.providers, options.clock);
  }

  get faults(): CustomResourceFaults {
    return this.customResources.faults;
  }

  /** Every event that was sent to a custom resource, with all answers. */
  get customResourceRequests(): readonly CustomResourceRequest[] {
    return this.customResources.requests;
  }

  /** By name or ID; a deleted stack by ID only. */
  findStack(nameOrId: string): Stack | undefined {
    return this.stacks.find(nameOrId);
  }

  /** In the order in which they happened. */
  events(nameOrId: string): readonly StackEvent[] {
    return this.stacks.get(nameOrId).events;
  }

  /** Resolves when the operation that runs on the stack, if any, has ended. */
  async settled(nameOrId: string): Promise<Stack> {
    const stack = this.stacks.get(nameOrId);
    await this.running.settled(stack);
    return stack;
  }

  stop(): void {
    this.customResources.stop();
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation, parameters } = parseQueryRequest(request);
    const perform = (): Promise<JsonObject> => this.call(operation, parameters, request.caller);
    return queryAnswer('cloudformation', operation, await this.operationFaults.around(operation, parameters, perform));
  }

  /** The operation as the API has it, for tests that need no client. */
  async call(operation: string, parameters: JsonObject, caller: Caller = {}): Promise<JsonObject> {
    const implementation = this.operations[operation];
    if (!implementation) {
      throw new AwsError('InvalidAction', `The embedded CloudFormation has no ${operation}.`);
    }
    this.options.iam.authorize(caller, `cloudformation:${operation}`, this.resourceOf(parameters));
    return implementation(parameters, caller);
  }

  // --- Change sets

  private async createChangeSet(parameters: JsonObject): Promise<JsonObject> {
    const name = String(parameters.ChangeSetName);
    const kind = parameters.ChangeSetType === 'CREATE' ? 'CREATE' : 'UPDATE';
    if (parameters.ChangeSetType === 'IMPORT') {
      throw new AwsError('NotImplemented', 'The embedded CloudFormation imports no resources.', 501);
    }
    const existing = this.findStack(String(parameters.StackName));
    const stack =
      kind === 'CREATE' ? this.stackToCreate(String(parameters.StackName), existing) : this.stacks.updatable(parameters.StackName);
    if (stack.changeSets.has(name)) {
      throw new AwsError(
        'AlreadyExistsException',
        `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Template`,
      );
    }
    const target = this.targets.target(parameters, stack);
    refuseTypeChanges(stack, target);
    if (!existing) {
      this.add(stack);
    }
    const changeSet = this.newChangeSet(stack, name, kind, target, parameters);
    stack.changeSets.set(name, changeSet);
    return { Id: changeSet.id, StackId: stack.id };
  }

  private newChangeSet(stack: Stack, name: string, kind: 'CREATE' | 'UPDATE', target: Target, parameters: JsonObject): ChangeSet {
    const { Description: description } = parameters;
    const changes = changesBetween(stack, target, this.providers);
    const isEmpty = kind === 'UPDATE' && !isRetry(stack) && !hasChanges(stack, target, changes);
    return {
      id: changeSetId(stack, name),
      name,
      kind,
      target,
      changes,
      mode: deploymentModeOf(parameters),
      creationTime: stack.nextTimestamp(),
      status: isEmpty ? 'FAILED' : 'CREATE_COMPLETE',
      ...(isText(description) && description !== '' && { description }),
      ...(isEmpty && { statusReason: noChanges }),
      executionStatus: isEmpty ? 'UNAVAILABLE' : 'AVAILABLE',
    };
  }

  private describeChangeSet(parameters: JsonObject): JsonObject {
    const { stack, changeSet } = this.findChangeSet(parameters);
    return describeChangeSet(stack, changeSet);
  }

  private deleteChangeSet(parameters: JsonObject): JsonObject {
    // A change set that does not exist counts as deleted.
    const { StackName: stackName, ChangeSetName: name } = parameters;
    const stack = isText(stackName) ? this.stacks.get(stackName) : undefined;
    for (const candidate of stack ? [stack] : this.stacks.all) {
      for (const changeSet of candidate.changeSets.values()) {
        if (changeSet.id === name || (stack && changeSet.name === name)) {
          candidate.changeSets.delete(changeSet.name);
        }
      }
    }
    return {};
  }

  private async executeChangeSet(parameters: JsonObject, caller: Caller): Promise<JsonObject> {
    const { stack, changeSet } = this.findChangeSet(parameters);
    if (changeSet.executionStatus !== 'AVAILABLE') {
      throw new AwsError(
        'InvalidChangeSetStatus',
        `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
      );
    }
    changeSet.executionStatus = 'EXECUTE_COMPLETE';
    // Executing one change set deletes all others of the stack.
    stack.changeSets.clear();
    stack.changeSets.set(changeSet.name, changeSet);
    const { kind, target, mode } = changeSet;
    const disableRollback = mode.disableRollback || String(parameters.DisableRollback) === 'true';
    stack.mode = mode;
    await this.running.run(stack, { disableRollback }, caller, (deployment) =>
      kind === 'CREATE' ? deployment.create(target) : deployment.update(target),
    );
    return {};
  }

  private findChangeSet({ ChangeSetName: name, StackName: stackName }: JsonObject): { stack: Stack; changeSet: ChangeSet } {
    for (const stack of isText(stackName) ? [this.stacks.get(stackName)] : this.stacks.all) {
      const changeSet = [...stack.changeSets.values()].find((candidate) => candidate.id === name || candidate.name === name);
      if (changeSet) {
        return { stack, changeSet };
      }
    }
    throw new AwsError('ChangeSetNotFound', `ChangeSet [${String(name)}] does not exist`, 404);
  }

  // --- Stacks

  private async createStack(parameters: JsonObject, caller: Caller): Promise<JsonObject> {
    const name = String(parameters.StackName);
    if (this.findStack(name)) {
      throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
    }
    const stack = this.stackToCreate(name, undefined);
    const target = this.targets.target(parameters, stack);
    this.add(stack);
    stack.terminationProtection = parameters.EnableTerminationProtection === 'true';
    stack.mode = deploymentModeOf(parameters);
    stack.disableRollback = stack.mode.disableRollback || parameters.OnFailure === 'DO_NOTHING';
    await this.running.run(stack, { disableRollback: stack.disableRollback }, caller, (deployment) => deployment.create(target));
    return { StackId: stack.id };
  }

  private async updateStack(parameters: JsonObject, caller: Caller): Promise<JsonObject> {
    const stack = this.stacks.updatable(parameters.StackName);
    const target = this.targets.target(parameters, stack);
    refuseTypeChanges(stack, target);
    const changes = changesBetween(stack, target, this.providers);
    if (!isRetry(stack) && !hasChanges(stack, target, changes)) {
      throw invalid('No updates are to be performed.');
    }
    stack.mode = deploymentModeOf(parameters);
    await this.running.run(stack, stack.mode, caller, (deployment) => deployment.update(target));
    return { StackId: stack.id };
  }

  private async deleteStack(parameters: JsonObject, caller: Caller): Promise<JsonObject> {
    const stack = this.findStack(String(parameters.StackName));
    // A stack that does not exist counts as deleted.
    if (!stack || stack.isDeleted) {
      return {};
    }
    if (stack.terminationProtection) {
      throw invalid(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
    }
    this.stacks.refuseUsedExports(stack);
    await this.running.interruptCreate(stack, caller);
    const skip = asList(parameters.RetainResources || undefined).map(String);
    await this.running.run(stack, { skip }, caller, (deployment) => deployment.delete());
    return {};
  }

  private cancelUpdateStack(stack: Stack): JsonObject {
    this.running.cancelUpdate(stack);
    return {};
  }

  private async continueUpdateRollback(stack: Stack, { ResourcesToSkip: skip }: JsonObject, caller: Caller): Promise<JsonObject> {
    const { id, status } = stack;
    if (status !== 'UPDATE_ROLLBACK_FAILED') {
      throw invalid(`Stack:${id} is in ${status} state and can not continue update rollback.`);
    }
    await this.running.run(stack, { skip: asList(skip || undefined).map(String) }, caller, (deployment) => deployment.rollback());
    return {};
  }

  private async rollbackStack(stack: Stack, caller: Caller): Promise<JsonObject> {
    if (!isRetry(stack)) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
    }
    await this.running.run(stack, {}, caller, (deployment) => deployment.rollback());
    return { StackId: stack.id };
  }

  private protect(stack: Stack, isProtected: boolean): JsonObject {
    stack.terminationProtection = isProtected;
    return { StackId: stack.id };
  }

  private describeStackEvents(stack: Stack): JsonObject {
    return { StackEvents: [...stack.events].reverse().map((event) => describeEvent(stack, event)) };
  }

  private listChangeSets(stack: Stack): JsonObject {
    return {
      Summaries: [...stack.changeSets.values()].map(({ id, name, status }) => ({ ChangeSetId: id, ChangeSetName: name, Status: status })),
    };
  }

  private listExports(): JsonObject {
    const exported = this.stacks.exports();
    return {
      Exports: exported.map(({ stack: { id }, output }) => ({ ExportingStackId: id, Name: output.exportName, Value: output.value })),
    };
  }

  private listStacks(statuses: readonly unknown[]): JsonObject {
    return {
      StackSummaries: this.stacks.all.filter(({ status }) => statuses.length === 0 || statuses.includes(status)).map(summarizeStack),
    };
  }

  private getTemplate(parameters: JsonObject): JsonObject {
    const { ChangeSetName: name, StackName: stackName } = parameters;
    const {
      target: { template },
    } = isText(name) ? this.findChangeSet(parameters).changeSet : this.stacks.get(stackName);
    return { TemplateBody: template === emptyTemplate ? '' : template.body, StagesAvailable: ['Original', 'Processed'] };
  }

  private describeStackResource({ StackName, LogicalResourceId }: JsonObject): JsonObject {
    const stack = this.stacks.get(StackName);
    const resource = stack.resources.get(String(LogicalResourceId));
    if (!resource) {
      throw invalid(`Resource ${String(LogicalResourceId)} does not exist for stack ${stack.name}`);
    }
    return { StackResourceDetail: describeResource(stack, resource) };
  }

  private describeStackResources({ StackName, LogicalResourceId, PhysicalResourceId }: JsonObject): JsonObject {
    const owns = ({ resources }: Stack): boolean => [...resources.values()].some(({ physicalId }) => physicalId === PhysicalResourceId);
    const stack = isText(StackName) ? this.stacks.get(StackName) : this.stacks.all.find(owns);
    if (!stack) {
      throw invalid(`Stack for ${String(PhysicalResourceId)} does not exist`);
    }
    const wanted = [...stack.resources.values()].filter(
      ({ definition }) => !isText(LogicalResourceId) || definition.logicalId === LogicalResourceId,
    );
    return { StackResources: wanted.map((resource) => describeResource(stack, resource)) };
  }

  // --- Behind them

  private stackToCreate(name: string, existing: Stack | undefined): Stack {
    if (existing && existing.status !== 'REVIEW_IN_PROGRESS') {
      throw invalid(`Stack [${name}] already exists and cannot be created again with the changeSet [CREATE].`);
    }
    if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) {
      throw invalid(
        `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: ` +
          'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*',
      );
    }
    return (
      existing ??
      new Stack(name, {
        ...this.options,
        importValue: (exportName) => this.stacks.importValue(exportName),
        refuseChangedExports: (stack, outputs) => this.stacks.refuseChangedExports(stack, outputs),
        missingAttribute: (stack, { definition }, attribute) =>
          isCustomResource(definition.type)
            ? this.customResources.missingAttribute(stack.id, definition.logicalId, attribute)
            : `Requested attribute ${attribute} must be a readonly property in schema for ${definition.type}`,
        secrets: () => this.customResources.secrets(),
      })
    );
  }

  /** A change set for a new stack makes the stack, which then waits in review. */
  private add(stack: Stack): void {
    this.stacks.all.push(stack);
    stack.setStatus('REVIEW_IN_PROGRESS', 'User Initiated');
  }

  /** What a policy names: the stack's ARN, of which a caller that gives only the name means any. */
  private resourceOf({ StackName: nameOrId }: JsonObject): string {
    if (!isText(nameOrId)) {
      return '*';
    }
    const { partition, region, accountId } = this.options;
    const byName = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${nameOrId}/*`;
    return this.findStack(nameOrId)?.id ?? (nameOrId.startsWith('arn:') ? nameOrId : byName);
  }
}
