/**
 * Lists and maps as they are now, however deep: whoever passed them may change them and pass them again, as in a loop. Tokens,
 * constructs and other objects of classes are kept, and so is what an object of another language is to JavaScript.
 *
 * @internal
 */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((element: unknown) => copyOf(element));
  }
  return isPlainMap(value) ? Object.fromEntries(Object.entries(value).map(([name, content]) => [name, copyOf(content)])) : value;
}

/** Objects that jsii makes for those of another language look like maps, but have symbols and accessors. */
function isPlainMap(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    Object.getOwnPropertySymbols(value).length === 0 &&
    Object.values(Object.getOwnPropertyDescriptors(value)).every(({ enumerable, get, set }) => enumerable && get === undefined && set === undefined)
  );
}
