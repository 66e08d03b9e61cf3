/**
 * One line of what others have written: a service, a partner's script. Everything goes that a console or a terminal would act on or not
 * show: control characters and their sequences, the ones that turn the direction of writing, and those without width.
 */
export function plainText(text: string): string {
  return text
    .replace(TERMINAL_SEQUENCES, '')
    .replace(/\p{Cs}/gu, '\ufffd') // half of a surrogate pair
    .replace(/[\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** A text that has no room for more, cut between two characters. */
export function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** Colours and the like, which a script writes for a terminal: without their control character their rest would stay. */
const TERMINAL_SEQUENCES = /(?:\u001b\[|\u009b)[0-9;:?]*[A-Za-z]/gu;
