/**
 * The manifests of one repository directory: known in memory, changed through the index.
 *
 * @module
 */

import { entryDescriptor, entryName, findDigest, type IndexEntries } from "../../layout/index_entries.ts";
import type { Digest } from "../../oci/digest.ts";
import { isManifestType } from "../../oci/media_type.ts";
import { adoptChildren } from "./adopt_children.ts";
import { buildCatalog } from "./dir_catalog.ts";
import { listManifest, taggedDigest, unlistManifest, unlistTag } from "./dir_entries.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { DirectoryIndex } from "./dir_index.ts";
import type { DirectorySettings } from "./dir_options.ts";
import { dropQuarantined, isQuarantined } from "./dir_verify.ts";
import { LayoutReferrers } from "./dir_referrers.ts";
import { ManifestCatalog } from "./manifest_catalog.ts";
import type { ManifestPut } from "./store.ts";

/** The manifests of one repository. */
export class DirectoryManifests {
  /** The index they are listed in. */
  readonly index: DirectoryIndex;
  readonly #files: DirectoryFiles;
  readonly #settings: DirectorySettings;
  readonly #referrers: LayoutReferrers | undefined;
  #catalog: ManifestCatalog;
  #damaged = new Set<Digest>();

  /**
   * Names the manifests of a repository. Nothing is read yet.
   *
   * @param files The repository's files.
   * @param settings How they are kept.
   */
  constructor(files: DirectoryFiles, settings: DirectorySettings) {
    this.#files = files;
    this.#settings = settings;
    this.#referrers = settings.layoutReferrers ? new LayoutReferrers(files) : undefined;
    this.#catalog = this.#emptyCatalog();
    this.index = new DirectoryIndex(files.path, settings, (entries) => this.#load(entries));
  }

  /** Those that are known as of now. */
  get catalog(): ManifestCatalog {
    return this.#catalog;
  }

  /**
   * Tells whether a tag or digest stands for a manifest that is damaged.
   *
   * @param reference The tag or digest.
   * @returns Whether it does.
   */
  isDamaged(reference: string): boolean {
    if (this.#damaged.size === 0) return false;
    return this.#damaged.has(
      reference.includes(":") ? reference : taggedDigest(this.index.entries, reference) ?? "",
    );
  }

  /**
   * Stores a manifest and its tags.
   *
   * @param put The manifest.
   * @param onStored Called when it is durable.
   */
  async put(put: ManifestPut, onStored: () => void): Promise<void> {
    const { record, bytes, tags } = put;
    const { digest, mediaType, size } = record;
    let moved: Digest[] = [];
    await this.index.change({
      prepare: async () => {
        // What is refused leaves nothing behind. When it is its turn, it is looked at again.
        put.check?.((reference) => this.#digestOf(this.index.entries, reference));
        await this.#files.writeManifest(digest, bytes);
      },
      apply: (entries) => {
        put.check?.((reference) => this.#digestOf(entries, reference));
        moved = tags.map((tag) => taggedDigest(entries, tag)).filter((before) => before !== undefined);
        return listManifest(entries, { mediaType, digest, size }, tags, this.#now());
      },
      commit: () => {
        this.#catalog.add(record, true);
        for (const tag of tags) this.#catalog.tag(tag, digest);
        onStored();
      },
      after: async () => {
        await this.#mend(digest);
        await this.#refresh(moved);
        await adoptChildren(this.#catalog, record, (child) => this.#files.readManifest(child));
      },
    });
    if (record.subject !== undefined) await this.updateListings([record.subject]);
  }

  /**
   * Removes a tag.
   *
   * @param tag The tag.
   * @returns Whether there was one.
   */
  async untag(tag: string): Promise<boolean> {
    let before: Digest | undefined;
    await this.index.change({
      apply: (entries) => {
        before = taggedDigest(entries, tag);
        return unlistTag(entries, tag);
      },
      commit: () => this.#catalog.untag(tag),
      after: () => this.#refresh(before === undefined ? [] : [before]),
    });
    if (this.#referrers?.isOwnTag(tag) === true) await this.repairListings();
    return before !== undefined;
  }

  /**
   * Removes a manifest and its tags.
   *
   * @param digest The manifest.
   * @param removeFile Removes its file, called when nothing needs it any more.
   * @returns Whether there was one.
   */
  async delete(digest: Digest, removeFile: () => Promise<unknown>): Promise<boolean> {
    let isKnown = false;
    let subject: Digest | undefined;
    const isListing = this.#referrers !== undefined && [...this.#catalog.listings()].includes(digest);
    await this.index.change({
      apply: (entries) => {
        const record = this.#catalog.get(digest);
        subject = record?.subject;
        const listed = findDigest(entries, digest)?.mediaType ?? "";
        // A damaged manifest is not known, but can be deleted; a blob that another tool listed is none.
        isKnown = record !== undefined || isManifestType(listed) || this.#damaged.has(digest);
        return isKnown ? unlistManifest(entries, digest) : entries;
      },
      commit: () => this.#catalog.remove(digest),
      after: async () => {
        const isNeeded = this.#catalog.get(digest) !== undefined || this.#catalog.isBlobInUse(digest);
        if (isKnown && !isNeeded) await removeFile();
        await this.#mend(digest);
      },
    });
    if (subject !== undefined) await this.updateListings([subject]);
    if (isListing) await this.repairListings();
    return isKnown;
  }

  /**
   * Takes a manifest for damaged. Its entries stay in the index until it is pushed or deleted.
   *
   * @param digest The manifest.
   */
  async noteDamage(digest: Digest): Promise<void> {
    const { verifiesOnRead, isReadOnly } = this.#settings;
    if (verifiesOnRead && !isReadOnly && await this.#files.stat(digest) !== undefined) {
      await this.#files.setAside(digest);
    }
    this.#catalog.remove(digest);
    this.#damaged.add(digest);
  }

  /**
   * Brings the lists of referrers for readers of layouts up to date, if they are kept.
   *
   * @param subjects The manifests whose referrers changed.
   */
  async updateListings(subjects: Iterable<Digest>): Promise<void> {
    const referrers = this.#referrers;
    if (referrers === undefined) return;
    // All at once, so that they are written together.
    const changes = [...new Set(subjects)].map((subject) =>
      referrers.change(subject, () => this.#catalog, () => this.#now())
    );
    await Promise.all(changes.map((change) => this.index.change(change)));
  }

  /** Whether lists of referrers for readers of layouts are kept, and lack something. */
  get needsRepair(): boolean {
    return this.#referrers !== undefined && this.#referrers.incomplete(this.#catalog).size > 0;
  }

  /** Completes lists of referrers for readers of layouts, if they are kept. */
  async repairListings(): Promise<void> {
    await this.updateListings(this.#referrers?.incomplete(this.#catalog) ?? []);
  }

  /**
   * Gives what entries list that is no manifest known here, or under a name that is no tag.
   *
   * @returns The digests.
   */
  *foreignDigests(): Generator<Digest> {
    for (const entry of this.index.entries) {
      const digest = entryDescriptor(entry)?.digest;
      if (digest === undefined) continue;
      const name = entryName(entry);
      // Of several entries of one name only the first is what the tag stands for; the others are named all the same.
      const isForeignName = name !== "" && this.#catalog.byTag(name)?.digest !== digest;
      if (isForeignName || this.#catalog.get(digest) === undefined) yield digest;
    }
  }

  /** What was pushed again, or deleted, is damaged no more. */
  async #mend(digest: Digest): Promise<void> {
    this.#damaged.delete(digest);
    await dropQuarantined(this.#files.path, digest);
  }

  async #load(entries: IndexEntries): Promise<void> {
    const before = this.#catalog;
    const damaged: Digest[] = [];
    const read = async (digest: Digest) => {
      const bytes = await this.#files.readManifest(digest);
      const isThere = bytes === undefined && await this.#files.hasFile(digest);
      if (isThere || (bytes === undefined && await isQuarantined(this.#files.path, digest))) damaged.push(digest);
      return bytes;
    };
    const known = async (digest: Digest) => {
      const record = before.get(digest);
      return record !== undefined && await this.#files.stat(digest) === record.size ? record : undefined;
    };
    this.#catalog = await buildCatalog(entries, { read, known }, this.#emptyCatalog());
    this.#damaged = new Set();
    for (const digest of damaged) await this.noteDamage(digest);
  }

  #emptyCatalog(): ManifestCatalog {
    return new ManifestCatalog(this.#referrers?.isOwnTag);
  }

  /** What lost a tag counts as new: its age without one begins now. */
  async #refresh(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) await this.#files.refresh(digest);
  }

  #digestOf(entries: IndexEntries, reference: string): Digest | undefined {
    return reference.includes(":") ? this.#catalog.get(reference)?.digest : taggedDigest(entries, reference);
  }

  #now(): string {
    return new Date(this.#settings.now()).toISOString().replace(/\.[0-9]+Z$/, "Z");
  }
}
