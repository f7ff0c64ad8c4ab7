/**
 * The digest argument of the blob commands.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { type Digest, parseDigest } from "../../../lib/oci/digest.ts";

/**
 * Reads a digest as typed.
 *
 * @param text The text.
 * @returns The digest.
 * @throws {RegkitError} `INVALID_DIGEST` when it is none.
 */
export function readDigest(text: string): Digest {
  try {
    parseDigest(text);
    return text;
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    throw new RegkitError(error.code, error.message, {
      tip: 'Give the whole digest as "regctl manifest get" shows it: sha256: and 64 hex digits',
    });
  }
}
