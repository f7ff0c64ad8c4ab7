/**
 * Plain values as text for a verb: flags, widths and precisions (spec "Printing").
 *
 * @module
 */

import {
  type ByteText,
  byteTextToBytes,
  countRunes,
  offsetOfRune,
  runesOf,
  runeToByteText,
  toByteText,
} from "./byte_text.ts";
import { type FloatFormat, formatFloat } from "./float_text.ts";
import { isPrintable, quoteRune, quoteText } from "./quote.ts";
import type { BoolValue, FloatValue, IntValue, StringValue } from "./values.ts";

/** What may stand between `%` and the verb. */
export interface Flags {
  /** `-`: padding goes to the right. */
  readonly isLeft: boolean;
  /** `+`: numbers show their sign, quoted text is ASCII. */
  readonly isPlus: boolean;
  /** `#`: the other form. */
  readonly isSharp: boolean;
  /** A space: numbers leave room for a sign, bytes in hex are spaced. */
  readonly isSpaced: boolean;
  /** `0`: padding is made of zeros. */
  readonly isZero: boolean;
  /** `%+v`: fields show their names. */
  readonly isNamed: boolean;
  /** `%#v`: values are printed as Go source. */
  readonly isGo: boolean;
  /** The least number of characters. */
  readonly width: number | undefined;
  /** The number of digits or characters. */
  readonly precision: number | undefined;
}

/** No flags at all. */
export const plainFlags: Flags = {
  isLeft: false,
  isPlus: false,
  isSharp: false,
  isSpaced: false,
  isZero: false,
  isNamed: false,
  isGo: false,
  width: undefined,
  precision: undefined,
};

/**
 * Pads text to the width.
 *
 * @param text The text.
 * @param flags The flags; zeros go to the left only.
 * @returns The padded text.
 */
export function pad(text: ByteText, flags: Flags): ByteText {
  if (flags.width === undefined) return text;
  const missing = flags.width - countRunes(text);
  if (missing <= 0) return text;
  if (flags.isLeft) return text + " ".repeat(missing);
  return (flags.isZero ? "0" : " ").repeat(missing) + text;
}

/**
 * Prints a plain value.
 *
 * @param value The value; text alone stands for a string.
 * @param verb The verb.
 * @param flags The flags.
 * @returns The text, or `undefined` when the verb does not fit.
 */
export function basicText(
  value: ByteText | BoolValue | IntValue | FloatValue | StringValue,
  verb: string,
  flags: Flags,
): ByteText | undefined {
  if (typeof value === "string") return stringText(value, verb, flags);
  switch (value.kind) {
    case "bool":
      return verb === "t" || verb === "v" ? pad(String(value.value), flags) : undefined;
    case "int":
      return integerText(value, verb, flags);
    case "float":
      return floatText(value.value, verb, flags);
    case "string":
      return stringText(value.value, verb, flags);
  }
}

function stringText(text: ByteText, verb: string, flags: Flags): ByteText | undefined {
  switch (verb) {
    case "v":
      return flags.isGo ? quoted(cut(text, flags), flags) : pad(cut(text, flags), flags);
    case "s":
      return pad(cut(text, flags), flags);
    case "q":
      return quoted(cut(text, flags), flags);
    case "x":
    case "X":
      return pad(hexText(text, verb, flags), flags);
    default:
      return undefined;
  }
}

function cut(text: ByteText, { precision }: Flags): ByteText {
  return precision === undefined ? text : text.slice(0, offsetOfRune(text, precision));
}

function quoted(text: ByteText, flags: Flags): ByteText {
  if (flags.isSharp && canBackQuote(text)) return pad(`\`${text}\``, flags);
  return pad(quoteText(text, flags.isPlus), flags);
}

function canBackQuote(text: ByteText): boolean {
  for (const { code, size } of runesOf(text)) {
    const isInvalid = code === 0xfffd && size === 1;
    if (isInvalid || code === 0xfeff || code === 0x7f || code === 0x60 || (code < 0x20 && code !== 0x09)) return false;
  }
  return true;
}

function hexText(text: ByteText, verb: string, flags: Flags): ByteText {
  const hex = byteTextToBytes(text.slice(0, flags.precision)).toHex();
  if (hex === "") return "";
  const prefix = flags.isSharp ? "0x" : "";
  const spaced = prefix + (flags.isSpaced ? hex.replace(/..(?=.)/g, `$& ${prefix}`) : hex);
  return verb === "X" ? spaced.toUpperCase() : spaced;
}

/**
 * Prints bytes as Go source does.
 *
 * @param bytes The bytes.
 * @returns Each in hex.
 */
export function hexBytes(bytes: Uint8Array): string[] {
  return Array.from(bytes, (byte) => `0x${byte.toString(16)}`);
}

/**
 * Prints a whole number.
 *
 * @param value The number.
 * @param verb The verb.
 * @param flags The flags.
 * @returns The text, or `undefined` when the verb does not fit.
 */
export function integerText({ value, type }: IntValue, verb: string, flags: Flags): ByteText | undefined {
  switch (verb) {
    case "v":
      return flags.isGo && type.kind === "uint" ? digitsText(value, 16, "0x", flags) : digitsText(value, 10, "", flags);
    case "d":
      return digitsText(value, 10, "", flags);
    case "b":
      return digitsText(value, 2, flags.isSharp ? "0b" : "", flags);
    case "o":
    case "O":
      return digitsText(value, 8, (verb === "O" ? "0o" : "") + (flags.isSharp ? "0" : ""), flags);
    case "x":
      return digitsText(value, 16, flags.isSharp ? "0x" : "", flags);
    case "X":
      return digitsText(value, 16, flags.isSharp ? "0x" : "", flags).toUpperCase();
    case "c":
      return pad(runeToByteText(codeOf(value)), flags);
    case "q":
      return pad(quoteRune(codeOf(value), flags.isPlus), flags);
    case "U":
      return unicodeText(value, flags);
    default:
      return undefined;
  }
}

function codeOf(value: bigint): number {
  return value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
}

function unicodeText(value: bigint, flags: Flags): ByteText {
  const unsigned = BigInt.asUintN(64, value);
  const digits = unsigned.toString(16).toUpperCase().padStart(Math.max(flags.precision ?? 4, 4), "0");
  const code = unsigned <= 0x10ffffn ? Number(unsigned) : undefined;
  const shown = flags.isSharp && code !== undefined && isPrintable(code) ? ` '${String.fromCodePoint(code)}'` : "";
  return pad(toByteText(`U+${digits}${shown}`), { ...flags, isZero: false });
}

function digitsText(value: bigint, base: number, prefix: string, flags: Flags): ByteText {
  const { precision, width } = flags;
  const unpadded = { ...flags, isZero: false };
  if (precision === 0 && value === 0n) return pad("", unpadded);
  const sign = value < 0n ? "-" : flags.isPlus ? "+" : flags.isSpaced ? " " : "";
  let length = precision ?? 0;
  if (precision === undefined && flags.isZero && !flags.isLeft && width !== undefined) length = width - sign.length;
  let digits = (value < 0n ? -value : value).toString(base).padStart(length, "0");
  // An octal number that starts with a zero needs no other.
  digits = (base === 8 && digits.startsWith("0") ? prefix.replace(/0$/, "") : prefix) + digits;
  return pad(sign + digits, unpadded);
}

const floatFormats: Readonly<Record<string, readonly [FloatFormat, number]>> = {
  v: ["g", -1],
  g: ["g", -1],
  G: ["g", -1],
  e: ["e", 6],
  E: ["e", 6],
  f: ["f", 6],
  F: ["f", 6],
  x: ["x", -1],
  X: ["x", -1],
  b: ["b", -1],
};

function floatText(value: number, verb: string, flags: Flags): ByteText | undefined {
  const known = Object.hasOwn(floatFormats, verb) ? floatFormats[verb] : undefined;
  if (known === undefined) return undefined;
  const [format, usual] = known;
  let text = formatFloat(value, format, flags.precision ?? usual);
  if (!text.startsWith("-") && !text.startsWith("+")) text = `+${text}`;
  if (!Number.isFinite(value)) {
    const sign = text.startsWith("-") || flags.isPlus ? "" : flags.isSpaced ? " " : undefined;
    const unsigned = text.slice(1);
    const shown = sign === "" ? text : sign === " " ? ` ${unsigned}` : value > 0 ? text : unsigned;
    return pad(shown, { ...flags, isZero: false });
  }
  if (flags.isSharp && format !== "b") text = sharpened(text, verb, flags.precision ?? usual);
  if (verb === "G" || verb === "E" || verb === "X") text = text.toUpperCase();
  if (flags.isSpaced && !flags.isPlus && text.startsWith("+")) text = ` ${text.slice(1)}`;
  if (text.startsWith("+") && !flags.isPlus) return pad(text.slice(1), flags);
  if (flags.isZero && !flags.isLeft && flags.width !== undefined && flags.width > text.length) {
    return text.charAt(0) + text.slice(1).padStart(flags.width - 1, "0");
  }
  return pad(text, flags);
}

/** `#` keeps the decimal point, and the zeros at the end for `%g`. */
function sharpened(text: string, verb: string, precision: number): string {
  const isGeneral = verb === "v" || verb === "g" || verb === "G";
  const split = /^(.)(0x)?([0-9a-f]*)(?:\.([0-9a-f]*))?([ep].*)?$/.exec(text);
  const [, sign = "", prefix = "", whole = "", fraction = "", tail = ""] = split ?? [];
  if (!isGeneral) {
    return `${sign}${prefix}${whole}.${verb === "x" && precision < 0 ? fraction.padEnd(4, "0") : fraction}${tail}`;
  }
  const wanted = precision < 0 ? 6 : Math.max(precision, 1);
  const significant = (whole + fraction).replace(/^0+/, "").length || whole.length;
  return `${sign}${whole}.${fraction}${"0".repeat(Math.max(wanted - significant, 0))}${tail}`;
}
