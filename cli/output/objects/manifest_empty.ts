/**
 * What the pretty layout shows of a manifest of which only the headers were asked for.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { isImageType, isIndexType, mediaTypes } from "../../../lib/oci/media_type.ts";

/**
 * Makes a manifest without content.
 *
 * @param descriptor What points to it.
 * @returns A manifest of the kind that its media type says.
 */
export function emptyManifest(descriptor: Descriptor): Manifest {
  const { mediaType } = descriptor;
  const base = { descriptor, bytes: new Uint8Array() };
  const nothing: Descriptor = { mediaType: "", digest: "", size: 0 };
  if (isIndexType(mediaType)) return { ...base, kind: "index", body: { schemaVersion: 0, manifests: [] } };
  if (mediaType === mediaTypes.ociArtifact) return { ...base, kind: "artifact", body: { mediaType: "", blobs: [] } };
  if (isImageType(mediaType)) {
    return { ...base, kind: "image", body: { schemaVersion: 0, config: nothing, layers: [] } };
  }
  return { ...base, kind: "docker1", body: { schemaVersion: 0, fsLayers: [] } };
}
