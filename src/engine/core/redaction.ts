/**
 * Takes the values of a job's parameters out of a text that came from outside: an error message of Clean Rooms or of a script may
 * repeat them. A value of one to three characters is only taken out where it stands alone, for else it would garble every text.
 */
export function redact(text: string, parameters: Readonly<Record<string, string>> | undefined): string {
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    for (const form of forms(value.trim())) {
      names.set(form, name);
    }
  }
  if (names.size === 0) {
    return text;
  }
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  // In one pass: what was put in for one value is not searched for another.
  return text.replace(new RegExp(longestFirst.map(pattern).join('|'), 'gu'), (form) => `[parameters.${names.get(form)}]`);
}

/** A value as it is, in a JSON text and in a URL. */
function forms(value: string): string[] {
  const wellFormed = Buffer.from(value, 'utf8').toString('utf8'); // half a surrogate pair can not be in a URL
  return value === '' ? [] : [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(wellFormed)];
}

function pattern(form: string): string {
  const literal = form.replace(/[.*+?^${}()|[\]\\/-]/gu, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
  return form.length > 3 ? literal : `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
}
