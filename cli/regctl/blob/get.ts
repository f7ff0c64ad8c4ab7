/**
 * `regctl blob get`.
 *
 * @module
 */

import { parseReference } from "../../../lib/reference/parse.ts";
import type { BlobBody } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat, type TemplateFormat } from "../../output/format.ts";
import { formatHeaders } from "../../output/headers.ts";
import { readDigest } from "./digest_argument.ts";

/** The largest blob that a template can show, in bytes. */
const maxShownBytes = 256 * 1024 * 1024;

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
  const format = await readFormat(context, invocation, "{{printPretty .}}", ["raw", "body", "headers"]);
  const ref = parseReference(args[0] ?? "");
  const digest = readDigest(args[1] ?? "");
  if (flags["media-type"] !== "") logger.log("info", "Flag media-type has no effect", { value: flags["media-type"] });
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal, stdout } = context;
  const blob = await repository.blobs.get({ digest }, { signal });
  if (isTemplate(format)) return await printByTemplate(format, blob);
  try {
    if (format === "raw" || format === "headers") await stdout.write(formatHeaders(blob.headers));
    if (format === "headers" || format === "nothing") return;
    if (format === "raw") await stdout.write("\n");
    for await (const chunk of blob.stream.values({ preventCancel: true })) await stdout.write(chunk);
  } finally {
    await blob.stream.cancel();
  }
}

/** The content is read only when the template shows it: it must fit into memory. */
async function printByTemplate(format: TemplateFormat, { descriptor, headers, stream }: BlobBody): Promise<void> {
  const { blobObject } = await import("../../output/objects/blob.ts");
  const { readBytes } = await import("../../../lib/streams/read_bytes.ts");
  const isShown = format.mentions("RawBody");
  if (!isShown) await stream.cancel();
  const bytes = isShown ? await readBytes(stream, maxShownBytes, `blob ${descriptor.digest}`) : undefined;
  await format.print(blobObject({ descriptor, headers, bytes }));
}
