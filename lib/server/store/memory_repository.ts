/**
 * One repository of the memory store.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { ManifestCatalog } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";
import { MemoryBlob, MemoryUpload } from "./memory_upload.ts";
import type { Bytes, ManifestPut, RepositoryStore, UploadBeginning, UploadFile } from "./store.ts";

/** Blobs by digest, uploads by id, and the catalog. */
export class MemoryRepository implements RepositoryStore {
  /** The manifests and tags. */
  readonly catalog: ManifestCatalog = new ManifestCatalog();
  /** Whether something was ever stored. */
  isCreated = false;
  readonly #blobs = new Map<Digest, MemoryBlob>();
  readonly #budget: ByteBudget;
  readonly #now: () => number;

  /**
   * Creates an empty repository.
   *
   * @param name Its name.
   * @param budget The store's budget.
   * @param now The time in milliseconds since the epoch.
   */
  constructor(readonly name: string, budget: ByteBudget, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Whether there is anything to list the repository for. */
  get hasContent(): boolean {
    return this.#blobs.size > 0;
  }

  /**
   * Adds up the bytes of all blobs.
   *
   * @returns The bytes.
   */
  usedBytes(): number {
    let bytes = 0;
    for (const blob of this.#blobs.values()) bytes += blob.size;
    return bytes;
  }

  /**
   * Reads a known manifest's bytes.
   *
   * @param record The manifest.
   * @returns The bytes.
   */
  readManifest(record: ManifestRecord): Bytes | Promise<Bytes | undefined> {
    return this.#blobs.get(record.digest)?.whole() ?? Promise.resolve(undefined);
  }

  /**
   * Stores a manifest and its tags.
   *
   * @param put The manifest.
   * @returns When it is stored.
   */
  putManifest(put: ManifestPut): Promise<void> {
    return Promise.try(() => {
      put.check?.((reference) =>
        (reference.includes(":") ? this.catalog.get(reference) : this.catalog.byTag(reference))?.digest
      );
      this.#keep(put.record.digest, () => {
        this.#budget.take(put.bytes.length);
        return new MemoryBlob([put.bytes], put.bytes.length);
      });
      this.catalog.add(put.record, true);
      for (const tag of put.tags) this.catalog.tag(tag, put.record.digest);
    });
  }

  /**
   * Removes a tag.
   *
   * @param tag The tag.
   * @returns Whether there was one.
   */
  untag(tag: string): Promise<boolean> {
    const isKnown = this.catalog.byTag(tag) !== undefined;
    this.catalog.untag(tag);
    return Promise.resolve(isKnown);
  }

  /**
   * Removes a manifest and its tags.
   *
   * @param digest The manifest.
   * @returns Whether there was one.
   */
  deleteManifest(digest: Digest): Promise<boolean> {
    if (this.catalog.get(digest) === undefined) return Promise.resolve(false);
    this.catalog.remove(digest);
    if (!this.catalog.isBlobInUse(digest)) this.#drop(digest);
    return Promise.resolve(true);
  }

  /**
   * Gives a blob's length.
   *
   * @param digest The blob.
   * @returns The length in bytes; `undefined` when there is no such blob.
   */
  statBlob(digest: Digest): number | undefined {
    return this.#blobs.get(digest)?.size;
  }

  /**
   * Opens a part of a blob.
   *
   * @param digest The blob, which must be there.
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   */
  openBlob(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes>> {
    const blob = this.#blobs.get(digest) ?? new MemoryBlob([], 0);
    return Promise.resolve(blob.read(start, length));
  }

  /**
   * Removes a blob.
   *
   * @param digest The blob.
   * @returns Whether there was one.
   */
  deleteBlob(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#drop(digest));
  }

  /**
   * Shares a blob of another repository.
   *
   * @param digest The blob.
   * @param from The other repository.
   * @returns Whether that has it.
   */
  mountBlob(digest: Digest, from: RepositoryStore): Promise<boolean> {
    const blob = from instanceof MemoryRepository ? from.#blobs.get(digest) : undefined;
    if (blob === undefined) return Promise.resolve(false);
    this.#keep(digest, () => blob);
    return Promise.resolve(true);
  }

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @returns The upload.
   */
  beginUpload(beginning: UploadBeginning): Promise<UploadFile> {
    const store = (digest: Digest, blob: MemoryBlob) => this.#keep(digest, () => blob);
    return Promise.resolve(new MemoryUpload(beginning, this.#budget, this.#now, store));
  }

  /**
   * Finds nothing: uploads in memory end with the process.
   *
   * @returns Always `undefined`.
   */
  resumeUpload(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Keeps a blob unless it is there; tells whether it was taken. */
  #keep(digest: Digest, open: () => MemoryBlob): boolean {
    this.isCreated = true;
    if (this.#blobs.has(digest)) return false;
    const blob = open();
    blob.holders++;
    this.#blobs.set(digest, blob);
    return true;
  }

  #drop(digest: Digest): boolean {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) return false;
    this.#blobs.delete(digest);
    if (--blob.holders === 0) this.#budget.take(-blob.size);
    return true;
  }
}
