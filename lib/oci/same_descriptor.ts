/**
 * Compares descriptors.
 *
 * @module
 */

import type { Descriptor } from "./descriptor.ts";
import { mediaTypes } from "./media_type.ts";
import { matchesPlatform } from "./platform.ts";

/** The OCI type for each Docker type of the same content. */
const ociTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.dockerManifest, mediaTypes.ociManifest],
  [mediaTypes.dockerManifestList, mediaTypes.ociIndex],
  [mediaTypes.dockerConfig, mediaTypes.ociConfig],
  [mediaTypes.dockerLayer, mediaTypes.ociLayer],
  [mediaTypes.dockerLayerGzip, mediaTypes.ociLayerGzip],
  [mediaTypes.dockerLayerZstd, mediaTypes.ociLayerZstd],
]);

/**
 * Tells whether two descriptors point to the same content: digest and size are equal, and so are the media types, up to their
 * being Docker's or OCI's name for it.
 *
 * @param a A descriptor.
 * @param b Another.
 * @returns Whether they do.
 */
export function isSameDescriptor(a: Descriptor, b: Descriptor): boolean {
  const ociType = (mediaType: string) => ociTypes.get(mediaType) ?? mediaType;
  return a.digest === b.digest && a.size === b.size && ociType(a.mediaType) === ociType(b.mediaType);
}

/**
 * Tells whether two descriptors say the same: same content, media type, artifact type, platform, URLs and annotations.
 *
 * @param a A descriptor.
 * @param b Another.
 * @returns Whether they do. Absent annotations and no annotations are different.
 */
export function isEqualDescriptor(a: Descriptor, b: Descriptor): boolean {
  if (!isSameDescriptor(a, b) || a.mediaType !== b.mediaType) return false;
  if ((a.artifactType ?? "") !== (b.artifactType ?? "")) return false;
  if (a.platform === undefined || b.platform === undefined) {
    if (a.platform !== b.platform) return false;
  } else if (!matchesPlatform(a.platform, b.platform)) {
    return false;
  }
  return isSameList(a.urls, b.urls) && isSameMap(a.annotations, b.annotations);
}

function isSameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function isSameMap(a: Readonly<Record<string, string>> | undefined, b: typeof a): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
