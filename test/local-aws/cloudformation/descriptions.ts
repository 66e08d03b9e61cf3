/** How CloudFormation's API shows stacks, resources, events, change sets and templates. */
import { isText, type JsonObject } from '../json';
import { describeChange, type ChangeSet } from './change-set';
import { describeMode } from './deployment-mode';
import { type ParameterValues } from './parameters';
import { type Stack, type StackEvent, type StackResource } from './stack';
import { type Template } from './template';

export function describeStack(stack: Stack): JsonObject {
  return {
    ...summarizeStack(stack),
    StackStatusReason: stack.statusReason,
    Description: stack.target.template.description,
    Parameters: describeParameters(stack.target.parameters, stack.target.template),
    Outputs: stack.outputs.map(({ name, value, description, exportName }) => ({
      OutputKey: name,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    Tags: stack.target.tags,
    Capabilities: stack.target.capabilities,
    RoleARN: stack.target.roleArn,
    DisableRollback: stack.disableRollback,
    DeploymentConfig: describeMode(stack.mode),
    EnableTerminationProtection: stack.terminationProtection,
    RollbackConfiguration: {},
    NotificationARNs: [],
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

export function summarizeStack({ id, name, creationTime, lastUpdatedTime, deletionTime, status }: Stack): JsonObject {
  return {
    StackId: id,
    StackName: name,
    CreationTime: creationTime,
    LastUpdatedTime: lastUpdatedTime,
    DeletionTime: deletionTime,
    StackStatus: status,
  };
}

function describeParameters(parameters: ParameterValues, { parameters: definitions }: Template): readonly JsonObject[] {
  return Object.entries(parameters).map(([name, { given, value, fromSsm }]) => ({
    ParameterKey: name,
    ParameterValue: String(definitions[name]?.NoEcho) === 'true' ? '****' : given,
    ...(fromSsm && { ResolvedValue: isText(value) ? value : value.join(',') }),
  }));
}

export function summarizeResource({ definition, physicalId, status, statusReason, timestamp }: StackResource): JsonObject {
  return {
    LogicalResourceId: definition.logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: definition.type,
    LastUpdatedTimestamp: timestamp,
    ResourceStatus: status,
    ResourceStatusReason: statusReason,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

export function describeResource(stack: Stack, resource: StackResource): JsonObject {
  const {
    definition: { metadata },
    timestamp,
  } = resource;
  return {
    StackName: stack.name,
    StackId: stack.id,
    ...summarizeResource(resource),
    // DescribeStackResources and DescribeStackResource name it differently.
    Timestamp: timestamp,
    ...(metadata !== undefined && { Metadata: JSON.stringify(metadata) }),
  };
}

export function describeEvent(stack: Stack, event: StackEvent): JsonObject {
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: event.eventId,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.timestamp,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties,
  };
}

export function describeChangeSet(stack: Stack, changeSet: ChangeSet): JsonObject {
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.id,
    StackName: stack.name,
    Description: changeSet.description,
    Parameters: describeParameters(changeSet.target.parameters, changeSet.target.template),
    CreationTime: changeSet.creationTime,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    Capabilities: changeSet.target.capabilities,
    Tags: changeSet.target.tags,
    Changes: changeSet.changes.map(describeChange),
    DeploymentConfig: describeMode(changeSet.mode),
    IncludeNestedStacks: false,
  };
}

export function summarizeTemplate({ description, parameters, resources }: Template): JsonObject {
  return {
    Description: description,
    Parameters: Object.entries(parameters).map(([name, { Type: type, Default: value, Description: text, NoEcho: noEcho }]) => ({
      ParameterKey: name,
      ParameterType: type,
      DefaultValue: value,
      Description: text,
      NoEcho: String(noEcho) === 'true',
    })),
    ResourceTypes: [...new Set([...resources.values()].map(({ type }) => type))],
    Capabilities: [],
    Version: '2010-09-09',
  };
}
