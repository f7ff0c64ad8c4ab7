/**
 * Lists of `key=value` in one argument, such as `reg=example.org,user="a,b"`.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/**
 * Reads a list of `key=value` parted by commas. In keys and values `"` switches quoting on and off and `\` takes the next character as
 * it is; further `=` belong to the value, and a key alone has an empty value.
 *
 * @param text The list.
 * @returns The values by key, in order; the last one wins where a key comes twice. Empty entries are left out.
 * @throws {RegkitError} `INVALID_ARGUMENT` when a quote is left open or nothing follows a `\`. The text, which may hold a password, is not
 *   in the message.
 */
export function parseKeyValueList(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let key = "";
  let value: string | undefined;
  let isQuoted = false;
  let isEscaped = false;
  const add = (characters: string): void => {
    if (value === undefined) key += characters;
    else value += characters;
  };
  const flush = (): void => {
    if (key !== "" || value !== undefined) values.set(key, value ?? "");
    key = "";
    value = undefined;
  };
  for (const character of text) {
    if (isEscaped) {
      add(character);
      isEscaped = false;
    } else if (character === "\\") isEscaped = true;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) add(character);
    else if (character === ",") flush();
    else if (character === "=" && value === undefined) value = "";
    else add(character);
  }
  if (isEscaped || isQuoted) throw unfinished(value === undefined ? "key" : "val", isEscaped);
  flush();
  return values;
}

function unfinished(part: "key" | "val", isEscaped: boolean): RegkitError {
  return new RegkitError(
    "INVALID_ARGUMENT",
    `string parsing failed, end state: ${part}${isEscaped ? "Escape" : "Quote"}`,
    {
      tip: isEscaped ? "Write \\\\ for a backslash" : 'Close the quote, or write \\" for a quote that is meant',
    },
  );
}
