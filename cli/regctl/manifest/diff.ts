/**
 * `regctl manifest diff`.
 *
 * @module
 */

import { tagOrDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Invocation } from "../../command.ts";
import type { CommandClient, Context } from "../../context.ts";
import type { DiffFlags } from "../../flags/diff.ts";
import { openClient } from "../../open_client.ts";
import { compareLines, printDiff } from "../../output/diff.ts";
import { indentJson } from "../../output/indent_json.ts";

/**
 * Prints what differs between two manifests.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 * @returns The exit code.
 */
export async function run(context: Context, invocation: Invocation<DiffFlags>): Promise<number> {
  const { args, flags } = invocation;
  const leftRef = parseReference(args[0] ?? "");
  const rightRef = parseReference(args[1] ?? "");
  const [left, right] = await readBoth(context, invocation, leftRef, rightRef);
  return await printDiff(context.stdout, await compareLines(left, right, flags), flags);
}

async function readBoth(
  context: Context,
  invocation: Invocation<DiffFlags>,
  leftRef: Reference,
  rightRef: Reference,
): Promise<readonly [readonly string[], readonly string[]]> {
  const { signal } = context;
  await using client = await openClient(context, invocation, [leftRef, rightRef]);
  const reads = [leftRef, rightRef].map((ref) => readLines(client, ref, signal));
  // Both end before a failure of either is thrown.
  await Promise.allSettled(reads);
  const [left = [], right = []] = await Promise.all(reads);
  return [left, right];
}

async function readLines(client: CommandClient, ref: Reference, signal: AbortSignal): Promise<readonly string[]> {
  await using repository = client.repository(ref);
  const { bytes } = await repository.manifests.get(tagOrDigest(ref), { signal });
  return indentJson(new TextDecoder().decode(bytes), { escapesHtml: true }).split("\n");
}
