/**
 * Checks that what a manifest refers to is in its repository, with the sizes it states.
 *
 * @module
 */

import { isForeignLayerType, isManifestType } from "../../oci/media_type.ts";
import type { Digest } from "../../oci/digest.ts";
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
 * @param options Whether references may be missing, and what counts as missing although it is there.
 * @throws {ApiError} 400 `MANIFEST_BLOB_UNKNOWN` with an entry for each that is missing; 400 `MANIFEST_INVALID` when one has
 *   another size than stated.
 */
export async function checkReferences(
  manifest: CheckedManifest,
  repository: RepositoryStore,
  options: { readonly isSparse: boolean; readonly leaving: ReadonlySet<Digest> },
): Promise<void> {
  const digests = [...new Set(manifest.references.map(({ digest }) => digest))];
  const found = new Map<string, Found>();
  for (let at = 0; at < digests.length; at += lookupsAtOnce) {
    const group = digests.slice(at, at + lookupsAtOnce).filter((digest) => !options.leaving.has(digest));
    const known = await Promise.all(group.map((digest) => find(digest, repository)));
    for (const [index, digest] of group.entries()) found.set(digest, known[index] ?? nothing);
  }
  const missing = new Set<string>();
  // Each by itself: the same content may be stated twice, with another size or type.
  for (const reference of manifest.references) {
    const { size, isManifest } = found.get(reference.digest) ?? nothing;
    const isWrongKind = !isManifest && manifest.isIndex && isManifestType(reference.mediaType);
    if (size === undefined || isWrongKind) {
      if (!options.isSparse && !mayBeElsewhere(reference)) missing.add(reference.digest);
    } else if (size !== reference.size) throw wrongSize(reference, size);
  }
  if (missing.size === 0) return;
  throw new ApiError(400, "MANIFEST_BLOB_UNKNOWN", "the manifest refers to content that is not in the repository", {
    entries: [...missing].map((digest) => ({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: "the manifest refers to content that is not in the repository",
      detail: { digest },
    })),
  });
}

/** What is known of a reference: nothing when it is missing. */
interface Found {
  readonly size: number | undefined;
  readonly isManifest: boolean;
}

const nothing: Found = { size: undefined, isManifest: false };

/** Whoever asks for the size is about to rely on the content: it counts as new, so that no garbage collection takes it. */
async function find(digest: string, repository: RepositoryStore): Promise<Found> {
  if (!isContentDigest(digest)) return nothing;
  const isManifest = repository.catalog.get(digest) !== undefined;
  const size = await repository.statBlob(digest);
  // Taken while it was looked at, a manifest is as good as missing.
  const isThere = size !== undefined && (!isManifest || repository.catalog.get(digest) !== undefined);
  return { size: isThere ? size : undefined, isManifest };
}

function mayBeElsewhere(reference: CheckedDescriptor): boolean {
  return reference.hasUrls || isForeignLayerType(reference.mediaType);
}

function wrongSize(reference: CheckedDescriptor, size: number): ApiError {
  return new ApiError(400, "MANIFEST_INVALID", "the manifest states another size than its content has", {
    detail: { digest: reference.digest, stated: reference.size, actual: size },
  });
}
