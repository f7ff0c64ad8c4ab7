/**
 * The words that `--format` takes instead of a template.
 *
 * @module
 */

/** What a word asks for: headers and body, the body, the headers, or the digest. */
export type FormatWord = "raw" | "body" | "headers" | "digest";

/** How a result is printed without a template: as usual, not at all, or by a word. */
export type PlainFormat = FormatWord | "default" | "nothing";

const spellings: Readonly<Record<string, FormatWord>> = {
  raw: "raw",
  rawBody: "body",
  "raw-body": "body",
  body: "body",
  rawHeaders: "headers",
  "raw-headers": "headers",
  headers: "headers",
  digest: "digest",
};

/**
 * Reads the value of `--format` as far as no template is needed for it.
 *
 * @param value The value; the command's default when it was not typed.
 * @param template The command's default template.
 * @param words The words that the command knows.
 * @returns How the result is printed; `undefined` when the value is a template.
 */
export function parsePlainFormat(
  value: string,
  template: string,
  words: readonly FormatWord[] = [],
): PlainFormat | undefined {
  if (withoutBlanks(value) === withoutBlanks(template)) return "default";
  if (value === "") return "nothing";
  const word = Object.hasOwn(spellings, value) ? spellings[value] : undefined;
  return word !== undefined && words.includes(word) ? word : undefined;
}

/** Blanks just inside the braces of a template mean nothing. */
function withoutBlanks(template: string): string {
  return template.replaceAll(/\{\{\s+|\s+\}\}/g, (braces) => braces.trim());
}
