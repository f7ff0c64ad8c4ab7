/**
 * Referrers for readers of layouts, who know no other list than the index under a subject's fallback tag.
 *
 * @module
 */

import { entryDescriptor, entryName } from "../../layout/index_entries.ts";
import { type Digest, digestBytes, fallbackTag } from "../../oci/digest.ts";
import { mediaTypes } from "../../oci/media_type.ts";
import { listManifest, unlistTag } from "./dir_entries.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { IndexChange } from "./dir_index.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import { describeManifest, type ManifestRecord } from "./manifest_record.ts";
import { referrerEntry } from "./referrer_entry.ts";
import type { Bytes } from "./store.ts";

const tagForm = /^(?:sha256|sha512)-[0-9a-f]{64}$/;

/** Keeps the indexes under fallback tags. */
export class LayoutReferrers {
  /** Tells whether a tag is one of those that are kept here. */
  readonly isOwnTag = (tag: string): boolean => tagForm.test(tag);
  readonly #files: DirectoryFiles;

  /**
   * Names the lists of a repository.
   *
   * @param files The repository's files.
   */
  constructor(files: DirectoryFiles) {
    this.#files = files;
  }

  /**
   * Finds the subjects whose list lacks a referrer or names one that is gone: those that were there before lists were kept,
   * whose list somebody removed, or that changed while a program ended.
   *
   * @param catalog The manifests.
   * @returns The subjects.
   */
  incomplete(catalog: ManifestCatalog): ReadonlySet<Digest> {
    const found = new Set<Digest>();
    for (const { digest, subject } of catalog.records()) {
      if (subject === undefined || found.has(subject) || isTaken(catalog, subject)) continue;
      if (listingOf(catalog, subject)?.children.includes(digest) !== true) found.add(subject);
    }
    for (const listing of catalog.listings()) {
      const subject = subjectOf(listing, catalog);
      const children = catalog.get(listing)?.children ?? [];
      if (subject !== undefined && children.some((child) => catalog.get(child) === undefined)) found.add(subject);
    }
    return found;
  }

  /**
   * Makes the change that brings one list up to date. What the list names beside referrers stays in it.
   *
   * @param subject The manifest whose referrers changed.
   * @param catalog Gives the manifests as of now.
   * @param created When, in RFC 3339.
   * @returns The change.
   */
  change(subject: Digest, catalog: () => ManifestCatalog, created: () => string): IndexChange {
    const tag = fallbackTag(subject);
    let list: List | undefined;
    return {
      prepare: async () => {
        if (isTaken(catalog(), subject)) return;
        list = await makeList(subject, catalog());
        if (list !== undefined) await this.#files.writeManifest(list.digest, list.bytes);
      },
      apply: (entries) => {
        if (isTaken(catalog(), subject)) return entries;
        const descriptor = list === undefined
          ? undefined
          : { mediaType: mediaTypes.ociIndex, digest: list.digest, size: list.bytes.length };
        const before = listingOf(catalog(), subject)?.digest;
        const rest = descriptor === undefined
          ? unlistTag(entries, tag)
          : listManifest(entries, descriptor, [tag], created());
        // The list before is nobody's content: nothing keeps it known.
        if (before === undefined || before === list?.digest) return rest;
        return rest.filter((entry) => entryName(entry) !== "" || entryDescriptor(entry)?.digest !== before);
      },
      commit: () => {
        const known = catalog();
        if (isTaken(known, subject)) return;
        const before = listingOf(known, subject)?.digest;
        known.untag(tag);
        // First the new list: its members must not be forgotten with the old one.
        if (list !== undefined) {
          known.add(describeManifest(list.document, { digest: list.digest, size: list.bytes.length }), true);
          known.tag(tag, list.digest);
        }
        const isOver = before !== undefined && before !== list?.digest && ![...known.taggedDigests()].includes(before);
        if (isOver) known.remove(before);
      },
    };
  }
}

/** The list of a subject's referrers. */
function listingOf(catalog: ManifestCatalog, subject: Digest): ManifestRecord | undefined {
  return catalog.listingAt(fallbackTag(subject));
}

/** Whether a client pushed something else under the tag of a list: that stays, and there is no list. */
function isTaken(catalog: ManifestCatalog, subject: Digest): boolean {
  return catalog.byTag(fallbackTag(subject)) !== undefined && listingOf(catalog, subject) === undefined;
}

/** The subject of a list, by its name or by one of its members. */
function subjectOf(listing: Digest, catalog: ManifestCatalog): Digest | undefined {
  const { children = [] } = catalog.get(listing) ?? {};
  const subjects = children.map((child) => catalog.get(child)?.subject);
  const tags = catalog.tagsOf(listing);
  const named = tags.find((tag) => tag.startsWith("sha256-"))?.replace("-", ":");
  return subjects.find((subject) => subject !== undefined && tags.includes(fallbackTag(subject))) ?? named;
}

interface List {
  readonly digest: Digest;
  readonly bytes: Bytes;
  readonly document: Readonly<Record<string, unknown>>;
}

/** The referrers, and what else the list names that is here and refers to nothing, as other tools may have put there. */
async function makeList(subject: Digest, catalog: ManifestCatalog): Promise<List | undefined> {
  const others = (listingOf(catalog, subject)?.children ?? [])
    .map((child) => catalog.get(child))
    .filter((record) => record !== undefined && record.subject === undefined);
  const members = [...catalog.referrers(subject), ...others].filter((record) => record !== undefined);
  if (members.length === 0) return undefined;
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: members.map(referrerEntry) };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { digest: await digestBytes(bytes), bytes, document };
}
