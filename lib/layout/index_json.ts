/**
 * The JSON of index documents, written as the other tools write it so that an unchanged document keeps its bytes.
 *
 * @module
 */

const escapes: ReadonlyMap<string, string> = new Map([
  ["<", "\\u003c"],
  [">", "\\u003e"],
  ["&", "\\u0026"],
  ["\u2028", "\\u2028"],
  ["\u2029", "\\u2029"],
]);

/** Numbers that would come out differently than they went in: fractions, exponents, more digits than are exact. */
const fragileNumber = /[[:,]\s*-?(?:\d{16,}|\d+(?:\.\d+)?[eE]|\d+\.)/;

/** A document or an entry, with keys that regkit does not know too. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Tells whether a value is a JSON object.
 *
 * @param value The value.
 * @returns Whether it is.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a document so that what nobody touches is written back as it was.
 *
 * @param bytes The document.
 * @returns Its value.
 * @throws {SyntaxError} When it is no JSON; {TypeError} when it is no UTF-8.
 */
export function parseIndexJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const rawJson: unknown = Reflect.get(JSON, "rawJSON");
  if (typeof rawJson !== "function" || !fragileNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    const isAltered = typeof value === "number" && source !== undefined && String(value) !== source;
    return isAltered && key !== "size" ? rawJson.call(JSON, source) : value;
  });
}

/**
 * Writes a document: compact, the keys in the order they have, and what is special in HTML escaped.
 *
 * @param value The document.
 * @returns Its bytes.
 */
export function formatIndexJson(value: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => escapes.get(character) ?? character,
  );
  return new TextEncoder().encode(text);
}
