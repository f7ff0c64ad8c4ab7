/**
 * How a manifest stands in the list of its subject's referrers (distribution-spec "listing referrers").
 *
 * @module
 */

import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Describes a manifest as a referrer: with its annotations, and with its artifact type or, for an image without one, the
 * media type of its config.
 *
 * @param manifest The manifest.
 * @returns The entry for the list.
 */
export function referrerDescriptor(manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = manifest.descriptor;
  const annotations = "annotations" in manifest.body ? manifest.body.annotations : undefined;
  const artifactType = artifactTypeOf(manifest);
  return {
    mediaType,
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };
}

function artifactTypeOf(manifest: Manifest): string | undefined {
  if (manifest.kind === "docker1") return undefined;
  const own = manifest.body.artifactType;
  if (own !== undefined && own !== "") return own;
  return manifest.kind === "image" ? manifest.body.config.mediaType : undefined;
}
