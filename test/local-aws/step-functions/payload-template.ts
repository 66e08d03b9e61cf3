/** Payload templates, which are Parameters and ResultSelector. */
import { isObject, isText } from '../json';
import { callIntrinsic, parseIntrinsic } from './intrinsic-functions';
import { requirePath, type Scope } from './paths';

/** A key that ends in `.$` takes its value from a path or an intrinsic function. */
export function fillTemplate(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) {
    return template.map((element) => fillTemplate(element, scope));
  }
  if (!isObject(template)) {
    return template;
  }
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') && isText(value) ? [key.slice(0, -2), evaluateExpression(value, scope)] : [key, fillTemplate(value, scope)],
    ),
  );
}

/** A path, or a call of an intrinsic function. */
export function evaluateExpression(expression: string, scope: Scope): unknown {
  return expression.startsWith('States.') ? callIntrinsic(parseIntrinsic(expression), scope) : requirePath(expression, scope);
}
