/** A stack's outputs, after its resources exist. */
import { isObject, isText } from '../json';
import { type Output, type Stack, type Target } from './stack';
import { invalid } from './template';

export function evaluateOutputs(stack: Stack, target: Target): readonly Output[] {
  const evaluator = stack.evaluator(target);
  return Object.entries(target.template.outputs).flatMap(([name, definition]) => {
    if (isText(definition.Condition) && !evaluator.condition(definition.Condition)) {
      return [];
    }
    const value = evaluator.evaluate(definition.Value);
    if (typeof value === 'object' || value === undefined) {
      throw invalid('Template format error: The Value field of every Outputs member must evaluate to a String.');
    }
    const exportName = isObject(definition.Export) ? String(evaluator.evaluate(definition.Export.Name)) : undefined;
    if (exportName !== undefined && String(value).trim() === '') {
      throw invalid(`Cannot export output ${name}. Exported values must not be empty or whitespace-only.`);
    }
    return [
      {
        name,
        value: String(value),
        ...(isText(definition.Description) && { description: definition.Description }),
        ...(exportName !== undefined && { exportName }),
      },
    ];
  });
}
