/**
 * Changes of an `index.json` as the registry makes them: a manifest that loses its last tag stays listed, without a name.
 *
 * @module
 */

import {
  createdAnnotation,
  entryDescriptor,
  entryName,
  findDigest,
  type IndexEntries,
  withDigest,
  withoutDigest,
  withoutTag,
  withTag,
} from "../../layout/index_entries.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";

/**
 * Finds what a tag points at: the entry of exactly that name.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @returns The digest.
 */
export function taggedDigest(entries: IndexEntries, tag: string): Digest | undefined {
  return entryDescriptor(entries.find((entry) => entryName(entry) === tag))?.digest;
}

/**
 * Lists a manifest under tags, or without a name when there are none.
 *
 * @param entries The entries.
 * @param descriptor The manifest.
 * @param tags The tags.
 * @param created When, in RFC 3339.
 * @returns The new entries; the same list when nothing changes.
 */
export function listManifest(
  entries: IndexEntries,
  descriptor: Descriptor,
  tags: readonly string[],
  created: string,
): IndexEntries {
  let list = withType(entries, descriptor);
  if (tags.length === 0) return withDigest(list, descriptor, created) ?? list;
  for (const tag of tags) {
    const before = entryDescriptor(list.find((entry) => entryName(entry) === tag));
    list = withTag(list, tag, descriptor, created) ?? list;
    if (before !== undefined) list = withDigest(list, before, created) ?? list;
  }
  return withoutPlain(list, descriptor.digest);
}

/**
 * Takes a tag away; its manifest stays listed.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @param created When, in RFC 3339.
 * @returns The new entries; the same list when there is no such tag.
 */
export function unlistTag(entries: IndexEntries, tag: string, created: string): IndexEntries {
  const before = entryDescriptor(entries.find((entry) => entryName(entry) === tag));
  const rest = withoutTag(entries, tag) ?? entries;
  return before === undefined ? rest : withDigest(rest, before, created) ?? rest;
}

/**
 * Takes a manifest away with all its tags.
 *
 * @param entries The entries.
 * @param digest The manifest.
 * @returns The new entries; the same list when it is not listed.
 */
export function unlistManifest(entries: IndexEntries, digest: Digest): IndexEntries {
  return findDigest(entries, digest) === undefined ? entries : withoutDigest(entries, digest) ?? entries;
}

/** One content has one type: that of its last push, under each of its names. */
function withType(entries: IndexEntries, { digest, mediaType }: Descriptor): IndexEntries {
  const isOther = (entry: unknown): entry is object => {
    const found = entryDescriptor(entry);
    return found !== undefined && found.digest === digest && found.mediaType !== mediaType;
  };
  return entries.some(isOther) ? entries.map((entry) => isOther(entry) ? { ...entry, mediaType } : entry) : entries;
}

/** Drops the nameless entry of a manifest that has a name now, unless another tool wrote more into it. */
function withoutPlain(entries: IndexEntries, digest: Digest): IndexEntries {
  const isPlain = (entry: unknown) => {
    const found = entryDescriptor(entry);
    return found?.digest === digest && Object.keys(found).length <= 4 &&
      Object.keys(found.annotations ?? {}).every((key) => key === createdAnnotation);
  };
  return entries.some(isPlain) ? entries.filter((entry) => !isPlain(entry)) : entries;
}
