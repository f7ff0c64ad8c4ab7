/**
 * The entries of an `index.json`: finding, adding, removing. Entries of other tools stay as they are, in their place.
 *
 * All functions give new lists, or `undefined` when nothing changes.
 *
 * @module
 */

import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { isJsonObject, type JsonObject } from "./index_json.ts";

/** The annotation that names an entry. */
export const refNameAnnotation = "org.opencontainers.image.ref.name";

/** The annotation that says when an entry was written. */
export const createdAnnotation = "org.opencontainers.image.created";

/** The entries of an index as they were found. */
export type IndexEntries = readonly unknown[];

/**
 * Reads an entry as a descriptor.
 *
 * @param entry The entry.
 * @returns The descriptor; `undefined` when the entry is something else.
 */
export function entryDescriptor(entry: unknown): Descriptor | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { mediaType = "", digest, size = 0 } = entry;
  if (typeof digest !== "string" || !isDigest(digest) || typeof mediaType !== "string" || typeof size !== "number") {
    return undefined;
  }
  return { ...entry, mediaType, digest, size };
}

/**
 * Reads the name of an entry.
 *
 * @param entry The entry.
 * @returns Its `ref.name`; empty when it has none.
 */
export function entryName(entry: unknown): string {
  const annotations = isJsonObject(entry) ? entry["annotations"] : undefined;
  const name = isJsonObject(annotations) ? annotations[refNameAnnotation] : undefined;
  return typeof name === "string" ? name : "";
}

/**
 * Finds the entry of a digest.
 *
 * @param entries The entries.
 * @param digest The digest.
 * @returns The first such entry.
 */
export function findDigest(entries: IndexEntries, digest: Digest): Descriptor | undefined {
  return entryDescriptor(entries.find((entry) => entryDescriptor(entry)?.digest === digest));
}

/**
 * Finds the entry of a tag: one of that name, else one whose full image name ends in it.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @returns The first such entry.
 */
export function findTag(entries: IndexEntries, tag: string): Descriptor | undefined {
  const valid = entries.filter((entry) => entryDescriptor(entry) !== undefined);
  const found = valid.find((entry) => entryName(entry) === tag) ??
    valid.find((entry) => entryName(entry).endsWith(`:${tag}`));
  return entryDescriptor(found);
}

/**
 * Lists the tags that entries name: of a full image name the part after the last colon.
 *
 * @param entries The entries.
 * @returns The tags, each once, sorted.
 */
export function listTagNames(entries: IndexEntries): readonly string[] {
  const tags = entries.map((entry) => {
    const name = entryName(entry);
    return name.slice(name.lastIndexOf(":") + 1);
  });
  return [...new Set(tags)].filter((tag) => tag !== "").sort();
}

/**
 * Points a tag at a manifest: its entry is replaced in place, other entries of exactly that name are dropped.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @param descriptor The manifest.
 * @param created When, in RFC 3339.
 * @returns The new entries; `undefined` when the tag points there already.
 */
export function withTag(
  entries: IndexEntries,
  tag: string,
  descriptor: Descriptor,
  created: string,
): IndexEntries | undefined {
  const first = entries.findIndex((entry) => entryName(entry) === tag);
  if (first < 0) return [...entries, newEntry(descriptor, created, tag)];
  const isSame = entryDescriptor(entries[first])?.digest === descriptor.digest;
  const kept = entries.filter((entry, at) => at <= first || entryName(entry) !== tag);
  if (isSame) return kept.length === entries.length ? undefined : kept;
  return kept.with(first, newEntry(descriptor, created, tag));
}

/**
 * Lists a manifest without a name.
 *
 * @param entries The entries.
 * @param descriptor The manifest.
 * @param created When, in RFC 3339.
 * @returns The new entries; `undefined` when it is listed already, with or without a name.
 */
export function withDigest(entries: IndexEntries, descriptor: Descriptor, created: string): IndexEntries | undefined {
  if (findDigest(entries, descriptor.digest) !== undefined) return undefined;
  return [...entries, newEntry(descriptor, created)];
}

/**
 * Takes a tag away: the entries of exactly that name.
 *
 * @param entries The entries.
 * @param tag The tag.
 * @returns The rest; `undefined` when there is no such entry.
 */
export function withoutTag(entries: IndexEntries, tag: string): IndexEntries | undefined {
  return withoutSome(entries, (entry) => entryName(entry) === tag);
}

/**
 * Takes all entries of a digest away.
 *
 * @param entries The entries.
 * @param digest The digest.
 * @returns The rest; `undefined` when there is no such entry.
 */
export function withoutDigest(entries: IndexEntries, digest: Digest): IndexEntries | undefined {
  return withoutSome(entries, (entry) => entryDescriptor(entry)?.digest === digest);
}

function withoutSome(entries: IndexEntries, isUnwanted: (entry: unknown) => boolean): IndexEntries | undefined {
  const kept = entries.filter((entry) => !isUnwanted(entry));
  return kept.length === entries.length ? undefined : kept;
}

function newEntry(descriptor: Descriptor, created: string, tag?: string): JsonObject {
  const { mediaType, digest, size } = descriptor;
  const annotations = { [createdAnnotation]: created, ...(tag === undefined ? {} : { [refNameAnnotation]: tag }) };
  return { mediaType, digest, size, annotations };
}
