/**
 * Referrers in an OCI layout: kept as an index under the fallback tag of their subject.
 *
 * @module
 */

import { hasCode, orAbsent } from "../errors.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import { type Digest, fallbackTag, parseDigest } from "../oci/digest.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import { referrerDescriptor } from "../oci/referrer.ts";
import type { ReferrerList, ReferrerListOptions } from "../repository_powers.ts";
import { entryDescriptor, findTag, type IndexEntries, withDigest, withoutTag, withTag } from "./index_entries.ts";
import { formatIndexJson, isJsonObject, type JsonObject, parseIndexJson } from "./index_json.ts";
import { blobPath } from "./layout_files.ts";
import type { LayoutSession } from "./layout_session.ts";
import { readManifestFile, statManifestFile, writeManifestFile } from "./manifest_file.ts";

/** The index under a fallback tag. */
interface Fallback {
  /** The whole document. */
  readonly document: JsonObject;
  /** The referrers. */
  readonly descriptors: readonly Descriptor[];
  /** Annotations of the list. */
  readonly annotations: Annotations | undefined;
}

/**
 * Lists what refers to a digest.
 *
 * @param session The handle's state.
 * @param subject The digest referred to.
 * @param options The artifact type wanted, and whether all listed manifests are looked at too.
 * @returns The referrers.
 * @throws {RegkitError} `NOT_FOUND` when the file of the list is missing; `INVALID_MANIFEST` when it is damaged.
 */
export async function listLayoutReferrers(
  session: LayoutSession,
  subject: Digest,
  options: ReferrerListOptions = {},
): Promise<ReferrerList> {
  parseDigest(subject);
  await session.beginRead(options.signal);
  const entries = (await session.readIndex())?.entries ?? [];
  const tag = fallbackTag(subject);
  const fallback = await readFallback(session, entries, tag);
  const found = new Map((fallback?.descriptors ?? []).map((descriptor) => [descriptor.digest, descriptor]));
  if (options.isSlow === true) {
    for (const descriptor of await searchReferrers(session, entries, subject, options.signal)) {
      if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor);
    }
  }
  const isWanted = (descriptor: Descriptor) =>
    options.artifactType === undefined || descriptor.artifactType === options.artifactType;
  return {
    descriptors: [...found.values()].filter(isWanted),
    annotations: fallback?.annotations,
    tags: fallback === undefined ? [] : [tag],
  };
}

/**
 * Adds a referrer to the list of its subject. The lock on the index must be held.
 *
 * @param session The handle's state, prepared for writing.
 * @param entries The entries of the index.
 * @param subject The digest referred to.
 * @param manifest The referrer.
 * @returns The new entries; `undefined` when it is listed already.
 */
export async function withReferrer(
  session: LayoutSession,
  entries: IndexEntries,
  subject: Digest,
  manifest: Manifest,
): Promise<IndexEntries | undefined> {
  const tag = fallbackTag(subject);
  const fallback = await readKeptFallback(session, entries, tag);
  const descriptors = fallback?.descriptors ?? [];
  if (descriptors.some(({ digest }) => digest === manifest.descriptor.digest)) return undefined;
  return await writeFallback(session, entries, tag, fallback, [...descriptors, referrerDescriptor(manifest)]);
}

/**
 * Takes a referrer from the list of its subject; an empty list loses its tag. The lock on the index must be held.
 *
 * @param session The handle's state, prepared for writing.
 * @param entries The entries of the index.
 * @param subject The digest referred to.
 * @param referrer The referrer's digest.
 * @returns The new entries; `undefined` when it is not listed.
 */
export async function withoutReferrer(
  session: LayoutSession,
  entries: IndexEntries,
  subject: Digest,
  referrer: Digest,
): Promise<IndexEntries | undefined> {
  const tag = fallbackTag(subject);
  const fallback = await readKeptFallback(session, entries, tag);
  const rest = fallback?.descriptors.filter(({ digest }) => digest !== referrer);
  if (rest === undefined || rest.length === fallback?.descriptors.length) return undefined;
  return rest.length === 0 ? withoutTag(entries, tag) : await writeFallback(session, entries, tag, fallback, rest);
}

async function writeFallback(
  session: LayoutSession,
  entries: IndexEntries,
  tag: string,
  fallback: Fallback | undefined,
  descriptors: readonly Descriptor[],
): Promise<IndexEntries | undefined> {
  const document = fallback?.document ?? { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
  const bytes = formatIndexJson({ ...document, manifests: descriptors });
  const list = await parseManifest(bytes, { mediaType: mediaTypes.ociIndex, name: tag });
  await writeManifestFile(session, list);
  const listed = withTag(entries, tag, list.descriptor, session.created());
  return fallback === undefined && listed !== undefined ? await keepOther(session, entries, listed, tag) : listed;
}

/** What the tag was on, if that was no list of referrers, is listed without a name, so that it is not lost. */
async function keepOther(
  session: LayoutSession,
  before: IndexEntries,
  entries: IndexEntries,
  tag: string,
): Promise<IndexEntries> {
  const other = findTag(before, tag);
  if (other === undefined || await orAbsent(statManifestFile(session.root, other.digest)) === undefined) return entries;
  session.options.logger.log("warn", "Tag for referrers in the layout was on something else, which lost the tag", {
    path: session.root,
    tag,
    digest: other.digest,
  });
  return withDigest(entries, other, session.created()) ?? entries;
}

/** A list whose file is gone cannot be kept; a new one is begun, so that the layout can be written again. */
async function readKeptFallback(
  session: LayoutSession,
  entries: IndexEntries,
  tag: string,
): Promise<Fallback | undefined> {
  try {
    return await readFallback(session, entries, tag);
  } catch (error) {
    if (!hasCode(error, "NOT_FOUND")) throw error;
    session.options.logger.log("warn", "List of referrers is missing in the layout, a new one is begun", {
      path: session.root,
      tag,
    });
    return undefined;
  }
}

/** Reads the list under a tag; a tag on anything but an OCI index holds no referrers. */
async function readFallback(
  session: LayoutSession,
  entries: IndexEntries,
  tag: string,
): Promise<Fallback | undefined> {
  const entry = findTag(entries, tag);
  if (entry === undefined) return undefined;
  const manifest = await readManifestFile(session.root, entry.digest, entry.mediaType);
  const document = parseIndexJson(manifest.bytes);
  const isList = manifest.descriptor.mediaType === mediaTypes.ociIndex && isJsonObject(document);
  if (!isList || manifest.kind !== "index") return undefined;
  return { document, descriptors: manifest.body.manifests, annotations: manifest.body.annotations };
}

/** Other tools list referrers like any manifest: every one is opened and asked for its subject. */
async function searchReferrers(
  session: LayoutSession,
  entries: IndexEntries,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of entries) {
    signal?.throwIfAborted();
    const descriptor = entryDescriptor(entry);
    if (descriptor === undefined) continue;
    try {
      const manifest = await readManifestFile(session.root, descriptor.digest, descriptor.mediaType);
      if (manifest.kind !== "docker1" && manifest.body.subject?.digest === subject) {
        found.push(referrerDescriptor(manifest));
      }
    } catch (error) {
      // Entries that are no manifests, or whose manifest is not here, cannot be asked.
      if (!hasCode(error, "NOT_FOUND", "UNSUPPORTED_MEDIA_TYPE")) throw error;
      const path = blobPath(session.root, descriptor.digest);
      session.options.logger.log("debug", "Entry of the layout not searched for its subject", { path });
    }
  }
  return found;
}
