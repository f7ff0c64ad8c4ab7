/**
 * The pretty layout of manifests and indexes.
 *
 * @module
 */

import type { Annotations, Descriptor } from "../../lib/oci/descriptor.ts";
import type { Manifest } from "../../lib/oci/manifest.ts";
import { addDigest } from "../../lib/reference/edit.ts";
import type { Reference } from "../../lib/reference/reference.ts";
import { annotationRows, descriptorRows } from "./descriptor.ts";
import { formatBytes } from "./size.ts";
import { formatTable, type Row, separator } from "./table.ts";

/**
 * Writes a manifest as one table.
 *
 * @param ref The reference that it was read by.
 * @param manifest The manifest.
 * @returns The text.
 */
export function formatManifest(ref: Reference, manifest: Manifest): string {
  return formatTable([...headRows(ref, manifest), ...contentRows(ref, manifest), ...subjectRows(manifest)]);
}

function headRows(ref: Reference, { kind, descriptor, body }: Manifest): readonly Row[] {
  const artifactType = "artifactType" in body ? body.artifactType ?? "" : "";
  const annotations: Annotations = "annotations" in body ? body.annotations ?? {} : {};
  return [
    ["Name:", ref.reference],
    ["MediaType:", descriptor.mediaType],
    ...(artifactType === "" && kind !== "artifact" ? [] : [["ArtifactType:", artifactType] as const]),
    ["Digest:", descriptor.digest],
    ...(Object.keys(annotations).length === 0 ? [] : annotationRows(annotations)),
  ];
}

function contentRows(ref: Reference, manifest: Manifest): readonly Row[] {
  switch (manifest.kind) {
    case "index":
      return [
        separator,
        ["Manifests:", ""],
        ...manifest.body.manifests.flatMap((entry): readonly Row[] => [
          separator,
          ["  Name:", addDigest(ref, entry.digest).reference],
          ...descriptorRows(entry),
        ]),
      ];
    case "image":
      return [
        totalRow(manifest.body.layers),
        separator,
        ["Config:", ""],
        ...descriptorRows(manifest.body.config),
        separator,
        ["Layers:", ""],
        ...listRows(manifest.body.layers),
      ];
    case "artifact":
      return [totalRow(manifest.body.blobs), separator, ["Blobs:", ""], ...listRows(manifest.body.blobs)];
    case "docker1":
      return [
        separator,
        ["Layers:", ""],
        ...manifest.body.fsLayers.map(({ blobSum }): Row => ["  Digest:", blobSum]),
      ];
  }
}

function totalRow(descriptors: readonly Descriptor[]): Row {
  return ["Total Size:", formatBytes(descriptors.reduce((sum, { size }) => sum + size, 0))];
}

function listRows(descriptors: readonly Descriptor[]): readonly Row[] {
  return descriptors.flatMap((descriptor) => [separator, ...descriptorRows(descriptor)]);
}

function subjectRows({ body }: Manifest): readonly Row[] {
  if (!("subject" in body) || body.subject === undefined) return [];
  return [separator, ["Subject:", ""], ...descriptorRows(body.subject)];
}
