/**
 * Builds the catalog of a layout: what is listed, what listed indexes list, and who refers to whom.
 *
 * @module
 */

import { entryDescriptor, entryName, type IndexEntries } from "../../layout/index_entries.ts";
import type { Digest } from "../../oci/digest.ts";
import { isKnownBlobType } from "../../oci/media_type.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import { describeManifest, isJsonObject, type ManifestRecord } from "./manifest_record.ts";
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
  let open: Candidate[] = [];
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
      const children = record.children.filter((digest) => !seen.has(digest));
      for (const digest of children) seen.add(digest);
      open = open.concat(children.map((digest) => ({ digest, mediaType: "", isListed: false })));
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
  const body = parse(bytes);
  if (body === undefined) return undefined;
  const record = describeManifest(body, { digest, size: bytes.length, mediaType });
  return record.mediaType === "" ? undefined : record;
}

function parse(bytes: Bytes): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
