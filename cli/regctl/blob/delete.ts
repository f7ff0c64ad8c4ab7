/**
 * `regctl blob delete`.
 *
 * @module
 */

import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { readDigest } from "./digest_argument.ts";

/**
 * Deletes a blob.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation): Promise<void> {
  const { args } = invocation;
  const ref = parseReference(args[0] ?? "");
  const digest = readDigest(args[1] ?? "");
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref, { isTarget: true });
  await repository.blobs.delete(digest, { signal: context.signal });
}
