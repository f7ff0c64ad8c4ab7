/**
 * `regctl blob copy`.
 *
 * @module
 */

import { copyBlob } from "../../../lib/copy/blob.ts";
import { CopyReport } from "../../../lib/copy/progress.ts";
import { RepositoryPair } from "../../../lib/copy/repository_pair.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { showProgress } from "../../output/progress.ts";
import { readDigest } from "./digest_argument.ts";

/**
 * Copies a blob from one repository to another.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation): Promise<void> {
  const { args, globals, logger } = invocation;
  const from = parseReference(args[0] ?? "");
  const to = parseReference(args[1] ?? "");
  const digest = readDigest(args[2] ?? "");
  const { signal } = context;
  await using client = await openClient(context, invocation, [from, to]);
  await using source = client.repository(from);
  await using target = client.repository(to, { isTarget: true });
  const pair = new RepositoryPair(source, target, { signal, logger });
  if (pair.isSame) {
    await source.blobs.head({ digest }, { signal });
    return;
  }
  // For a single blob it costs less to look it up than to ask for the repository first.
  pair.noteTargetExists();
  await using progress = showProgress(context, globals);
  const report = new CopyReport(progress.onProgress);
  await copyBlob(pair, { mediaType: mediaTypes.octetStream, digest, size: -1 }, { signal, logger, report });
}
