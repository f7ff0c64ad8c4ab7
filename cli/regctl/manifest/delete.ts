/**
 * `regctl manifest delete`, `regctl image delete`.
 *
 * @module
 */

import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";

interface Flags extends JsonFlag {
  readonly "force-tag-dereference": boolean;
  readonly "ignore-missing": boolean;
  readonly referrers: boolean;
}

/** How `--json` shows what was deleted. */
export interface ManifestDeleteJson {
  /** The reference with everything that was left out. */
  readonly name: string;
  /** The digest of the manifest; `null` when its tag does not exist. */
  readonly digest: string | null;
  /** Whether it was there. */
  readonly deleted: boolean;
}

/**
 * Deletes a manifest by its digest.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const ref = parseReference(args[0] ?? "");
  if (ref.digest === "" && !flags["force-tag-dereference"]) throw digestRequired(ref);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref, { isTarget: true });
  const { signal } = context;
  const print = async (digest: string | null, deleted: boolean): Promise<void> => {
    if (!flags.json) return;
    await printJson<ManifestDeleteJson>(context.stdout, { name: formatReference(ref), digest, deleted });
  };
  let digest = "";
  try {
    digest = ref.digest || (await repository.manifests.head(ref.tag || "latest", { signal })).descriptor.digest;
    await repository.manifests.delete(digest, { signal, updateReferrers: flags.referrers });
  } catch (error) {
    if (!flags["ignore-missing"] || !hasCode(error, "NOT_FOUND")) throw error;
    return await print(digest || null, false);
  }
  await print(digest, true);
}

function digestRequired(ref: Reference): RegkitError {
  return new RegkitError("INVALID_ARGUMENT", `digest required to delete manifest, reference ${formatReference(ref)}`, {
    tip:
      "Give repository@digest, or --force-tag-dereference to delete what the tag is on together with its other tags; " +
      '"regctl tag delete" removes the tag alone',
  });
}
