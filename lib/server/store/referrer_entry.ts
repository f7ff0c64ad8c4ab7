/**
 * How a manifest stands in the list of its subject's referrers.
 *
 * @module
 */

import type { Descriptor } from "../../oci/descriptor.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/** What the list says of a referrer. */
export type ReferrerRecord = Pick<ManifestRecord, "annotations" | "artifactType" | "digest" | "mediaType" | "size">;

/** What a list of referrers says of a manifest. */
export type ListedReferrer = Pick<ManifestRecord, "annotations" | "artifactType" | "digest" | "mediaType" | "size">;

/**
 * Describes a manifest for the list.
 *
 * @param record The manifest.
 * @returns Its descriptor with artifact type and annotations, as far as it has them.
 */
export function referrerEntry(record: ReferrerRecord): Descriptor {
  const { mediaType, digest, size, artifactType, annotations } = record;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
