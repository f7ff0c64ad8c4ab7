/**
 * `regctl registry gc`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { parseDuration } from "../../../lib/schedule/duration.ts";
import { type DirectoryRegistryStore, openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import type { FlagValues, Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { gcFlags } from "./gc_command.ts";

/**
 * Collects the garbage of a registry's directory.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<FlagValues<typeof gcFlags>>): Promise<void> {
  const { args: [directory = ""], flags, logger } = invocation;
  const isDryRun = flags["dry-run"];
  const gc = {
    intervalMs: 0,
    graceMs: parseDuration(flags.grace),
    untaggedMs: optionalDuration(flags.untagged),
    danglingMs: optionalDuration(flags.dangling),
  };
  await requireDirectory(directory);
  await using store = await openDirectoryStore(directory, { gc, logger, isReadOnly: isDryRun });
  if (flags.scrub) await scrub(context, store, isDryRun);
  let manifestCount = 0;
  let blobCount = 0;
  let bytes = 0;
  for await (const result of store.collectGarbage({ ...gc, isDryRun, signal: context.signal })) {
    const lines = [
      ...result.manifests.map((digest) => `${result.repository} manifest ${digest}\n`),
      ...result.blobs.map(({ digest, size }) => `${result.repository} blob ${digest} ${size}\n`),
    ];
    if (lines.length > 0) await context.stdout.write(lines.join(""));
    manifestCount += result.manifests.length;
    blobCount += result.blobs.length;
    for (const { size } of result.blobs) bytes += size;
  }
  const verb = isDryRun ? "would remove" : "removed";
  await context.stdout.write(`${verb} ${manifestCount} manifests and ${blobCount} blobs, ${bytes} bytes\n`);
}

async function scrub(context: Context, store: DirectoryRegistryStore, isDryRun: boolean): Promise<void> {
  let verified = 0;
  for await (const result of store.scrub({ isDryRun, signal: context.signal })) {
    verified += result.verified;
    for (const digest of result.damaged) await context.stdout.write(`${result.repository} damaged ${digest}\n`);
  }
  await context.stdout.write(`verified ${verified} blobs\n`);
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
