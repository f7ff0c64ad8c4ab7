/**
 * The flag `--require-list` of the manifest commands.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { isIndexType } from "../../../lib/oci/media_type.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import { type Strictness, unlessStrict } from "../../strict.ts";

/**
 * Checks that an index is not asked for together with one of its images.
 *
 * @param flags The flags as typed.
 * @throws {RegkitError} `INVALID_ARGUMENT` when both are.
 */
export function checkListFlags(flags: { readonly platform: string; readonly "require-list": boolean }): void {
  if (!flags["require-list"] || flags.platform === "") return;
  throw new RegkitError("INVALID_ARGUMENT", "cannot request a platform and require-list simultaneously", {
    tip: "Leave out either --platform or --require-list",
  });
}

/**
 * Checks that a manifest is an index. The original has the flag without the check.
 *
 * @param ref What it was found by.
 * @param mediaType Its media type.
 * @param strictness Whether it is an error, or warned of.
 * @throws {RegkitError} `UNSUPPORTED_MEDIA_TYPE` when it is none, with `--strict`.
 */
export async function requireIndex(ref: Reference, mediaType: string, strictness: Strictness): Promise<void> {
  await unlessStrict(strictness, "Manifest is not an index", () => {
    if (isIndexType(mediaType)) return;
    throw new RegkitError("UNSUPPORTED_MEDIA_TYPE", `${ref.reference} is not an index but ${mediaType}`, {
      tip: "Leave out --require-list to accept it",
    });
  });
}
