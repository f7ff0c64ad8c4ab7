/**
 * Referrers for readers of layouts, who know no other list than the index under a subject's fallback tag.
 *
 * @module
 */

import { entryDescriptor, entryName, withoutTag, withTag } from "../../layout/index_entries.ts";
import { type Digest, digestBytes, fallbackTag } from "../../oci/digest.ts";
import { mediaTypes } from "../../oci/media_type.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { IndexChange } from "./dir_index.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import { describeManifest } from "./manifest_record.ts";
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
   * Finds the subjects whose list lacks a referrer, as those that were there before lists were kept, or whose list somebody
   * removed.
   *
   * @param catalog The manifests.
   * @returns The subjects.
   */
  incomplete(catalog: ManifestCatalog): ReadonlySet<Digest> {
    const found = new Set<Digest>();
    for (const { digest, subject } of catalog.records()) {
      if (subject === undefined || found.has(subject)) continue;
      if (catalog.byTag(fallbackTag(subject))?.children.includes(digest) !== true) found.add(subject);
    }
    return found;
  }

  /**
   * Makes the change that brings one list up to date.
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
        list = await makeList(subject, catalog());
        if (list !== undefined) await this.#files.writeManifest(list.digest, list.bytes);
      },
      apply: (entries) => {
        const rest = list === undefined ? withoutTag(entries, tag) : withTag(
          entries,
          tag,
          { mediaType: mediaTypes.ociIndex, digest: list.digest, size: list.bytes.length },
          created(),
        );
        // The list before is nobody's content: nothing keeps it known.
        const before = entryDescriptor(entries.find((entry) => entryName(entry) === tag))?.digest;
        if (before === undefined || before === list?.digest) return rest ?? entries;
        return (rest ?? entries).filter((entry) =>
          entryName(entry) !== "" || entryDescriptor(entry)?.digest !== before
        );
      },
      commit: () => {
        const known = catalog();
        const before = known.byTag(tag)?.digest;
        known.untag(tag);
        if (before !== undefined && before !== list?.digest && ![...known.taggedDigests()].includes(before)) {
          known.remove(before);
        }
        if (list === undefined) return;
        known.add(describeManifest(list.document, { digest: list.digest, size: list.bytes.length }), true);
        known.tag(tag, list.digest);
      },
    };
  }
}

interface List {
  readonly digest: Digest;
  readonly bytes: Bytes;
  readonly document: Readonly<Record<string, unknown>>;
}

async function makeList(subject: Digest, catalog: ManifestCatalog): Promise<List | undefined> {
  const referrers = catalog.referrers(subject);
  if (referrers.length === 0) return undefined;
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: referrers.map(referrerEntry) };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { digest: await digestBytes(bytes), bytes, document };
}
