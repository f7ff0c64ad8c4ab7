/**
 * `regctl blob get`.
 *
 * @module
 */

import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { parseOutputFormat } from "../../output/format_words.ts";
import { formatHeaders } from "../../output/headers.ts";
import { readDigest } from "./digest_argument.ts";

interface Flags {
  readonly format: string;
  readonly "media-type": string;
}

/**
 * Writes a blob to standard output, verified in passing.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, logger } = invocation;
  const format = parseOutputFormat(flags.format, "{{printPretty .}}", ["raw", "body", "headers"]);
  const ref = parseReference(args[0] ?? "");
  const digest = readDigest(args[1] ?? "");
  if (flags["media-type"] !== "") logger.log("info", "Flag media-type has no effect", { value: flags["media-type"] });
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal, stdout } = context;
  const blob = await repository.blobs.get({ digest }, { signal });
  try {
    if (format === "raw" || format === "headers") await stdout.write(formatHeaders(blob.headers));
    if (format === "headers" || format === "nothing") return;
    if (format === "raw") await stdout.write("\n");
    for await (const chunk of blob.stream.values({ preventCancel: true })) await stdout.write(chunk);
  } finally {
    await blob.stream.cancel();
  }
}
