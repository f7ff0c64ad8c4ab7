/**
 * Lists of named values in one argument: `os=linux,name="a, b"`.
 *
 * @module
 */

/**
 * Parses a list of named values. Double quotes keep commas and equal signs, a backslash keeps the next character, in names and
 * values alike; a name without `=` has an empty value; the last of equal names wins.
 *
 * @param text The list.
 * @returns The values by name, in the order in which the names came.
 * @throws {SyntaxError} When a quote is not closed or a backslash ends the text.
 */
export function parseKeyValueList(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let key: string | undefined;
  let part = "";
  let isQuoted = false;
  const end = () => {
    if (key !== undefined) values.set(key, part);
    else if (part !== "") values.set(part, "");
    key = undefined;
    part = "";
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") {
      if (++at === text.length) throw new SyntaxError(`nothing follows the last backslash in ${text}`);
      part += text.charAt(at);
    } else if (char === '"') {
      isQuoted = !isQuoted;
    } else if (isQuoted || (char !== "," && (char !== "=" || key !== undefined))) {
      part += char;
    } else if (char === ",") {
      end();
    } else {
      key = part;
      part = "";
    }
  }
  if (isQuoted) throw new SyntaxError(`a quote is not closed in ${text}`);
  end();
  return values;
}
