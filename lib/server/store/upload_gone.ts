/**
 * The refusal to go on with an upload that was removed because nobody touched it for long.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/**
 * Builds the refusal.
 *
 * @returns The refusal.
 */
export function uploadGone(): ApiError {
  return new ApiError(404, "BLOB_UPLOAD_UNKNOWN", "the upload was removed, since nobody went on with it for long");
}
