/**
 * What kind of value it is, for an error that must not show the value itself. From JavaScript, from a configuration file or out of an
 * environment variable it can be any, whatever its type says.
 *
 * @internal
 */
export function kindOfValue(value: unknown): string {
  if (value === undefined || value === null) {
    return 'no value';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return typeof value === 'object' ? kindOfObject(value) : (KINDS[typeof value] ?? `a ${typeof value}`);
}

const KINDS: Readonly<Record<string, string | undefined>> = { string: 'a text' };

function kindOfObject(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an object of class ${name}` : 'a plain object';
}
