/**
 * `{{resolve:service:…}}` in properties, which CloudFormation puts in when it asks a provider, after it has compared the properties as the
 * template has them. So a value that changes in the parameter store alone is no change of a resource.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 * Inferred: the old properties of an Update have the values of now.
 * Not here: Secrets Manager, versions other than the latest, and references in outputs.
 */
import { isObject, type JsonObject } from '../json';
import { type Properties } from '../service';
import { isCustomResource } from './custom-resource';
import { invalid } from './template';

const reference = /\{\{resolve:([^:{}]+):([^{}]+)\}\}/g;

/** References to secrets are for services only, and those of the parameter store for a few properties, of resources that are not here. */
export function refuseSecureReferences(type: string, properties: JsonObject): void {
  for (const [name, value] of Object.entries(properties)) {
    if (JSON.stringify(value).includes('{{resolve:ssm-secure:')) {
      throw invalid(`SSM Secure reference is not supported in: [${type}/Properties/${name}]`);
    }
  }
}

export class DynamicReferences {
  constructor(private readonly ssmParameter: (name: string) => string | undefined) {}

  resolve(type: string, properties: Properties): Properties {
    return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, this.visit(type, value)]));
  }

  private visit(type: string, value: unknown): unknown {
    if (typeof value === 'string') {
      return value.replace(reference, (text: string, service: string, key: string) => this.valueOf(type, text, service, key));
    }
    if (Array.isArray(value)) {
      return value.map((element) => this.visit(type, element));
    }
    return isObject(value) ? this.resolve(type, value) : value;
  }

  /** A custom resource gets a reference to a secret as it stands. */
  private valueOf(type: string, text: string, service: string, key: string): string {
    switch (service) {
      case 'ssm':
        return this.parameter(key);
      case 'secretsmanager':
        if (isCustomResource(type)) {
          return text;
        }
        throw invalid('Template error: the embedded CloudFormation has no Secrets Manager');
      default:
        return text;
    }
  }

  private parameter(key: string): string {
    const value = this.ssmParameter(key);
    if (value === undefined) {
      throw invalid(`Unable to fetch parameters [${key}] from parameter store for this account.`);
    }
    return value;
  }
}
