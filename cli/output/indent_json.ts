/**
 * Indents JSON without touching anything else: order of keys, unknown keys, numbers and escapes stay as they were written.
 *
 * @module
 */

/** Options of {@linkcode indentJson}. */
export interface IndentOptions {
  /** Write `<`, `>`, `&` and Unicode's line separators as escapes, as Go does by default. `false` by default. */
  readonly escapesHtml?: boolean | undefined;
}

/**
 * Spreads a JSON document over lines, two blanks for each level.
 *
 * @param json The document; it must be valid JSON.
 * @param options Whether characters are escaped.
 * @returns The lines, without the end of the last one.
 */
export function indentJson(json: string, { escapesHtml = false }: IndentOptions = {}): string {
  let text = "";
  let depth = 0;
  const newLine = () => `\n${"  ".repeat(depth)}`;
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      text += token;
      depth++;
      if (!isClosing(tokens[at + 1])) text += newLine();
    } else if (isClosing(token)) {
      depth--;
      const isEmpty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
      text += isEmpty ? token : newLine() + token;
    } else if (token === ",") {
      text += token + newLine();
    } else {
      text += token === ":" ? ": " : token;
    }
  }
  return escapesHtml ? text.replaceAll(/[<>&\u2028\u2029]/g, escape) : text;
}

function isClosing(token: string | undefined): boolean {
  return token === "}" || token === "]";
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
