/** The names that CloudFormation generates for resources to which the template gives none. */
import { randomBytes } from 'node:crypto';

/** `<stack>-<logicalId>-<suffix>`, with twelve random characters, like CloudFormation's own names. */
export function generatedName(stackName: string, logicalId: string): string {
  const suffix = BigInt(`0x${randomBytes(12).toString('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 12);
  return `${stackName}-${logicalId}-${suffix}`;
}

/** The name is cut in the middle, so that the suffix stays. */
export function fitName(name: string, limit: number): string {
  const suffix = 13;
  return name.length <= limit ? name : name.slice(0, limit - suffix) + name.slice(-suffix);
}
