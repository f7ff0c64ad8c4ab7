/**
 * The rows that show a descriptor in the pretty layouts.
 *
 * @module
 */

import type { Annotations, Descriptor } from "../../lib/oci/descriptor.ts";
import { isImageType, isIndexType } from "../../lib/oci/media_type.ts";
import { formatPlatform } from "../../lib/oci/platform.ts";
import { formatDescriptorSize } from "./size.ts";
import type { Row } from "./table.ts";

/**
 * Makes the rows of a descriptor. Those of manifests show no size, since it is not that of the content below.
 *
 * @param descriptor The descriptor.
 * @param indent Blanks before each key.
 * @returns The rows.
 */
export function descriptorRows(descriptor: Descriptor, indent = "  "): readonly Row[] {
  const { mediaType, platform, artifactType, urls = [], annotations } = descriptor;
  const rows: (readonly [string, string | undefined])[] = [
    ["Digest:", descriptor.digest],
    ["MediaType:", mediaType],
    ["ArtifactType:", artifactType || undefined],
    ["Size:", isImageType(mediaType) || isIndexType(mediaType) ? undefined : formatDescriptorSize(descriptor.size)],
    ["Platform:", platform?.os ? formatPlatform(platform) : undefined],
    ["OSVersion:", platform?.os ? platform["os.version"] || undefined : undefined],
    ["OSFeatures:", platform?.os ? platform["os.features"]?.join(", ") || undefined : undefined],
    ["URLs:", urls.join(", ") || undefined],
  ];
  const shown = rows.flatMap(([key, value]): readonly Row[] => value === undefined ? [] : [[indent + key, value]]);
  return annotations === undefined ? shown : [...shown, ...annotationRows(annotations, indent)];
}

/**
 * Makes the rows of annotations, sorted by key.
 *
 * @param annotations The annotations.
 * @param indent Blanks before the heading; the annotations stand two further in.
 * @returns The rows.
 */
export function annotationRows(annotations: Annotations, indent = ""): readonly Row[] {
  const lines = Object.entries(annotations).sort(([left], [right]) => left < right ? -1 : 1);
  return [[`${indent}Annotations:`, ""], ...lines.map(([key, value]): Row => [`${indent}  ${key}:`, value])];
}
