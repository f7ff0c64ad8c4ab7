/**
 * `regctl blob diff-config`.
 *
 * @module
 */

import { maxConfigBytes, parseImageConfig } from "../../../lib/image/image_config.ts";
import { readBytes } from "../../../lib/streams/read_bytes.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { DiffFlags } from "../../flags/diff.ts";
import { compareLines, printDiff } from "../../output/diff.ts";
import { indentJson } from "../../output/indent_json.ts";
import { readTwoBlobs } from "./two_blobs.ts";

/**
 * Prints what differs between two image configs.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 * @returns The exit code.
 */
export async function run(context: Context, invocation: Invocation<DiffFlags>): Promise<number> {
  const { flags } = invocation;
  const [left, right] = await readTwoBlobs(context, invocation, async ({ stream }, digest) => {
    const bytes = await readBytes(stream, maxConfigBytes, `config ${digest}`);
    return indentJson(parseImageConfig(bytes, digest).text, { escapesHtml: true }).split("\n");
  });
  return await printDiff(context.stdout, await compareLines(left, right, flags), flags);
}
