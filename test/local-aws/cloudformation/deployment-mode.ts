/**
 * Standard or express: `cdk deploy --express`, generally available since 2026-06-30. CloudFormation waits for custom
 * resources in both modes. Rollback is disabled in express mode, unless the request says otherwise.
 */
import { isObject, type JsonObject } from '../json';
import { invalid } from './template';

export interface DeploymentMode {
  readonly name: 'STANDARD' | 'EXPRESS';
  readonly disableRollback: boolean;
}

export function deploymentModeOf({ DeploymentConfig: config, DisableRollback: disables }: JsonObject): DeploymentMode {
  const { Mode: name = 'STANDARD', DisableRollback: ofMode } = isObject(config) ? config : {};
  if (name !== 'STANDARD' && name !== 'EXPRESS') {
    throw invalid(`1 validation error detected: Value '${String(name)}' at 'deploymentConfig.mode' failed to satisfy constraint`);
  }
  const disableRollback = name === 'EXPRESS' ? String(ofMode ?? disables) !== 'false' : String(disables) === 'true';
  return { name, disableRollback };
}

export function describeMode({ name, disableRollback }: DeploymentMode): JsonObject {
  return { Mode: name, ...(name === 'EXPRESS' && { DisableRollback: disableRollback }) };
}
