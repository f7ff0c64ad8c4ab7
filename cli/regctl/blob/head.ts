/**
 * `regctl blob head`.
 *
 * @module
 */

import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { formatHeaders } from "../../output/headers.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { readDigest } from "./digest_argument.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/** How `--json` shows a blob. */
export interface BlobJson {
  /** Its digest. */
  readonly digest: string;
  /** Its length in bytes. */
  readonly size: number;
  /** What the registry says that it is. */
  readonly mediaType: string;
}

/**
 * Prints the headers that a blob is served with; a layout has none.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = await readFormat(context, invocation, "", ["headers"]);
  const ref = parseReference(args[0] ?? "");
  const digest = readDigest(args[1] ?? "");
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { descriptor, headers } = await repository.blobs.head({ digest }, { signal: context.signal });
  if (flags.json) {
    const { size, mediaType } = descriptor;
    return await printJson<BlobJson>(context.stdout, { digest, size, mediaType });
  }
  if (!isTemplate(format)) return await context.stdout.write(formatHeaders(headers));
  await format.print((await import("../../output/objects/blob.ts")).blobObject({ descriptor, headers }));
}
