/**
 * One repository of the memory store.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { adoptChildren } from "./adopt_children.ts";
import { collectRepository, type GcResult, type GcRun } from "./gc.ts";
import { ManifestCatalog } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";
import { CollectedMemory, type KeptBlob } from "./memory_collect.ts";
import { MemoryBlob, MemoryUpload } from "./memory_upload.ts";
import type { Bytes, ManifestPut, RepositoryStore, UploadBeginning, UploadFile } from "./store.ts";

/** What the repositories of a memory store share. */
export interface MemoryShared {
  /** How many bytes they may hold together. */
  readonly budget: ByteBudget;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
  /** The time after which an idle upload is removed, in milliseconds. */
  readonly uploadIdleMs: number;
  /** Called before something is put into a repository, which may have been removed. */
  readonly onUse: (repository: MemoryRepository) => void;
  /** Called when a repository is removed, since nothing is left in it. */
  readonly onEmpty: (repository: MemoryRepository) => void;
}

/** Blobs by digest, uploads by id, and the catalog. */
export class MemoryRepository implements RepositoryStore {
  /** The manifests and tags. */
  readonly catalog: ManifestCatalog = new ManifestCatalog();
  /** Whether something was ever stored. */
  isCreated = false;
  readonly #blobs = new Map<Digest, KeptBlob>();
  readonly #uploads = new Set<MemoryUpload>();
  readonly #pinned = new Set<Digest>();
  readonly #shared: MemoryShared;
  #changedAt: number;

  /**
   * Creates an empty repository.
   *
   * @param name Its name.
   * @param shared What it shares with others.
   */
  constructor(readonly name: string, shared: MemoryShared) {
    this.#shared = shared;
    this.#changedAt = shared.now();
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
    for (const { blob } of this.#blobs.values()) bytes += blob.size;
    return bytes;
  }

  /**
   * Tells whether there is a blob, to somebody who will not rely on it.
   *
   * @param digest The blob.
   * @returns Whether there is.
   */
  hasBlob(digest: Digest): boolean {
    return this.#blobs.has(digest);
  }

  /**
   * Keeps what is or will be here from ever being garbage.
   *
   * @param digest The blob.
   */
  pin(digest: Digest): void {
    this.#pinned.add(digest);
  }

  /**
   * Reads a known manifest's bytes.
   *
   * @param record The manifest.
   * @returns The bytes.
   */
  readManifest(record: ManifestRecord): Bytes | Promise<Bytes | undefined> {
    return this.#blobs.get(record.digest)?.blob.whole() ?? Promise.resolve(undefined);
  }

  /**
   * Stores a manifest and its tags.
   *
   * @param put The manifest.
   * @returns When it is stored.
   */
  async putManifest(put: ManifestPut): Promise<void> {
    await Promise.try(() => {
      put.check?.((reference) =>
        (reference.includes(":") ? this.catalog.get(reference) : this.catalog.byTag(reference))?.digest
      );
      this.#keep(put.record.digest, () => {
        this.#shared.budget.take(put.bytes.length);
        return new MemoryBlob([put.bytes], put.bytes.length);
      });
      this.catalog.add(put.record, true);
      for (const tag of put.tags) {
        this.#refreshTagged(tag);
        this.catalog.tag(tag, put.record.digest);
      }
    });
    await adoptChildren(this.catalog, put.record, (child) => this.#blobs.get(child)?.blob.whole());
  }

  /**
   * Removes a tag.
   *
   * @param tag The tag.
   * @returns Whether there was one.
   */
  untag(tag: string): Promise<boolean> {
    const isKnown = this.#refreshTagged(tag);
    this.catalog.untag(tag);
    this.#touch();
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
    this.#touch();
    if (!this.catalog.isBlobInUse(digest)) this.#drop(digest);
    return Promise.resolve(true);
  }

  /**
   * Gives a blob's length to somebody who may rely on it: it counts as new from now on.
   *
   * @param digest The blob.
   * @returns The length in bytes; `undefined` when there is no such blob.
   */
  statBlob(digest: Digest): number | undefined {
    return this.#refresh(digest)?.blob.size;
  }

  /**
   * Opens a part of a blob.
   *
   * @param digest The blob.
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   * @throws {ApiError} 404 `BLOB_UNKNOWN` when it went away meanwhile.
   */
  openBlob(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes>> {
    return Promise.try(() => {
      const blob = this.#blobs.get(digest)?.blob;
      if (blob !== undefined) return blob.read(start, length);
      throw new ApiError(404, "BLOB_UNKNOWN", "the blob is not in the repository", { detail: { digest } });
    });
  }

  /**
   * Removes a blob.
   *
   * @param digest The blob.
   * @returns Whether there was one.
   */
  deleteBlob(digest: Digest): Promise<boolean> {
    this.#touch();
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
    const blob = from instanceof MemoryRepository ? from.#blobs.get(digest)?.blob : undefined;
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
    const { budget, now, onUse } = this.#shared;
    onUse(this);
    this.#touch();
    const upload = new MemoryUpload(beginning, {
      budget,
      now,
      keep: (digest, blob) => this.#keep(digest, () => blob),
      onEnd: () => {
        this.#uploads.delete(upload);
        this.#touch();
      },
    });
    this.#uploads.add(upload);
    return Promise.resolve(upload);
  }

  /**
   * Collects garbage.
   *
   * @param run What to spare.
   * @returns What went.
   */
  async collect(run: GcRun): Promise<GcResult> {
    const oldest = this.#shared.now() - this.#shared.uploadIdleMs;
    if (run.isDryRun !== true) this.#expireUploads(oldest);
    const collected = new CollectedMemory({
      name: this.name,
      catalog: this.catalog,
      blobs: this.#blobs,
      pinned: this.#pinned,
      liveUploads: () => [...this.#uploads].filter((upload) => upload.changedAt >= oldest),
      changedAt: () => this.#changedAt,
      drop: (digest) => void this.#drop(digest),
      remove: () => {
        this.isCreated = false;
        this.#shared.onEmpty(this);
      },
    });
    return await collectRepository(collected, run);
  }

  #expireUploads(oldest: number): void {
    const changedAt = this.#changedAt;
    for (const upload of [...this.#uploads]) if (upload.changedAt < oldest) void upload.discard();
    // Nobody changed anything by that.
    this.#changedAt = changedAt;
  }

  /** Keeps a blob unless it is there; tells whether it was taken. */
  #keep(digest: Digest, open: () => MemoryBlob): boolean {
    const blob = this.#refresh(digest) === undefined ? open() : undefined;
    this.#shared.onUse(this);
    this.isCreated = true;
    this.#touch();
    if (blob === undefined) return false;
    blob.holders++;
    this.#blobs.set(digest, { blob, changedAt: this.#shared.now() });
    return true;
  }

  #drop(digest: Digest): boolean {
    const blob = this.#blobs.get(digest)?.blob;
    if (blob === undefined) return false;
    this.#blobs.delete(digest);
    if (--blob.holders === 0) this.#shared.budget.take(-blob.size);
    return true;
  }

  #refresh(digest: Digest): KeptBlob | undefined {
    const kept = this.#blobs.get(digest);
    if (kept !== undefined) kept.changedAt = this.#shared.now();
    return kept;
  }

  /** What loses a tag counts as new: its age without one begins now. */
  #refreshTagged(tag: string): boolean {
    const before = this.catalog.byTag(tag);
    return before !== undefined && this.#refresh(before.digest) !== undefined;
  }

  #touch(): void {
    this.#changedAt = this.#shared.now();
  }
}
