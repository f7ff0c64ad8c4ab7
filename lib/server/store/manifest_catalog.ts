/**
 * The manifests of one repository in memory: by digest, by tag, by subject, and what uses what.
 *
 * A manifest is known while it is listed (pushed, or an entry of `index.json`) or a known index lists it.
 *
 * @module
 */

import { type Digest, fallbackTag } from "../../oci/digest.ts";
import { isIndexType } from "../../oci/media_type.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/** What readers of a repository may ask; every method answers at once. */
export interface CatalogView {
  /** How many manifests are known. */
  readonly size: number;
  /** Finds a manifest by digest. */
  get(digest: Digest): ManifestRecord | undefined;
  /** Finds a manifest by tag. */
  byTag(tag: string): ManifestRecord | undefined;
  /** Gives all tags, sorted by bytes. */
  tags(): readonly string[];
  /** Gives the manifests whose subject is a digest, sorted by their own. */
  referrers(subject: Digest): readonly ManifestRecord[];
  /** Tells whether a known manifest names the digest as config or layer. */
  isBlobInUse(digest: Digest): boolean;
  /** Tells whether a known index lists the digest. */
  isChild(digest: Digest): boolean;
  /** Gives all manifests that are known. */
  records(): Iterable<ManifestRecord>;
  /** Tells whether a manifest is known in its own right, not only as part of an index. */
  isListed(digest: Digest): boolean;
  /** Gives what tags point at, those left out that the registry keeps itself. */
  taggedDigests(): Iterable<Digest>;
  /** Gives the lists of referrers that the registry keeps itself. */
  listings(): Iterable<Digest>;
}

const byDigest = (a: ManifestRecord, b: ManifestRecord) => a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0;

/** The catalog with the changes that stores apply after they are durable. */
export class ManifestCatalog implements CatalogView {
  readonly #records = new Map<Digest, ManifestRecord>();
  readonly #listed = new Set<Digest>();
  readonly #tags = new Map<string, ManifestRecord>();
  readonly #bySubject = new Map<Digest, Map<Digest, ManifestRecord>>();
  readonly #childUses = new Map<Digest, number>();
  readonly #blobUses = new Map<Digest, number>();
  readonly #isOwn: (tag: string) => boolean;
  #sortedTags: readonly string[] | undefined;

  /**
   * Creates an empty catalog.
   *
   * @param isOwn Tells which tags the registry keeps itself; they can be read but are not listed.
   */
  constructor(isOwn: (tag: string) => boolean = () => false) {
    this.#isOwn = isOwn;
  }

  /** How many manifests are known. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Finds a manifest by digest.
   *
   * @param digest The digest.
   * @returns The manifest, if it is known.
   */
  get(digest: Digest): ManifestRecord | undefined {
    return this.#records.get(digest);
  }

  /**
   * Finds a manifest by tag.
   *
   * @param tag The tag.
   * @returns The manifest, if the tag exists.
   */
  byTag(tag: string): ManifestRecord | undefined {
    return this.#tags.get(tag);
  }

  /**
   * Gives all tags.
   *
   * @returns The tags, sorted by bytes.
   */
  tags(): readonly string[] {
    return this.#sortedTags ??= [...this.#tags].filter(([tag, record]) => !this.#isListing(tag, record))
      .map(([tag]) => tag).sort();
  }

  /**
   * Gives the manifests that refer to a digest.
   *
   * @param subject The digest.
   * @returns The manifests, sorted by their digests.
   */
  referrers(subject: Digest): readonly ManifestRecord[] {
    const found = this.#bySubject.get(subject);
    return found === undefined ? [] : [...found.values()].sort(byDigest);
  }

  /**
   * Tells whether a blob is needed.
   *
   * @param digest The blob.
   * @returns Whether a known manifest names it as config or layer.
   */
  isBlobInUse(digest: Digest): boolean {
    return this.#blobUses.has(digest);
  }

  /**
   * Tells whether a manifest is part of an index.
   *
   * @param digest The manifest.
   * @returns Whether a known index lists it.
   */
  isChild(digest: Digest): boolean {
    return this.#childUses.has(digest);
  }

  /**
   * Gives all manifests that are known.
   *
   * @returns The manifests.
   */
  records(): Iterable<ManifestRecord> {
    return this.#records.values();
  }

  /**
   * Tells whether a manifest is known in its own right.
   *
   * @param digest The manifest.
   * @returns Whether it was pushed, or has an entry of its own.
   */
  isListed(digest: Digest): boolean {
    return this.#listed.has(digest);
  }

  /**
   * Gives what tags point at.
   *
   * @returns The digests.
   */
  *taggedDigests(): Generator<Digest> {
    for (const [tag, record] of this.#tags) if (!this.#isListing(tag, record)) yield record.digest;
  }

  /**
   * Gives the lists of referrers that the registry keeps itself.
   *
   * @returns The digests of manifests that have such a tag and no other.
   */
  *listings(): Generator<Digest> {
    const tagged = new Set(this.taggedDigests());
    for (const [tag, record] of this.#tags) {
      if (this.#isListing(tag, record) && !tagged.has(record.digest)) yield record.digest;
    }
  }

  /**
   * Finds the list of referrers that the registry keeps under a tag.
   *
   * @param tag The tag.
   * @returns The list; `undefined` when there is none, or what is there is not the registry's.
   */
  listingAt(tag: string): ManifestRecord | undefined {
    const record = this.#tags.get(tag);
    return record !== undefined && this.#isListing(tag, record) ? record : undefined;
  }

  /**
   * Gives the tags of a manifest, those that the registry keeps itself too.
   *
   * @param digest The manifest.
   * @returns The tags, in no order.
   */
  tagsOf(digest: Digest): readonly string[] {
    return [...this.#tags].filter(([, record]) => record.digest === digest).map(([tag]) => tag);
  }

  /**
   * Adds a manifest. Calling it again with the same one changes nothing.
   *
   * @param record The manifest.
   * @param isListed Whether it is known in its own right, not only as part of an index.
   */
  add(record: ManifestRecord, isListed: boolean): void {
    if (isListed) this.#listed.add(record.digest);
    const before = this.#records.get(record.digest);
    if (before !== undefined && before.mediaType === record.mediaType) return;
    if (before !== undefined) this.#forget(before);
    this.#records.set(record.digest, record);
    // A member makes an index the list that is hidden.
    if (record.subject !== undefined) this.#sortedTags = undefined;
    for (const child of record.children) count(this.#childUses, child, 1);
    for (const blob of record.blobs) count(this.#blobUses, blob, 1);
    if (record.subject !== undefined) {
      let group = this.#bySubject.get(record.subject);
      if (group === undefined) this.#bySubject.set(record.subject, group = new Map());
      group.set(record.digest, record);
    }
    if (before !== undefined) this.#retag(before, record);
  }

  /**
   * Points a tag at a known manifest.
   *
   * @param tag The tag.
   * @param digest The manifest's digest.
   */
  tag(tag: string, digest: Digest): void {
    const record = this.#records.get(digest);
    if (record === undefined) return;
    if (!this.#tags.has(tag)) this.#sortedTags = undefined;
    this.#tags.set(tag, record);
    if (this.#isOwn(tag)) this.#sortedTags = undefined;
  }

  /**
   * Removes a tag; its manifest stays.
   *
   * @param tag The tag.
   */
  untag(tag: string): void {
    if (this.#tags.delete(tag)) this.#sortedTags = undefined;
  }

  /**
   * Removes a manifest, its tags, and children that nothing else makes known.
   *
   * @param digest The manifest's digest.
   */
  remove(digest: Digest): void {
    const record = this.#records.get(digest);
    if (record === undefined) return;
    this.#listed.delete(digest);
    this.#forget(record);
    for (const [tag, tagged] of this.#tags) if (tagged === record) this.untag(tag);
    for (const child of record.children) {
      if (!this.#listed.has(child) && !this.#childUses.has(child)) this.remove(child);
    }
  }

  /**
   * An index whose members, as far as they are known, refer to the subject that its tag is made of; what else clients push under
   * such a tag is theirs.
   */
  #isListing(tag: string, { mediaType, children }: ManifestRecord): boolean {
    if (!this.#isOwn(tag) || !isIndexType(mediaType)) return false;
    const known = children.map((child) => this.#records.get(child)).filter((child) => child !== undefined);
    return known.length === 0 || known.some(({ subject }) => subject !== undefined && fallbackTag(subject) === tag);
  }

  #forget(record: ManifestRecord): void {
    this.#records.delete(record.digest);
    if (record.subject !== undefined) this.#sortedTags = undefined;
    for (const child of record.children) count(this.#childUses, child, -1);
    for (const blob of record.blobs) count(this.#blobUses, blob, -1);
    if (record.subject === undefined) return;
    const group = this.#bySubject.get(record.subject);
    group?.delete(record.digest);
    if (group?.size === 0) this.#bySubject.delete(record.subject);
  }

  #retag(before: ManifestRecord, record: ManifestRecord): void {
    for (const [tag, tagged] of this.#tags) if (tagged === before) this.#tags.set(tag, record);
  }
}

function count(uses: Map<Digest, number>, digest: Digest, by: number): void {
  const now = (uses.get(digest) ?? 0) + by;
  if (now > 0) uses.set(digest, now);
  else uses.delete(digest);
}
