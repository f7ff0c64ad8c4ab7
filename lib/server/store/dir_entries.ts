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
  refNameAnnotation,
  withDigest,
  withoutDigest,
  withTag,
} from "../../layout/index_entries.ts";
import { isJsonObject } from "../../layout/index_json.ts";
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
  return entryDescriptor(entries.find((entry) => isNamed(entry, tag)))?.digest;
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
    const isSame = (entry: unknown) => isNamed(entry, tag) && entryDescriptor(entry)?.digest === descriptor.digest;
    const others = list.filter((entry) => isNamed(entry, tag) && !isSame(entry));
    list = list.some(isSame) ? withoutAll(list, others) : withTag(list, tag, descriptor, created) ?? list;
    list = withUnnamed(list, others);
  }
  return withoutPlain(list, descriptor.digest);
}

/**
 * Takes a tag away; what it names stays listed, with all that other tools wrote into its entry.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @returns The new entries; the same list when there is no such tag.
 */
export function unlistTag(entries: IndexEntries, tag: string): IndexEntries {
  const named = entries.filter((entry) => isNamed(entry, tag));
  return named.length === 0 ? entries : withUnnamed(withoutAll(entries, named), named);
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
  const isDouble = (entry: unknown) => entryDescriptor(entry)?.digest === digest && isPlain(entry);
  return entries.some(isDouble) ? entries.filter((entry) => !isDouble(entry)) : entries;
}

/** Several entries can have the same name, as those of one image by platform. Only what is a descriptor counts. */
function isNamed(entry: unknown, tag: string): boolean {
  return entryName(entry) === tag && entryDescriptor(entry) !== undefined;
}

function withoutAll(entries: IndexEntries, unwanted: readonly unknown[]): IndexEntries {
  const gone = new Set(unwanted);
  return gone.size === 0 ? entries : entries.filter((entry) => !gone.has(entry));
}

/** Lists what lost its name at the end, unless another entry lists it and this one says nothing more. */
function withUnnamed(entries: IndexEntries, named: readonly unknown[]): IndexEntries {
  let list = entries;
  for (const entry of named) {
    const unnamed = withoutName(entry);
    const digest = entryDescriptor(entry)?.digest ?? "";
    if (isPlain(unnamed) && findDigest(list, digest) !== undefined) continue;
    list = [...list, unnamed];
  }
  return list;
}

function withoutName(entry: unknown): unknown {
  if (!isJsonObject(entry)) return entry;
  const { annotations, ...rest } = entry;
  const kept = Object.entries(isJsonObject(annotations) ? annotations : {}).filter(([key]) =>
    key !== refNameAnnotation
  );
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

/** Whether an entry says nothing but what it lists, and when. */
function isPlain(entry: unknown): boolean {
  const found = entryDescriptor(entry);
  return found !== undefined && Object.keys(found).length <= 4 &&
    Object.keys(found.annotations ?? {}).every((key) => key === createdAnnotation);
}
