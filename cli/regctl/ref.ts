/**
 * `regctl ref`.
 *
 * @module
 */

import { inContext } from "../../lib/errors.ts";
import { formatReference } from "../../lib/reference/format.ts";
import { parseReference } from "../../lib/reference/parse.ts";
import type { Reference } from "../../lib/reference/reference.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { parseOutputFormat } from "../output/format_words.ts";

interface Flags {
  readonly format: string;
}

/**
 * Prints a reference with everything that was left out.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, { args, flags }: Invocation<Flags>): Promise<void> {
  const format = parseOutputFormat(flags.format, "{{.CommonName}}");
  const ref = read(args[0] ?? "");
  if (format === "default") await context.stdout.write(formatReference(ref));
}

function read(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    throw inContext(error, { op: `parse ${text}` });
  }
}
