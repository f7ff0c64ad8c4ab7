/**
 * Reads `--format`: a word, or a template. Both are known to be right before anything is asked for.
 *
 * @module
 */

import type { Logger } from "../../lib/log.ts";
import type { Context } from "../context.ts";
import { type FormatWord, parsePlainFormat, type PlainFormat } from "./format_words.ts";

/** A template that was read, and prints results. */
export interface TemplateFormat {
  /**
   * Runs the template and prints what it gives. What was printed before a failure stays.
   *
   * @param object The result: an object of the folder `objects`, or plain data.
   * @throws {TemplateError} When the template fails.
   */
  print(object: unknown): Promise<void>;
  /**
   * Tells whether the template may use something that costs a request or memory to have at hand.
   *
   * @param names The names of fields, methods and functions that lead to it.
   * @returns `false` when it surely does not.
   */
  mentions(...names: readonly string[]): boolean;
}

/** How a result is printed. */
export type OutputFormat = PlainFormat | TemplateFormat;

/** What is read of a command line. */
export interface FormatInvocation {
  /** The flags. */
  readonly flags: {
    /** The value of `--format`; the default template when it was not typed. */
    readonly format: string;
  };
  /** Is told of files that a template cannot read. */
  readonly logger: Logger;
}

/**
 * Reads `--format`. What templates need is loaded only for a template other than the default one.
 *
 * @param context The door to the process.
 * @param invocation The flags.
 * @param template The command's default template.
 * @param words The words that the command knows.
 * @returns How the result is printed.
 * @throws {TemplateError} When the value is no template.
 */
export async function readFormat(
  context: Context,
  { flags, logger }: FormatInvocation,
  template: string,
  words: readonly FormatWord[] = [],
): Promise<OutputFormat> {
  const plain = parsePlainFormat(flags.format, template, words);
  if (plain !== undefined) return plain;
  const { createTemplateFormat } = await import("./format_template.ts");
  return createTemplateFormat(context, flags.format, logger);
}

/**
 * Tells whether a result is printed by a template.
 *
 * @param format How it is printed.
 * @returns Whether it is.
 */
export function isTemplate(format: OutputFormat): format is TemplateFormat {
  return typeof format === "object";
}
