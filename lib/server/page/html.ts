/**
 * Builds HTML out of templates in which every value is escaped, whatever it is.
 *
 * @module
 */

/** Finished HTML; only templates make it. */
export class Html {
  /**
   * Wraps text that is HTML already.
   *
   * @param text The HTML.
   */
  constructor(readonly text: string) {}
}

/** What may stand in a template; lists are joined, `undefined` and `false` are left out. */
export type HtmlValue = Html | number | string | false | undefined | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Control characters, and those that turn the direction of text around: they could make a name look like another. */
const deceptive = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Fills in a template.
 *
 * @param parts The fixed parts, which are HTML.
 * @param values The values between them, which are escaped unless they are {@linkcode Html}.
 * @returns The HTML.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.reduce((text, part, at) => text + render(values[at - 1]) + part));
}

/**
 * Escapes text for elements and quoted attributes.
 *
 * @param text Any text.
 * @returns The same, with nothing in it that HTML gives a meaning to.
 */
export function escapeHtml(text: string): string {
  return text.replace(deceptive, "\ufffd").replace(/[&<>"'`]/g, (character) => entities[character] ?? "");
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  return Array.isArray(value) ? value.map(render).join("") : escapeHtml(String(value));
}
