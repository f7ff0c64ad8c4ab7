/**
 * `regctl repo copy`.
 *
 * @module
 */

import { createNameFilter } from "../../../lib/filter/name_filter.ts";
import { copyRepository, type CopyRepositoryResult } from "../../../lib/image/copy_repository.ts";
import type { CopyCounts } from "../../../lib/copy/progress.ts";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { FilterFlags } from "../../flags/filter.ts";
import { openClient } from "../../open_client.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { showProgress } from "../../output/progress.ts";

interface Flags extends FilterFlags, JsonFlag {
  readonly concurrent: number;
  readonly "new-tags": boolean;
  readonly referrers: boolean;
}

/** How `--json` shows the copy of a repository. */
export interface RepositoryCopyJson {
  /** Where the tags were. */
  readonly source: string;
  /** Where they are now. */
  readonly target: string;
  /** How many tags were looked at. */
  readonly tags: number;
  /** Whether the target had everything before. */
  readonly unchanged: boolean;
  /** How many manifests and blobs were sent, linked and skipped. */
  readonly counts: CopyCounts;
}

/**
 * Copies the tags of a repository. Nothing is printed unless it is asked for.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const source = parseReference(args[0] ?? "");
  const target = parseReference(args[1] ?? "");
  const result = await copy(context, invocation, source, target);
  if (!flags.json) return;
  const { tags, counts } = result;
  await printJson<RepositoryCopyJson>(context.stdout, {
    source: formatReference({ ...source, tag: "", digest: "" }),
    target: formatReference({ ...target, tag: "", digest: "" }),
    tags,
    unchanged: counts.manifestsPut === 0 && counts.blobsUploaded === 0 && counts.blobsMounted === 0,
    counts,
  });
}

async function copy(
  context: Context,
  invocation: Invocation<Flags>,
  source: Reference,
  target: Reference,
): Promise<CopyRepositoryResult> {
  const { flags, globals, logger } = invocation;
  const isWanted = await createNameFilter(flags);
  await using client = await openClient(context, invocation, [source, target]);
  await using from = client.repository(source);
  await using to = client.repository(target, { isTarget: true });
  await using progress = showProgress(context, flags.json ? { ...globals, isQuiet: true } : globals);
  return await copyRepository(from, to, {
    isWanted,
    newTagsOnly: flags["new-tags"],
    referrers: flags.referrers,
    concurrent: flags.concurrent,
    onProgress: progress.onProgress,
    logger,
    signal: context.signal,
  });
}
