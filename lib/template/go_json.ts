/**
 * Values as JSON, as Go's package encoding/json writes them (spec "Functions", `json`).
 *
 * @module
 */

import { type Budget, valueDepthLimit, ValueError } from "./budget.ts";
import { type ByteText, isUtf8, replacementRune, runesOf, TextBuilder, toByteText } from "./byte_text.ts";
import { type FieldSpec, readField } from "./struct_type.ts";
import { isTrue, type ListValue, type MapValue, type StructValue, type Value } from "./values.ts";
import { unwrap, wrap } from "./wrap.ts";

/**
 * Writes a value as JSON with a newline at the end. An object with a JSON text of its own gives that, spaced anew: the order
 * of keys, unknown keys and the writing of numbers stay. Where that is empty there is nothing to write, not even the newline.
 *
 * @param value The value.
 * @param indent What indents each level; without it all stands on one line.
 * @param budget What the writing may cost.
 * @returns The JSON text.
 */
export function encodeJson(value: Value, indent: string, budget: Budget): ByteText {
  const text = new JsonWriter(budget).value(value, 0);
  return text === "" ? "" : `${indent === "" ? text : respaceJson(text, indent)}\n`;
}

class JsonWriter {
  readonly #budget: Budget;
  #length = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  value(value: Value, depth: number): ByteText {
    this.#budget.step();
    if (depth > valueDepthLimit) throw new ValueError(`value is nested deeper than ${valueDepthLimit} levels`);
    switch (value.kind) {
      case "nil":
      case "missing":
      case "nilPointer":
        return "null";
      case "list":
        return this.#list(value, depth);
      case "map":
        return this.#map(value, depth);
      case "struct":
        return this.#struct(value, depth);
      case "bytes":
        return value.value === undefined ? "null" : this.#counted(`"${value.value.toBase64()}"`);
    }
    const own = value.type.json?.(unwrap(value));
    if (own !== undefined) return this.#own(own);
    if (value.kind === "string") {
      // Quoting makes up to six bytes of one.
      this.#budget.text(value.value.length, value.value.length * 6);
      return this.#counted(quoteJson(value.value));
    }
    if (value.kind === "float" && !Number.isFinite(value.value)) {
      const name = Number.isNaN(value.value) ? "NaN" : value.value > 0 ? "+Inf" : "-Inf";
      throw new ValueError(`json: unsupported value: ${name}`);
    }
    // JavaScript writes floats as Go's JSON does, but for the sign of zero.
    return Object.is(value.value, -0) ? "-0" : String(value.value);
  }

  #counted(text: ByteText): ByteText {
    this.#length += text.length;
    this.#budget.text(text.length, this.#length);
    return text;
  }

  #own(text: string): ByteText {
    if (text === "") return "";
    JSON.parse(text);
    return this.#counted(respaceJson(toByteText(text), ""));
  }

  #list(value: ListValue, depth: number): ByteText {
    if (value.isNil) return "null";
    const parts: ByteText[] = [];
    for (let index = 0; index < value.length; index++) parts.push(this.value(value.at(index), depth + 1));
    return `[${parts.join(",")}]`;
  }

  #map(value: MapValue, depth: number): ByteText {
    if (value.isNil) return "null";
    const entries = value.keys().map((key) =>
      [String(key.value), this.value(value.get(key) ?? { kind: "nil" }, depth + 1)] as const
    );
    // Numbers as keys are put in order as text.
    entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
    return `{${entries.map(([key, text]) => `${this.#counted(quoteJson(key))}:${text}`).join(",")}}`;
  }

  #struct(value: StructValue, depth: number): ByteText {
    const own = ownJson(value);
    return own === undefined ? `{${this.#fields(value, depth).join(",")}}` : this.#own(own);
  }

  #fields(value: StructValue, depth: number): ByteText[] {
    const parts: ByteText[] = [];
    for (const field of value.type.members().fields) {
      if (field.json === false) continue;
      const found = wrap(readField(field, value.self), field.type);
      if (field.isEmbedded === true && field.json === undefined) {
        if (found.kind === "struct") parts.push(...this.#fields(found, depth + 1));
        continue;
      }
      if (field.isOmittedEmpty === true && !isTrue(found)) continue;
      parts.push(`${quoteJson(toByteText(jsonName(field)))}:${this.value(found, depth + 1)}`);
    }
    return parts;
  }
}

function ownJson({ type, self }: StructValue): string | undefined {
  try {
    return type.spec.json?.(self);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ValueError(toByteText(`json: error calling MarshalJSON for type ${type.name}: ${message}`), {
      cause: error,
    });
  }
}

function jsonName({ json, name }: FieldSpec<unknown>): string {
  return json === undefined || json === false ? name : json;
}

const escapes: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

function quoteJson(text: ByteText): ByteText {
  const escaped = text.replace(/["\\]|[^ -\u00ff]/g, (char) => {
    return escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${/[\u0080-\u00ff]/.test(escaped) ? escapeRunes(escaped) : escaped}"`;
}

/** Escapes the two line ends that JavaScript once could not have in a string, and what is not UTF-8. */
function escapeRunes(text: ByteText): ByteText {
  const escaped = text.replaceAll("\u00e2\u0080\u00a8", "\\u2028").replaceAll("\u00e2\u0080\u00a9", "\\u2029");
  if (isUtf8(escaped)) return escaped;
  let at = 0;
  const parts = new TextBuilder();
  for (const { code, size } of runesOf(escaped)) {
    parts.push(code === replacementRune && size === 1 ? "\\ufffd" : escaped.slice(at, at + size));
    at += size;
  }
  return parts.toString();
}

/**
 * Spaces JSON anew.
 *
 * @param text The JSON text, which must be valid.
 * @param indent What indents each level; without it all white space goes.
 * @returns The text; empty lists and objects stay short.
 * @throws {ValueError} When it is nested too deep.
 */
export function respaceJson(text: ByteText, indent: string): ByteText {
  const parts = new TextBuilder();
  let depth = 0;
  let isOpen = false;
  const line = () => indent === "" ? "" : `\n${indent.repeat(depth)}`;
  for (const part of jsonParts(text)) {
    const isClosing = part === "}" || part === "]";
    if (isOpen && !isClosing) parts.push(line());
    if (isClosing) {
      depth--;
      if (!isOpen) parts.push(line());
    }
    isOpen = part === "{" || part === "[";
    if (isOpen && ++depth > valueDepthLimit) {
      throw new ValueError(`value is nested deeper than ${valueDepthLimit} levels`);
    }
    parts.push(part);
    if (part === ",") parts.push(line());
    if (part === ":" && indent !== "") parts.push(" ");
  }
  return parts.toString();
}

const plainPart = /[{}[\],:]|[^\s{}[\],:"]+/y;
const space = /\s*/y;

/** Gives strings, signs and all else of JSON without the white space between. */
function* jsonParts(text: ByteText): Generator<string> {
  for (let at = 0; at < text.length;) {
    space.lastIndex = at;
    space.exec(text);
    at = space.lastIndex;
    plainPart.lastIndex = at;
    const end = text.charAt(at) === '"' ? endOfString(text, at) : at + (plainPart.exec(text)?.[0].length ?? 1);
    if (at < text.length) yield text.slice(at, end);
    at = end;
  }
}

/** Finds the end of a string; a pattern for that could need a lot of stack. */
function endOfString(text: ByteText, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at + 1;
}
