/**
 * Deleting tags, manifests and blobs (distribution-spec "end-9", "end-10").
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { blobUnknown } from "./blobs_get.ts";
import type { Exchange } from "../exchange.ts";
import { isTag, requireDigest } from "../names.ts";

/**
 * Answers DELETE of a manifest: a tag alone, or a manifest with all its tags.
 *
 * @param exchange The request.
 * @returns 202.
 * @throws {ApiError} 404 `MANIFEST_UNKNOWN`; 400 `DIGEST_INVALID`; 405 `UNSUPPORTED` when deletion is off.
 */
export async function deleteManifest(exchange: Exchange): Promise<Response> {
  requireDeletable(exchange);
  const { reference } = exchange;
  const isDigest = reference.includes(":");
  if (isDigest) requireDigest(reference);
  const repository = await exchange.findRepository();
  if (isDigest && exchange.settings.protectChildren && repository?.catalog.isChild(reference) === true) {
    throw new ApiError(405, "UNSUPPORTED", "the manifest is part of a stored index");
  }
  const isGone = isDigest
    ? await repository?.deleteManifest(reference)
    : isTag(reference) && await repository?.untag(reference);
  if (isGone !== true) throw new ApiError(404, "MANIFEST_UNKNOWN", "the manifest is not in the repository");
  exchange.parts.quota?.changed(exchange.repository);
  return exchange.reply(202, [["content-length", "0"]]);
}

/**
 * Answers DELETE of a blob.
 *
 * @param exchange The request.
 * @returns 202.
 * @throws {ApiError} 404 `BLOB_UNKNOWN`; 400 `DIGEST_INVALID`; 405 `UNSUPPORTED` when it is a manifest, in use, or deletion
 *   is off.
 */
export async function deleteBlob(exchange: Exchange): Promise<Response> {
  requireDeletable(exchange);
  const digest = requireDigest(exchange.reference);
  const repository = await exchange.findRepository();
  if (repository === undefined) throw blobUnknown(digest);
  if (repository.catalog.get(digest) !== undefined) {
    throw new ApiError(405, "UNSUPPORTED", "the digest is that of a manifest: delete it as one");
  }
  if (!exchange.settings.deleteUsedBlobs && repository.catalog.isBlobInUse(digest)) {
    throw new ApiError(405, "UNSUPPORTED", "a stored manifest needs the blob");
  }
  if (!await repository.deleteBlob(digest)) throw blobUnknown(digest);
  exchange.parts.quota?.changed(exchange.repository);
  return exchange.reply(202, [["content-length", "0"]]);
}

function requireDeletable(exchange: Exchange): void {
  exchange.requireWritable();
  if (exchange.settings.noDelete) throw new ApiError(405, "UNSUPPORTED", "deletion is off");
}
