/**
 * `regctl registry gc`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { parseDuration } from "../../../lib/schedule/duration.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import type { FlagValues, Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { gcFlags } from "./gc_command.ts";
import { jsonReport, textReport } from "./gc_report.ts";

/**
 * Collects the garbage of a registry's directory.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<FlagValues<typeof gcFlags>>): Promise<void> {
  const { args: [directory = ""], flags, logger } = invocation;
  const isDryRun = flags["dry-run"];
  const removeEmpty = flags.empty || flags["gc-empty"];
  const gc = {
    intervalMs: 0,
    graceMs: parseDuration(flags.grace),
    untaggedMs: optionalDuration(flags.untagged),
    danglingMs: optionalDuration(flags.dangling),
    removeEmpty,
  };
  await requireDirectory(directory);
  const report = (flags.json ? jsonReport : textReport)(context.stdout, { isDryRun, removesEmpty: removeEmpty });
  await using store = await openDirectoryStore(directory, { gc, logger, isReadOnly: isDryRun });
  const options = { isDryRun, signal: context.signal };
  if (flags.scrub) {
    for await (const result of store.scrub(options)) await report.scrubbed(result);
    await report.scrubEnded();
  }
  for await (const result of store.collectGarbage({ ...gc, ...options })) await report.collected(result);
  await report.ended();
}

function optionalDuration(text: string): number | undefined {
  return text === "" ? undefined : parseDuration(text);
}

async function requireDirectory(path: string): Promise<void> {
  try {
    if ((await Deno.stat(path)).isDirectory) return;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  throw new RegkitError("NOT_FOUND", `${path} is not a directory`, {
    tip: "Name the directory that the registry serves.",
  });
}
