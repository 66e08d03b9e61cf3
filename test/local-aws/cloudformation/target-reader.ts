/** What a request asks for: a template, parameters and tags. It refuses what CloudFormation refuses. */
import { asList, isObject, isText, type JsonObject } from '../json';
import { checkCapabilities } from './capabilities';
import { refuseSecureReferences } from './dynamic-references';
import { resolveParameters } from './parameters';
import { checkRules } from './rules';
import { type Stack, type Target } from './stack';
import { invalid, parseTemplate, type Template } from './template';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const bodyLimit = 51_200;

export interface TargetSources {
  readonly s3: { getObject(bucket: string, key: string): Buffer };
  readonly ssm: { getParameter(name: string): string | undefined };
  readonly knowsType: (type: string) => boolean;
}

export class TargetReader {
  constructor(private readonly sources: TargetSources) {}

  target(parameters: JsonObject, stack: Stack): Target {
    const template = String(parameters.UsePreviousTemplate) === 'true' ? stack.target.template : this.template(parameters);
    const target = {
      template,
      parameters: resolveParameters(template, {
        supplied: parameters.Parameters,
        previous: stack.target.parameters,
        ssmParameter: (name) => this.sources.ssm.getParameter(name),
      }),
      tags: asList(parameters.Tags || undefined).filter(isObject),
      capabilities: asList(parameters.Capabilities || undefined).map(String),
      ...(isText(parameters.RoleARN) && parameters.RoleARN !== '' && { roleArn: parameters.RoleARN }),
    };
    template.resources.forEach(({ type, properties }) => refuseSecureReferences(type, properties));
    checkCapabilities(target);
    checkRules(template, stack.evaluator(target));
    return target;
  }

  template({ TemplateBody: body, TemplateURL: url }: JsonObject): Template {
    const text = isText(body) && body !== '' ? body : this.download(String(url));
    if (isText(body) && Buffer.byteLength(body) > bodyLimit) {
      throw invalid(
        "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: " +
          `Member must have length less than or equal to ${bodyLimit}`,
      );
    }
    return parseTemplate(text, this.sources.knowsType);
  }

  private download(url: string): string {
    const { hostname, pathname } = new URL(url);
    const virtual = /^(.+)\.s3[.-]/.exec(hostname)?.[1];
    const [bucket, ...key] = [...(virtual === undefined ? [] : [virtual]), ...decodeURIComponent(pathname).slice(1).split('/')];
    return this.sources.s3.getObject(bucket, key.join('/')).toString();
  }
}
