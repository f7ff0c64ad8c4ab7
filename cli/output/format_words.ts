/**
 * The words that `--format` takes instead of a template.
 *
 * @module
 */

import { RegkitError } from "../../lib/errors.ts";

/** What a word asks for: headers and body, the body, the headers, or the digest. */
export type FormatWord = "raw" | "body" | "headers" | "digest";

/** How a result is printed: as usual, not at all, or by a word. */
export type OutputFormat = FormatWord | "default" | "nothing";

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
 * Reads the value of `--format`.
 *
 * @param value The value; the command's default when it was not typed.
 * @param template The command's default template.
 * @param words The words that the command knows.
 * @returns How the result is printed.
 * @throws {RegkitError} `UNSUPPORTED` for every other value: templates come in a later version.
 */
export function parseOutputFormat(value: string, template: string, words: readonly FormatWord[] = []): OutputFormat {
  if (withoutBlanks(value) === withoutBlanks(template)) return "default";
  if (value === "") return "nothing";
  const word = Object.hasOwn(spellings, value) ? spellings[value] : undefined;
  if (word !== undefined && words.includes(word)) return word;
  const known = Object.keys(spellings).filter((spelling) => words.includes(spellings[spelling] ?? "raw"));
  throw new RegkitError(
    "UNSUPPORTED",
    `templates are not supported yet in this version, --format received ${JSON.stringify(value)}`,
    {
      tip: known.length === 0
        ? "Leave --format out for the usual output, or give it an empty value for none"
        : `Use one of ${known.join(", ")}, or leave --format out for the usual output`,
    },
  );
}

/** Blanks just inside the braces of a template mean nothing. */
function withoutBlanks(template: string): string {
  return template.replaceAll(/\{\{\s+|\s+\}\}/g, (braces) => braces.trim());
}
