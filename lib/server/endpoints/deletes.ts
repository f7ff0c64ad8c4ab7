/**
 * Deleting tags, manifests and blobs (distribution-spec "end-9", "end-10").
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import { blobUnknown } from "./blobs_get.ts";
import type { Exchange } from "../exchange.ts";
import { isTag, requireDigest } from "../names.ts";
import type { RepositoryStore } from "../store/store.ts";

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
  const isGone = isDigest
    ? repository !== undefined && await deleteByDigest(exchange, repository, reference)
    : isTag(reference) && await repository?.untag(reference);
  if (isGone !== true) throw new ApiError(404, "MANIFEST_UNKNOWN", "the manifest is not in the repository");
  if (isDigest) exchange.parts.quota?.changed(exchange.repository);
  return exchange.reply(202, [["content-length", "0"]]);
}

function deleteByDigest(exchange: Exchange, repository: RepositoryStore, digest: Digest): Promise<boolean> {
  const check = (): void => {
    // As of now: another program may have changed the index while this waited.
    const { catalog } = repository;
    if (catalog.get(digest) === undefined || !catalog.isChild(digest)) return;
    if (exchange.settings.protectChildren) {
      throw new ApiError(405, "UNSUPPORTED", "the manifest is part of a stored index");
    }
    // Its bytes would have to stay: then the index would make it known again when the repository is read anew.
    if (catalog.isBlobInUse(digest)) throw new ApiError(405, "UNSUPPORTED", "a stored manifest needs the content");
  };
  return exchange.parts.claims.remove(repository.name, digest, check, () => repository.deleteManifest(digest));
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
  const check = (): void => {
    if (repository.catalog.get(digest) !== undefined) {
      throw new ApiError(405, "UNSUPPORTED", "the digest is that of a manifest: delete it as one");
    }
    if (!exchange.settings.deleteUsedBlobs && repository.catalog.isBlobInUse(digest)) {
      throw new ApiError(405, "UNSUPPORTED", "a stored manifest needs the blob");
    }
  };
  const { claims } = exchange.parts;
  const isGone = await claims.remove(repository.name, digest, check, () => repository.deleteBlob(digest));
  if (!isGone) throw blobUnknown(digest);
  exchange.parts.quota?.changed(exchange.repository);
  return exchange.reply(202, [["content-length", "0"]]);
}

function requireDeletable(exchange: Exchange): void {
  exchange.requireWritable();
  if (exchange.settings.noDelete) throw new ApiError(405, "UNSUPPORTED", "deletion is off");
}
