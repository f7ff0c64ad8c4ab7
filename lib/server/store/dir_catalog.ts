/**
 * Builds the catalog of a layout: what is listed, what listed indexes list, and who refers to whom.
 *
 * @module
 */

import { entryDescriptor, entryName, type IndexEntries } from "../../layout/index_entries.ts";
import type { Digest } from "../../oci/digest.ts";
import { isKnownBlobType } from "../../oci/media_type.ts";
import { readChild } from "./adopt_children.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";
import { isContentDigest, isTag } from "../names.ts";
import type { Bytes } from "./store.ts";

/** Where a catalog is built from. */
export interface CatalogSource {
  /** Reads a manifest's verified bytes; `undefined` when there is no such file, or it holds something else. */
  readonly read: (digest: Digest) => Promise<Bytes | undefined>;
  /** Gives what is known of a manifest whose file still exists. */
  readonly known: (digest: Digest) => Promise<ManifestRecord | undefined>;
}

const readsAtOnce = 16;

interface Candidate {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly isListed: boolean;
}

/**
 * Builds the catalog of a layout from its index. Manifests of earlier times are not read again when their file is still there.
 *
 * @param entries The entries of `index.json`.
 * @param source Where manifests come from.
 * @param catalog The catalog to fill, empty.
 * @returns The same catalog.
 */
export async function buildCatalog(
  entries: IndexEntries,
  source: CatalogSource,
  catalog: ManifestCatalog,
): Promise<ManifestCatalog> {
  const seen = new Set<Digest>();
  const open: Candidate[] = [];
  const tags: [string, Digest][] = [];
  for (const entry of entries) {
    const descriptor = entryDescriptor(entry);
    if (descriptor === undefined || !isContentDigest(descriptor.digest)) continue;
    const name = entryName(entry);
    if (isTag(name)) tags.push([name, descriptor.digest]);
    if (!seen.has(descriptor.digest)) open.push({ ...descriptor, isListed: true });
    seen.add(descriptor.digest);
  }
  while (open.length > 0) {
    const group = open.splice(0, readsAtOnce);
    const found = await Promise.all(group.map((candidate) => describe(candidate, source)));
    for (const [at, record] of found.entries()) {
      if (record === undefined) continue;
      catalog.add(record, group[at]?.isListed === true);
      for (const [index, digest] of record.children.entries()) {
        if (seen.has(digest)) continue;
        seen.add(digest);
        open.push({ digest, mediaType: record.childTypes[index] ?? "", isListed: false });
      }
    }
  }
  for (const [tag, digest] of tags) if (catalog.byTag(tag) === undefined) catalog.tag(tag, digest);
  return catalog;
}

async function describe(
  candidate: Candidate,
  source: CatalogSource,
): Promise<ManifestRecord | undefined> {
  const { digest, mediaType } = candidate;
  // Layers and configs can be listed too, by caches and other tools; they are no manifests.
  if (isKnownBlobType(mediaType)) return undefined;
  const before = await source.known(digest);
  if (before !== undefined) return before;
  const bytes = await source.read(digest);
  if (bytes === undefined) return undefined;
  const found = readChild(bytes, digest, mediaType);
  // What was pushed has the type that its entry states, whatever it says itself.
  return found === undefined || !candidate.isListed || mediaType === "" ? found : { ...found, mediaType };
}
