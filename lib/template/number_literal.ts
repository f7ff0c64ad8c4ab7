/**
 * Numbers as templates write them (spec "Grammar").
 *
 * @module
 */

import { LexError, type Token } from "./lexer.ts";
import type { NumberNode } from "./nodes.ts";
import { quoteText, unquoteRune } from "./quote.ts";

const wholePattern = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/;
const decimalPattern =
  /^[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const hexFloatPattern = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?[0-9]+)$/;

/**
 * Reads a number or character constant.
 *
 * @param token The token.
 * @returns Its node.
 * @throws {LexError} When it is none, or too large.
 */
export function numberNode({ kind, text, at }: Token): NumberNode {
  const node = { kind: "number", at, source: text } as const;
  if (kind === "character") {
    const code = unquoteRune(text);
    if (code === "malformed") throw new LexError(`malformed character constant: ${text}`, at);
    if (code === "invalid syntax") throw new LexError(code, at);
    return { ...node, whole: BigInt(code), float: code, isFloat: false };
  }
  if (text.endsWith("i") && text.length > 1) {
    throw new LexError(`complex numbers are not supported: ${quoteText(text)}`, at);
  }
  if (wholePattern.test(text)) {
    const whole = parseWhole(text);
    if (whole < -(2n ** 63n) || whole >= 2n ** 64n) throw new LexError(`integer overflow: ${quoteText(text)}`, at);
    return { ...node, whole, float: Number(whole), isFloat: false };
  }
  const float = parseFloatLiteral(text);
  if (float === undefined || !Number.isFinite(float)) {
    throw new LexError(`illegal number syntax: ${quoteText(text)}`, at);
  }
  if (!/[.eEpP]/.test(text)) throw new LexError(`integer overflow: ${quoteText(text)}`, at);
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { ...node, whole, float, isFloat: true };
}

function parseWhole(text: string): bigint {
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "").toLowerCase();
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  return text.startsWith("-") ? -value : value;
}

function parseFloatLiteral(text: string): number | undefined {
  if (decimalPattern.test(text)) return Number(text.replaceAll("_", ""));
  const match = hexFloatPattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replaceAll("_", "");
  if (digits === "") return undefined;
  const scale = 2 ** (Number(exponent) - 4 * fraction.replaceAll("_", "").length);
  return (sign === "-" ? -1 : 1) * Number(BigInt(`0x${digits}`)) * scale;
}
