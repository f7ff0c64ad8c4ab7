/**
 * Checks that what a manifest refers to is in its repository, with the sizes it states.
 *
 * @module
 */

import { isForeignLayerType, isManifestType } from "../../oci/media_type.ts";
import { ApiError } from "../api_error.ts";
import type { CheckedDescriptor, CheckedManifest } from "./manifest_check.ts";
import { isContentDigest } from "../names.ts";
import type { RepositoryStore } from "../store/store.ts";

const lookupsAtOnce = 32;

/**
 * Checks a manifest's references.
 *
 * @param manifest The manifest.
 * @param repository Its repository.
 * @param isSparse Whether references may be missing.
 * @throws {ApiError} 400 `MANIFEST_BLOB_UNKNOWN` with an entry for each that is missing; 400 `MANIFEST_INVALID` when one has
 *   another size than stated.
 */
export async function checkReferences(
  manifest: CheckedManifest,
  repository: RepositoryStore,
  isSparse: boolean,
): Promise<void> {
  const wanted = [...new Map(manifest.references.map((reference) => [reference.digest, reference])).values()];
  const missing: CheckedDescriptor[] = [];
  for (let at = 0; at < wanted.length; at += lookupsAtOnce) {
    const group = wanted.slice(at, at + lookupsAtOnce);
    const sizes = await Promise.all(group.map((reference) => sizeOf(reference, manifest.isIndex, repository)));
    for (const [index, reference] of group.entries()) {
      const size = sizes[index];
      if (size === undefined) {
        if (!isSparse && !mayBeElsewhere(reference)) missing.push(reference);
      } else if (size !== reference.size) throw wrongSize(reference, size);
    }
  }
  if (missing.length === 0) return;
  throw new ApiError(400, "MANIFEST_BLOB_UNKNOWN", "the manifest refers to content that is not in the repository", {
    entries: missing.map(({ digest }) => ({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: "the manifest refers to content that is not in the repository",
      detail: { digest },
    })),
  });
}

/** Whoever asks for the size is about to rely on the content: it counts as new, so that no garbage collection takes it. */
async function sizeOf(
  { digest, mediaType }: CheckedDescriptor,
  isInIndex: boolean,
  repository: RepositoryStore,
): Promise<number | undefined> {
  if (!isContentDigest(digest)) return undefined;
  const isManifest = repository.catalog.get(digest) !== undefined;
  if (!isManifest && isInIndex && isManifestType(mediaType)) return undefined;
  const size = await repository.statBlob(digest);
  // Taken while it was looked at, a manifest is as good as missing.
  return isManifest ? repository.catalog.get(digest)?.size : size;
}

function mayBeElsewhere(reference: CheckedDescriptor): boolean {
  return reference.hasUrls || isForeignLayerType(reference.mediaType);
}

function wrongSize(reference: CheckedDescriptor, size: number): ApiError {
  return new ApiError(400, "MANIFEST_INVALID", "the manifest states another size than its content has", {
    detail: { digest: reference.digest, stated: reference.size, actual: size },
  });
}
