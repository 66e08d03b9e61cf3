/** The Rules section: assertions about parameters, of which the CDK writes one about the bootstrap version. */
import { asList, isObject } from '../json';
import { type Evaluator } from './intrinsic-functions';
import { invalid, type Template } from './template';

export function checkRules(template: Template, evaluator: Evaluator): void {
  for (const [name, rule] of Object.entries(template.rules)) {
    if (!isObject(rule) || (rule.RuleCondition !== undefined && !evaluator.truth(rule.RuleCondition))) {
      continue;
    }
    for (const assertion of asList(rule.Assertions).filter(isObject)) {
      if (evaluator.truth(assertion.Assert)) {
        continue;
      }
      throw invalid(
        `Template constraint error: Rule ${name} failed: ${String(assertion.AssertDescription ?? 'its assertion does not hold')}`,
      );
    }
  }
}
