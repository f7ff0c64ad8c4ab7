/**
 * `regctl tag delete`.
 *
 * @module
 */

import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";

interface Flags {
  readonly "ignore-missing": boolean;
  readonly "no-fallback": boolean;
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
  try {
    await repository.tags.delete(ref.tag, { signal: context.signal, allowFallback: !flags["no-fallback"] });
  } catch (error) {
    if (!flags["ignore-missing"] || !hasCode(error, "NOT_FOUND")) throw error;
  }
}
