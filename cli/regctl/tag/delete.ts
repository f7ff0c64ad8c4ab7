/**
 * `regctl tag delete`.
 *
 * @module
 */

import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";

interface Flags extends JsonFlag {
  readonly "ignore-missing": boolean;
  readonly "no-fallback": boolean;
}

/** How `--json` shows what was deleted. */
export interface TagDeleteJson {
  /** The reference with everything that was left out. */
  readonly name: string;
  /** The tag. */
  readonly tag: string;
  /** Whether it was there. */
  readonly deleted: boolean;
}

/**
 * Deletes a tag.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const ref = parseReference(args[0] ?? "");
  if (ref.tag === "") {
    throw new RegkitError("INVALID_ARGUMENT", `tag missing from image reference ${ref.reference}`, {
      tip: 'Give repository:tag; "regctl manifest delete" deletes by digest',
    });
  }
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref, { isTarget: true });
  let deleted = true;
  try {
    await repository.tags.delete(ref.tag, { signal: context.signal, allowFallback: !flags["no-fallback"] });
  } catch (error) {
    if (!flags["ignore-missing"] || !hasCode(error, "NOT_FOUND")) throw error;
    deleted = false;
  }
  if (!flags.json) return;
  await printJson<TagDeleteJson>(context.stdout, { name: formatReference(ref), tag: ref.tag, deleted });
}
