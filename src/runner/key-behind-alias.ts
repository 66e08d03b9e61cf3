import type * as kms from 'aws-cdk-lib/aws-kms';

/**
 * The key itself where an alias of it was passed: permissions are about keys, and an alias has an ARN of its own.
 *
 * @returns undefined for an alias that is only known by its name
 * @internal
 */
export function keyBehind(key: kms.IKey): kms.IKey | undefined {
  if (!isAlias(key)) {
    return key;
  }
  try {
    return key.aliasTargetKey;
  } catch {
    return undefined; // as the CDK says it of a reference by name
  }
}

function isAlias(key: kms.IKey): key is kms.IAlias {
  return 'aliasName' in key && 'aliasTargetKey' in key;
}
