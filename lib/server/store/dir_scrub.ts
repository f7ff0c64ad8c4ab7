/**
 * Verifies every blob of a repository directory.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import type { Digest } from "../../oci/digest.ts";
import { storedBlobs } from "./dir_blobs.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { hasItsDigest } from "./dir_verify.ts";

/** What was found in a repository. */
export interface ScrubResult {
  /** The repository. */
  readonly repository: string;
  /** How many blobs were verified. */
  readonly verified: number;
  /** Those that do not have their digest. */
  readonly damaged: readonly Digest[];
}

/**
 * Verifies all blobs, and moves those aside that are damaged.
 *
 * @param name The repository.
 * @param files Its files.
 * @param options Whether they are only to be found, and what ends it early.
 * @returns What was found.
 */
export async function scrubDirectory(
  name: string,
  files: DirectoryFiles,
  options: { readonly isDryRun?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ScrubResult> {
  const damaged: Digest[] = [];
  let verified = 0;
  for await (const { digest } of storedBlobs(files.path)) {
    options.signal?.throwIfAborted();
    try {
      verified++;
      if (await hasItsDigest(files.path, digest, options.signal)) continue;
      damaged.push(digest);
      if (options.isDryRun !== true) await files.setAside(digest);
    } catch (error) {
      // Deleted meanwhile.
      if (!isMissing(error)) throw error;
    }
  }
  return { repository: name, verified, damaged };
}
