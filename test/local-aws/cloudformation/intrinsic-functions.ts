/**
 * The functions in templates.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html Not here:
 * Fn::Cidr, Fn::ForEach, Fn::Length, Fn::ToJsonString, Fn::Transform, and the rule functions except Fn::Contains.
 */
import { asList, isObject, isText, type JsonObject } from '../json';
import { invalid, type Template } from './template';

export interface Scope {
  readonly template: Template;
  /** Lists for list parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** `AWS::Region` and the like. */
  readonly pseudoParameters: Readonly<Record<string, unknown>>;
  physicalId(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  importValue(exportName: string): string;
}

/** The value of `AWS::NoValue`: the property, or the element of a list, does not exist. */
const noValue = Symbol('AWS::NoValue');

type IntrinsicFunction = (argument: unknown) => unknown;

export class Evaluator {
  private readonly functions: Readonly<Record<string, IntrinsicFunction>> = {
    'Ref': (name) => this.ref(String(name)),
    'Fn::GetAtt': (argument) => this.getAtt(argument),
    'Fn::Sub': (argument) => this.sub(argument),
    'Fn::Join': (argument) => this.join(argument),
    'Fn::Select': (argument) => this.select(argument),
    'Fn::Split': (argument) => this.split(argument),
    'Fn::If': (argument) => this.if(argument),
    'Fn::Equals': (argument) => sameValue(...this.pair('Fn::Equals', argument)),
    'Fn::Not': (argument) => !this.truth(asList(argument)[0]),
    'Fn::And': (argument) => asList(argument).every((operand) => this.truth(operand)),
    'Fn::Or': (argument) => asList(argument).some((operand) => this.truth(operand)),
    'Fn::Contains': (argument) => this.contains(argument),
    'Fn::FindInMap': (argument) => this.findInMap(argument),
    'Fn::ImportValue': (argument) => this.scope.importValue(this.text('Fn::ImportValue', argument)),
    'Fn::Base64': (argument) => Buffer.from(this.text('Fn::Base64', argument)).toString('base64'),
    'Fn::GetAZs': (argument) =>
      ['a', 'b', 'c'].map((zone) => `${this.text('Fn::GetAZs', argument) || String(this.scope.pseudoParameters['AWS::Region'])}${zone}`),
  };

  constructor(private readonly scope: Scope) {}

  /** Undefined for `AWS::NoValue`. */
  evaluate(value: unknown): unknown {
    const result = this.visit(value);
    return result === noValue ? undefined : result;
  }

  evaluateObject(value: JsonObject): JsonObject {
    const result = this.evaluate(value);
    return isObject(result) ? result : {};
  }

  condition(name: string): boolean {
    if (!(name in this.scope.template.conditions)) {
      throw invalid(`Template error: unresolved condition dependency ${name}`);
    }
    return this.truth(this.scope.template.conditions[name]);
  }

  /** A condition, or a rule's assertion. */
  truth(value: unknown): boolean {
    if (isObject(value) && isText(value.Condition)) {
      return this.condition(value.Condition);
    }
    const result = this.visit(value);
    if (typeof result !== 'boolean') {
      throw invalid('Template error: every condition must evaluate to true or false.');
    }
    return result;
  }

  private visit(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((element) => this.visit(element)).filter((element) => element !== noValue);
    }
    if (!isObject(value)) {
      return value;
    }
    const [name, ...others] = Object.keys(value);
    if (others.length === 0 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
      return this.call(name, value[name]);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, member]) => [key, this.visit(member)])
        .filter(([, member]) => member !== noValue),
    );
  }

  private call(name: string, argument: unknown): unknown {
    const implementation = this.functions[name];
    if (!implementation) {
      throw invalid(`Template error: the embedded CloudFormation has no function ${name}`);
    }
    return implementation(argument);
  }

  private ref(name: string): unknown {
    if (name === 'AWS::NoValue') {
      return noValue;
    }
    if (name in this.scope.pseudoParameters) {
      return this.scope.pseudoParameters[name];
    }
    if (name in this.scope.parameters) {
      return this.scope.parameters[name];
    }
    return this.scope.physicalId(name);
  }

  private getAtt(argument: unknown): unknown {
    const [logicalId, ...attribute] = isText(argument) ? argument.split('.') : asList(argument);
    return this.scope.attribute(String(logicalId), attribute.map((part) => this.text('Fn::GetAtt', part)).join('.'));
  }

  private sub(argument: unknown): string {
    const [text, variables] = asList(argument);
    if (!isText(text)) {
      throw invalid("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments.");
    }
    const own = isObject(variables) ? variables : {};
    return text.replace(/\$\{([^}]*)\}/g, (_match, name: string) =>
      name.startsWith('!') ? `\${${name.slice(1)}}` : this.substitute(name.trim(), own),
    );
  }

  private substitute(name: string, own: JsonObject): string {
    if (name in own) {
      return this.text('Fn::Sub', own[name]);
    }
    return this.text('Fn::Sub', name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name });
  }

  private join(argument: unknown): string {
    const [delimiter, list] = this.pair('Fn::Join', argument);
    if (!isText(delimiter) || !Array.isArray(list)) {
      throw invalid(
        'Template error: every Fn::Join object requires two parameters, (1) a string delimiter and ' +
          '(2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.',
      );
    }
    return list.map((element) => scalar('Fn::Join', element)).join(delimiter);
  }

  private select(argument: unknown): unknown {
    const [index, list] = this.pair('Fn::Select', argument);
    const elements = asList(list);
    if (!(Number(index) in elements)) {
      throw invalid(`Template error: Fn::Select cannot select nonexistent value at index ${String(index)}`);
    }
    return elements[Number(index)];
  }

  private split(argument: unknown): unknown {
    const [delimiter, text] = this.pair('Fn::Split', argument);
    if (!isText(delimiter) || !isText(text)) {
      throw invalid(
        'Template error: every Fn::Split object requires two parameters, (1) a string delimiter and ' +
          '(2) a string to be split or a function that returns a string to be split.',
      );
    }
    return text.split(delimiter);
  }

  /** Only the branch that is taken is evaluated, because the other one may refer to something that does not exist. */
  private if(argument: unknown): unknown {
    const [condition, whenTrue, whenFalse, ...rest] = asList(argument);
    if (whenFalse === undefined || rest.length > 0) {
      throw invalid('Template error: Fn::If requires a list argument with the first element being a condition');
    }
    return this.visit(this.condition(String(condition)) ? whenTrue : whenFalse);
  }

  private contains(argument: unknown): boolean {
    const [list, wanted] = this.pair('Fn::Contains', argument);
    return asList(list).some((element) => sameValue(element, wanted));
  }

  private findInMap(argument: unknown): unknown {
    const [map, top, second, fallback] = asList(argument).map((part) => this.visit(part));
    const level = this.scope.template.mappings[String(map)];
    const row = isObject(level) ? level[String(top)] : undefined;
    const value = isObject(row) ? row[String(second)] : undefined;
    if (value !== undefined) {
      return value;
    }
    if (isObject(fallback) && 'DefaultValue' in fallback) {
      return fallback.DefaultValue;
    }
    throw invalid(`Template error: Unable to get mapping for ${String(map)}::${String(top)}::${String(second)}`);
  }

  private pair(name: string, argument: unknown): [unknown, unknown] {
    const operands = asList(argument);
    if (operands.length !== 2) {
      throw invalid(`Template error: every ${name} object requires two parameters.`);
    }
    return [this.visit(operands[0]), this.visit(operands[1])];
  }

  private text(name: string, value: unknown): string {
    return scalar(name, this.visit(value));
  }
}

function scalar(name: string, value: unknown): string {
  if (isText(value) || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  throw invalid(`Template error: ${name} needs text where it has ${value === noValue ? 'AWS::NoValue' : JSON.stringify(value)}`);
}

/** CloudFormation compares conditions as text. */
function sameValue(one: unknown, other: unknown): boolean {
  return typeof one === 'object' || typeof other === 'object'
    ? JSON.stringify(one) === JSON.stringify(other)
    : String(one) === String(other);
}
