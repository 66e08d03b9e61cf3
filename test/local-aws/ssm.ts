/**
 * The parts of SSM's parameter store that templates and the CDK CLI read. Not here: writing by the API, paths,
 * encryption, versions other than the latest, the advanced tier.
 */
import { type Account } from './account';
import { type IamService } from './iam/iam';
import { isText } from './json';
import { jsonAnswer, jsonBody, jsonOperation } from './protocols';
import { checkMembers, requiredText, text } from './resource-properties';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type Caller,
  type Properties,
  type ResourceState,
  type ResourceType,
  type Service,
} from './service';

export interface SsmOptions extends Account {
  readonly clock: { now(): number };
  readonly iam: IamService;
}

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly modified: number;
}

/** Standard parameters: https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const valueLimit = 4096;

export class SsmService implements Service {
  readonly signingName = 'ssm';
  readonly resourceTypes: Readonly<Record<string, ResourceType>> = { 'AWS::SSM::Parameter': this.parameterType() };
  private readonly parameters = new Map<string, Parameter>();

  constructor(private readonly options: SsmOptions) {}

  /** Undefined if there is none. */
  getParameter(name: string): string | undefined {
    return this.parameters.get(name)?.value;
  }

  putParameter(name: string, value: string, type = 'String'): void {
    if (value === '') {
      throw new AwsError(
        'ValidationException',
        "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
      );
    }
    if (Buffer.byteLength(value) > valueLimit) {
      throw new AwsError('ValidationException', `Standard tier parameters support a maximum parameter value of ${valueLimit} characters.`);
    }
    const version = (this.parameters.get(name)?.version ?? 0) + 1;
    this.parameters.set(name, { name, type, value, version, modified: this.options.clock.now() });
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const body = jsonBody(request);
    switch (jsonOperation(request)) {
      case 'GetParameter':
        return jsonAnswer({ Parameter: this.describe(this.existing(request.caller, 'GetParameter', body.Name)) });
      case 'GetParameters':
        return jsonAnswer(this.getParameters(request.caller, body.Names));
      default:
        throw new AwsError('UnknownOperationException', `The embedded SSM has no ${jsonOperation(request)}.`);
    }
  }

  private getParameters(caller: Caller, names: unknown): object {
    const wanted = Array.isArray(names) ? names.filter(isText) : [];
    this.options.iam.authorize(
      caller,
      'ssm:GetParameters',
      wanted.map((name) => this.arn(name)),
    );
    const found = wanted.flatMap((name) => this.parameters.get(name) ?? []);
    return {
      Parameters: found.map((parameter) => this.describe(parameter)),
      InvalidParameters: wanted.filter((name) => !this.parameters.has(name)),
    };
  }

  private existing(caller: Caller, operation: string, name: unknown): Parameter {
    this.options.iam.authorize(caller, `ssm:${operation}`, this.arn(String(name)));
    const parameter = this.parameters.get(String(name));
    if (!parameter) {
      throw new AwsError('ParameterNotFound', `Parameter ${String(name)} not found.`);
    }
    return parameter;
  }

  private describe({ name, type, value, version, modified }: Parameter): object {
    return {
      Name: name,
      Type: type,
      Value: value,
      Version: version,
      ARN: this.arn(name),
      DataType: 'text',
      LastModifiedDate: modified / 1000,
    };
  }

  /** A name that is a path already has the slash of the ARN. */
  private arn(name: string): string {
    const { partition, region, accountId } = this.options;
    return `arn:${partition}:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
  }

  private parameterType(): ResourceType {
    return {
      createOnly: ['Name'],
      create: async (properties, context) => {
        const name = text(properties, 'Name') ?? context.generatedName;
        if (this.parameters.has(name)) {
          throw new AwsError(
            'ParameterAlreadyExists',
            'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
          );
        }
        return this.put(name, properties);
      },
      update: async (name, properties) => this.put(name, properties),
      delete: async (name) => void this.parameters.delete(name),
    };
  }

  private put(name: string, properties: Properties): ResourceState {
    checkMembers(properties, {
      required: ['Type', 'Value'],
      optional: ['AllowedPattern', 'DataType', 'Description', 'Name', 'Policies', 'Tags', 'Tier'],
    });
    this.putParameter(name, requiredText(properties, 'Value'), requiredText(properties, 'Type'));
    return { physicalId: name, attributes: { Type: properties.Type, Value: properties.Value } };
  }
}
