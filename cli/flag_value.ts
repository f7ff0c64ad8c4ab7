/**
 * Reads the values of flags as Go programs do, since scripts rely on it.
 *
 * @module
 */

import type { Flag } from "./command.ts";

/** A flag's value could not be read; the message is what stands after "flag:". */
export class FlagValueError extends Error {
  /** The class name. */
  override name = "FlagValueError";
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const uint64 = { least: 0n, most: 2n ** 64n - 1n };

/**
 * Reads the value of a flag by its kind.
 *
 * @param flag The flag.
 * @param text The value as typed.
 * @returns The value of this one use: a list flag's is a text.
 * @throws {FlagValueError} When the text is no such value.
 */
export function parseFlagValue(flag: Flag, text: string): boolean | string | number {
  switch (flag.kind) {
    case "bool":
      return parseBoolean(text);
    case "int":
      return parseInteger(text, "ParseInt", int64);
    case "uint":
      return parseInteger(text, "ParseUint", uint64);
    case "float":
      return parseFraction(text);
    default:
      return text;
  }
}

function refuse(parser: string, text: string, reason = "invalid syntax"): never {
  throw new FlagValueError(`strconv.${parser}: parsing ${JSON.stringify(text)}: ${reason}`);
}

/**
 * Reads the value of an on-off flag.
 *
 * @param text The value as typed.
 * @returns The value.
 * @throws {FlagValueError} When it is none of the words that Go takes.
 */
export function parseBoolean(text: string): boolean {
  return booleans.get(text) ?? refuse("ParseBool", text);
}

/** Decimal, `0x`, `0o`, `0b`, a leading `0` for octal, and `_` between digits (Go's base 0). */
function parseInteger(text: string, parser: string, range: { readonly least: bigint; readonly most: bigint }): number {
  const match = /^([+-]?)((?:0[xX]_?)[0-9a-fA-F]|(?:0[oO]_?)[0-7]|(?:0[bB]_?)[01]|[0-9])((?:_?[0-9a-fA-F])*)$/.exec(
    text,
  );
  const [, sign = "", head = "", tail = ""] = match ?? [];
  if (match === null || (parser === "ParseUint" && sign !== "")) refuse(parser, text);
  const digits = (head + tail).replaceAll("_", "").toLowerCase();
  const literal = /^0[0-9]/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (!/^(0x[0-9a-f]+|0o[0-7]+|0b[01]+|[0-9]+)$/.test(literal)) refuse(parser, text);
  const value = sign === "-" ? -BigInt(literal) : BigInt(literal);
  if (value < range.least || value > range.most) refuse(parser, text, "value out of range");
  return Number(value);
}

function parseFraction(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) refuse("ParseFloat", text);
  const value = Number(text);
  if (!Number.isFinite(value)) refuse("ParseFloat", text, "value out of range");
  return value;
}
