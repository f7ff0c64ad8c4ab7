/**
 * `regctl blob diff-layer`.
 *
 * @module
 */

import { listEntries } from "../../../lib/archive/list_entries.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { DiffFlags } from "../../flags/diff.ts";
import { compareLines, printDiff } from "../../output/diff.ts";
import { formatTarEntry } from "../../output/tar_line.ts";
import { readTwoBlobs } from "./two_blobs.ts";

interface Flags extends DiffFlags {
  readonly "ignore-timestamp": boolean;
  readonly long: boolean;
}

/**
 * Prints what differs between two layers: a line for each entry.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 * @returns The exit code.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<number> {
  const { flags } = invocation;
  const options = { hasNoTime: flags["ignore-timestamp"], isLong: flags.long };
  const [left, right] = await readTwoBlobs(context, invocation, async ({ stream }) => {
    const lines: string[] = [];
    for await (const entry of listEntries(stream)) lines.push(formatTarEntry(entry, options));
    return lines;
  });
  return await printDiff(context.stdout, await compareLines(left, right, flags), flags);
}
