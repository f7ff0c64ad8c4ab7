/**
 * The functions that print and escape: `print printf println html js urlquery` (spec "Printing", "Functions").
 *
 * @module
 */

import { type ByteText, runesOf, TextBuilder, toByteText } from "../byte_text.ts";
import { Formatter } from "../format.ts";
import { printf } from "../printf.ts";
import { isPrintable } from "../quote.ts";
import { goTypes } from "../types.ts";
import { stringValue, type Value } from "../values.ts";
import type { FunctionContext, FunctionSpec, FunctionTable } from "./function_spec.ts";

const { any, string } = goTypes;

/** The functions that print and escape. */
export const textFunctions: FunctionTable = {
  print: { params: [], variadic: any, call: (context, args) => made(context, print(context, args)) },
  println: {
    params: [],
    variadic: any,
    call: (context, args) => {
      const formatter = new Formatter(context.budget);
      return made(context, `${args.map((value) => formatter.plain(value)).join(" ")}\n`);
    },
  },
  printf: {
    params: [string],
    variadic: any,
    call: (context, [format, ...args]) => {
      const text = format?.kind === "string" ? format.value : "";
      return made(context, printf(new Formatter(context.budget), text, args));
    },
  },
  html: escaping(escapeHtml),
  js: escaping(escapeJs),
  urlquery: escaping(escapeQuery),
};

/**
 * Makes text a value, and counts it.
 *
 * @param context The run.
 * @param text The text.
 * @returns The value.
 */
export function made({ budget }: FunctionContext, text: ByteText): Value {
  budget.text(text.length);
  return stringValue(text);
}

function print({ budget }: FunctionContext, args: readonly Value[]): ByteText {
  const formatter = new Formatter(budget);
  let text = "";
  for (const [index, value] of args.entries()) {
    const previous = args[index - 1];
    if (previous !== undefined && previous.kind !== "string" && value.kind !== "string") text += " ";
    text += formatter.plain(value);
  }
  return text;
}

function escaping(escape: (text: ByteText) => ByteText): FunctionSpec {
  return {
    params: [],
    variadic: any,
    call: (context, args) => {
      const shown = args.map((value) =>
        value.kind === "nil" || value.kind === "missing" ? stringValue("<no value>") : value
      );
      const text = print(context, shown);
      // Every byte may become up to six.
      context.budget.text(text.length * 6);
      return made(context, escape(text));
    },
  };
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": toByteText("\ufffd"),
};

function escapeHtml(text: ByteText): ByteText {
  return text.replace(/[&<>"'\0]/g, (char) => htmlEscapes[char] ?? char);
}

function escapeJs(text: ByteText): ByteText {
  const parts = new TextBuilder();
  let at = 0;
  for (const { code, size } of runesOf(text)) {
    const source = text.slice(at, at + size);
    at += size;
    if (code >= 0x80 ? isPrintable(code) : code >= 0x20 && !"\\'\"<>&=".includes(source)) parts.push(source);
    else if ("\\'\"".includes(source)) parts.push(`\\${source}`);
    else parts.push(`\\u${code.toString(16).toUpperCase().padStart(4, "0")}`);
  }
  return parts.toString();
}

function escapeQuery(text: ByteText): ByteText {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (char) => {
    if (char === " ") return "+";
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
