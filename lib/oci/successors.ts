/**
 * What a manifest points to: the edges of the graph that copies, exports and garbage collection walk.
 *
 * @module
 */

import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";
import { isKnownBlobType, isManifestType, mediaTypes } from "./media_type.ts";

/** What part a successor plays in its parent. */
export type SuccessorRole = "config" | "layer" | "entry" | "blob";

/** Something that a manifest points to and is not complete without. */
export interface Successor {
  /** The pointer. */
  readonly descriptor: Descriptor;
  /** What it points to; `unknown` when the media type tells neither and both have to be tried. */
  readonly kind: "manifest" | "blob" | "unknown";
  /** The part it plays: `entry` in an index, `config` and `layer` in an image, `blob` in an artifact manifest. */
  readonly role: SuccessorRole;
  /** Whether it can be had from elsewhere by its `urls`, so that a registry need not hold it. */
  readonly isExternal: boolean;
}

/**
 * Tells what a manifest points to. Its subject is not among it: a referrer is complete without what it refers to.
 *
 * @param manifest The manifest.
 * @returns The successors in the order of the document, config first; each digest as often as it is named.
 */
export function successors(manifest: Manifest): readonly Successor[] {
  switch (manifest.kind) {
    case "image": {
      const { config, layers } = manifest.body;
      return [blob(config, "config"), ...layers.map((layer) => blob(layer, "layer"))];
    }
    case "index":
      return manifest.body.manifests.map((entry) => ({
        descriptor: entry,
        kind: entryKind(entry),
        role: "entry" as const,
        isExternal: false,
      }));
    case "artifact":
      return manifest.body.blobs.map((descriptor) => blob(descriptor, "blob"));
    case "docker1":
      // Schema 1 names its layers by digest alone; -1 stands for the size that nobody knows.
      return manifest.body.fsLayers.map(({ blobSum }) =>
        blob({ mediaType: mediaTypes.dockerLayerGzip, digest: blobSum, size: -1 }, "layer")
      );
  }
}

function entryKind(entry: Descriptor): Successor["kind"] {
  if (isManifestType(entry.mediaType)) return "manifest";
  return isKnownBlobType(entry.mediaType) ? "blob" : "unknown";
}

function blob(descriptor: Descriptor, role: SuccessorRole): Successor {
  return { descriptor, kind: "blob", role, isExternal: (descriptor.urls ?? []).length > 0 };
}

/**
 * Gives the manifest that another refers to.
 *
 * @param manifest The manifest.
 * @returns Its subject; `undefined` when it has none, as schema 1 and Docker's types never have.
 */
export function subjectOf(manifest: Manifest): Descriptor | undefined {
  if (manifest.kind === "docker1") return undefined;
  return manifest.body.subject ?? undefined;
}
