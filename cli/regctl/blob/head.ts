/**
 * `regctl blob head`.
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
}

/**
 * Prints the headers that a blob is served with; a layout has none.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  parseOutputFormat(flags.format, "", ["headers"]);
  const ref = parseReference(args[0] ?? "");
  const digest = readDigest(args[1] ?? "");
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { headers } = await repository.blobs.head({ digest }, { signal: context.signal });
  await context.stdout.write(formatHeaders(headers));
}
