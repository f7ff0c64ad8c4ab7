/**
 * The functions that the tools add: environment, files, JSON, lists, times and letters (spec "Functions").
 *
 * @module
 */

import { type ByteText, fromByteText, runesOf, runeToByteText, TextBuilder, toByteText } from "../byte_text.ts";
import { encodeJson } from "../go_json.ts";
import { readField } from "../struct_type.ts";
import { clockType } from "../time.ts";
import { goTypes, listOf } from "../types.ts";
import { isTrue, listValue, missing, stringValue, type Value } from "../values.ts";
import { wrap } from "../wrap.ts";
import type { FunctionContext, FunctionSpec, FunctionTable } from "./function_spec.ts";
import { made } from "./text.ts";

const { any, string } = goTypes;
const stringList = listOf(string);

/** The functions that the tools add. */
export const toolFunctions: FunctionTable = {
  default: {
    params: [any, any],
    call: (_, [fallback = missing, value = missing]) => isZero(value) ? fallback : value,
  },
  env: onText((text, { env }) => toByteText(env(fromByteText(text)) ?? "")),
  file: onText((text, context) => trimSpace(readFile(fromByteText(text), context))),
  join: {
    params: [stringList, string],
    call: (context, [list = missing, separator = missing]) => {
      const text = entriesOf(list).map((entry) => entry.kind === "string" ? entry.value : "");
      return made(context, text.join(textOf(separator)));
    },
  },
  split: {
    params: [string, string],
    call: (context, [text = missing, separator = missing]) => split(context, textOf(text), textOf(separator)),
  },
  json: { params: [any], call: (context, [value = missing]) => made(context, encodeJson(value, "", context.budget)) },
  jsonPretty: { params: [any], call: (context, [value = missing]) => pretty(context, value) },
  printPretty: {
    params: [any],
    call: (context, [value = missing]) => {
      const human = value.kind === "struct" ? value.type.spec.pretty?.(value.self) : undefined;
      return human === undefined ? pretty(context, value) : made(context, toByteText(human));
    },
  },
  lower: onText(toLower),
  upper: onText(toUpper),
  title: onText(toTitle),
  trimSpace: onText(trimSpace),
  time: { params: [], call: ({ clock }) => wrap(clockType.of(clock)) },
};

function onText(change: (text: ByteText, context: FunctionContext) => ByteText): FunctionSpec {
  return { params: [string], call: (context, [text = missing]) => made(context, change(textOf(text), context)) };
}

function textOf(value: Value): ByteText {
  return value.kind === "string" ? value.value : "";
}

function pretty(context: FunctionContext, value: Value): Value {
  return made(context, encodeJson(value, "  ", context.budget));
}

function entriesOf(list: Value): Value[] {
  return list.kind === "list" ? Array.from({ length: list.length }, (_, index) => list.at(index)) : [];
}

function readFile(path: string, { readFile, warn }: FunctionContext): ByteText {
  const text = readFile(path);
  if (text === undefined) warn("file of a template cannot be read", { path });
  return toByteText(text ?? "");
}

/** Tells whether `default` replaces a value: nothing, and the zero of every kind, which for a list or map is being empty. */
function isZero(value: Value): boolean {
  if (value.kind !== "struct" || value.isPointer) return !isTrue(value);
  const { spec } = value.type;
  if (spec.isZero !== undefined) return spec.isZero(value.self);
  return value.type.members().fields.every((field) => isZero(wrap(readField(field, value.self), field.type)));
}

function split(context: FunctionContext, text: ByteText, separator: ByteText): Value {
  context.budget.step(text.length);
  const parts = separator === ""
    ? Array.from(runesOf(text), ({ code }) => runeToByteText(code))
    : text.split(separator);
  return listValue(parts.map(stringValue), stringList);
}

/** White space as Unicode has it. */
const spaceRune = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

function trimSpace(text: ByteText): ByteText {
  let from = 0;
  let to = text.length;
  for (const { code, size } of runesOf(text)) {
    if (!isSpaceRune(code)) break;
    from += size;
  }
  while (to > from) {
    let start = to - 1;
    while (start > from && (text.charCodeAt(start) & 0xc0) === 0x80) start--;
    const last = [...runesOf(text.slice(start, to))];
    const [rune] = last;
    if (rune === undefined || last.length > 1 || !isSpaceRune(rune.code)) break;
    to = start;
  }
  return text.slice(from, to);
}

function isSpaceRune(code: number): boolean {
  return spaceRune.test(String.fromCodePoint(code));
}

function mapRunes(text: ByteText, change: (code: number, previous: number) => number): ByteText {
  const parts = new TextBuilder();
  let previous = 0x20;
  for (const { code } of runesOf(text)) {
    parts.push(runeToByteText(change(code, previous)));
    previous = code;
  }
  return parts.toString();
}

/** Gives the one character that a change of letters makes of a character; itself when that would be several. */
function simple(code: number, changed: string): number {
  const result = changed.codePointAt(0) ?? code;
  return String.fromCodePoint(result) === changed ? result : code;
}

function toLower(text: ByteText): ByteText {
  return mapRunes(text, (code) => code === 0x130 ? 0x69 : simple(code, String.fromCodePoint(code).toLowerCase()));
}

/** Greek letters with an iota below, whose capitals are one character for Go and two for JavaScript. */
function iotaCapital(code: number): number | undefined {
  if (code >= 0x1f80 && code <= 0x1faf && (code & 8) === 0) return code + 8;
  return code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3 ? code + 9 : undefined;
}

function capital(code: number): number {
  return iotaCapital(code) ?? simple(code, String.fromCodePoint(code).toUpperCase());
}

function toUpper(text: ByteText): ByteText {
  return mapRunes(text, capital);
}

function toTitle(text: ByteText): ByteText {
  return mapRunes(text, (code, previous) => {
    const isInWord = /^[\p{L}\p{Nd}_]$/u.test(String.fromCodePoint(previous));
    return isInWord || previous > 0x7f && !isSpaceRune(previous) ? code : capital(code);
  });
}
