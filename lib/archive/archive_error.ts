/**
 * What is said of archives that cannot be read.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/**
 * Makes the error of an archive that is damaged, cut off or no archive at all. The bytes were verified against their digest,
 * so asking for them again does not help.
 *
 * @param message What is wrong.
 * @param cause What the reader threw.
 * @returns The error, with code `INVALID_ARCHIVE`.
 */
export function archiveError(message: string, cause?: unknown): RegkitError {
  return new RegkitError("INVALID_ARCHIVE", message, {
    ...(cause === undefined ? {} : { cause }),
    tip: "The blob is no layer, or was damaged before it was pushed",
  });
}
