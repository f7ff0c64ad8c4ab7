/**
 * Compares and prints what differs.
 *
 * @module
 */

import { formatHunks } from "../../lib/diff/format_hunks.ts";
import { type DiffHunk, diffLines } from "../../lib/diff/line_diff.ts";
import { exitCodes } from "../exit_code.ts";
import type { DiffFlags } from "../flags/diff.ts";
import type { OutputWriter } from "../context.ts";

/**
 * Compares two lists of lines as the flags say.
 *
 * @param left The first list.
 * @param right The second list.
 * @param flags How much is shown around changes.
 * @returns The changes.
 */
export async function compareLines(
  left: readonly string[],
  right: readonly string[],
  flags: DiffFlags,
): Promise<readonly DiffHunk[]> {
  return await diffLines(left, right, { context: flags["context-full"] ? Infinity : flags.context });
}

/**
 * Prints changes. Without any an empty line is printed, as regctl does.
 *
 * @param stdout Where to.
 * @param hunks The changes.
 * @param flags Whether a difference is a failure.
 * @returns The exit code.
 */
export async function printDiff(
  stdout: OutputWriter,
  hunks: readonly DiffHunk[],
  flags: DiffFlags,
): Promise<number> {
  await stdout.write(`${formatHunks(hunks)}\n`);
  return flags["fail-if-different"] && hunks.length > 0 ? exitCodes.failure : exitCodes.success;
}
