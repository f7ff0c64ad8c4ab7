/**
 * Reports what a command threw: on standard error as text or JSON, and as an exit code.
 *
 * @module
 */

import type { Context } from "./context.ts";
import { describeError, errorFacts } from "./describe_error.ts";
import { exitCodeFor, exitCodes } from "./exit_code.ts";
import { usesExitCodes } from "./exit_code_setting.ts";
import { isFlagTyped } from "./typed_flag.ts";

/**
 * Reports a failure.
 *
 * @param context The door to the process.
 * @param argv The words after the program's name: they may be what failed, so that their flags are looked for one by one.
 * @param error What was thrown.
 * @returns The exit code.
 */
export async function reportFailure(context: Context, argv: readonly string[], error: unknown): Promise<number> {
  const facts = errorFacts(error);
  if (isFlagTyped(argv, "json") === true) context.stderr.write(`${JSON.stringify({ error: facts })}\n`);
  else context.stderr.write(describeError(error));
  const code = exitCodeFor(facts.code);
  // The setting is looked up only when it makes a difference.
  return code !== exitCodes.failure && await usesExitCodes(context, argv) ? code : exitCodes.failure;
}
