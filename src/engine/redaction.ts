/**
 * Takes the values of a job's parameters out of a text that came from outside: an error message of Clean Rooms or of a script may
 * repeat them. A value of one to three characters is only taken out where it stands alone, for else it would garble every text.
 */
export function redact(text: string, parameters: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(parameters ?? {})
    .filter(([, value]) => value.trim() !== '')
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce((redacted, [name, value]) => redacted.replace(occurrences(value), () => `[parameters.${name}]`), text);
}

function occurrences(value: string): RegExp {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return value.length > 3 ? new RegExp(literal, 'g') : new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, 'gu');
}
