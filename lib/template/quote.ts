/**
 * Quoted text as Go writes and reads it.
 *
 * @module
 */

import { type ByteText, replacementRune, runeAt, runesOf, runeToByteText, TextBuilder } from "./byte_text.ts";

const letters: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};
const letterOf = new Map(Object.entries(letters).map(([letter, char]) => [char, letter]));

/**
 * Tells whether Go shows a character as it is.
 *
 * @param code The code point.
 * @returns Whether it is a letter, mark, number, sign or the plain space.
 */
export function isPrintable(code: number): boolean {
  return code < 0x7f ? code >= 0x20 : /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(code));
}

/**
 * Quotes byte text.
 *
 * @param text The byte text.
 * @param isAsciiOnly Whether everything beyond ASCII is escaped too.
 * @param quote The quote that encloses it.
 * @returns The quoted byte text.
 */
export function quoteText(text: ByteText, isAsciiOnly = false, quote: '"' | "'" = '"'): ByteText {
  const parts = new TextBuilder();
  parts.push(quote);
  let at = 0;
  for (const { code, size } of runesOf(text)) {
    const source = text.slice(at, at + size);
    at += size;
    if (source === quote || source === "\\") parts.push(`\\${source}`);
    else if (code === replacementRune && size === 1) parts.push(`\\x${hex(source.charCodeAt(0), 2)}`);
    else if (code < 0x7f ? code >= 0x20 : !isAsciiOnly && isPrintable(code)) parts.push(source);
    else parts.push(escapeRune(code));
  }
  parts.push(quote);
  return parts.toString();
}

/**
 * Quotes one character.
 *
 * @param code The code point; what is none becomes U+FFFD.
 * @param isAsciiOnly Whether everything beyond ASCII is escaped.
 * @returns The character in single quotes.
 */
export function quoteRune(code: number, isAsciiOnly = false): ByteText {
  return quoteText(runeToByteText(code), isAsciiOnly, "'");
}

/**
 * Reads quoted byte text.
 *
 * @param source The text with its quotes: `"..."`, `'...'` or a raw text in back quotes.
 * @returns The byte text, or `undefined` when an escape is not valid.
 */
export function unquoteText(source: ByteText): ByteText | undefined {
  const quote = source.charAt(0);
  const inner = source.slice(1, -1);
  if (quote === "`") return inner.replaceAll("\r", "");
  if (!inner.includes("\\")) return inner;
  let text = "";
  for (let at = 0; at < inner.length;) {
    const backslash = inner.indexOf("\\", at);
    if (backslash < 0) return text + inner.slice(at);
    text += inner.slice(at, backslash);
    const escape = readEscape(inner, backslash + 1, quote);
    if (escape === undefined) return undefined;
    text += escape.text;
    at = escape.end;
  }
  return text;
}

/**
 * Reads a character constant.
 *
 * @param source The constant with its quotes, such as `'a'`.
 * @returns Its code point, or why it is none.
 */
export function unquoteRune(source: ByteText): number | "invalid syntax" | "malformed" {
  const inner = source.slice(1, -1);
  if (inner === "" || inner === "'") return "invalid syntax";
  if (inner.startsWith("\\")) {
    const escape = readEscape(inner, 1, "'");
    if (escape === undefined) return "invalid syntax";
    return escape.end === inner.length ? escape.code : "malformed";
  }
  const rune = runeAt(inner, 0);
  return rune.size === inner.length ? rune.code : "malformed";
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function escapeRune(code: number): string {
  const letter = letterOf.get(String.fromCharCode(code));
  if (letter !== undefined && code < 0x80) return `\\${letter}`;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

interface Escape {
  readonly text: ByteText;
  readonly code: number;
  readonly end: number;
}

const digitCounts: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Reads what follows a backslash. */
function readEscape(text: ByteText, at: number, quote: string): Escape | undefined {
  const kind = text.charAt(at);
  if (kind === quote) return { text: quote, code: quote.charCodeAt(0), end: at + 1 };
  if (Object.hasOwn(letters, kind)) {
    const char = letters[kind] ?? "";
    return { text: char, code: char.charCodeAt(0), end: at + 1 };
  }
  if (/^[0-7]{3}/.test(text.slice(at, at + 3))) {
    const code = parseInt(text.slice(at, at + 3), 8);
    return code > 0xff ? undefined : { text: String.fromCharCode(code), code, end: at + 3 };
  }
  const count = Object.hasOwn(digitCounts, kind) ? digitCounts[kind] ?? 0 : 0;
  const digits = text.slice(at + 1, at + 1 + count);
  if (count === 0 || digits.length < count || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const code = parseInt(digits, 16);
  if (kind !== "x" && (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))) return undefined;
  return { text: kind === "x" ? String.fromCharCode(code) : runeToByteText(code), code, end: at + 1 + count };
}
