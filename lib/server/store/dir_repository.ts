/**
 * One repository of the directory store: an OCI layout whose manifests are known in memory.
 *
 * @module
 */

import { isMarked, writeMarker } from "../../layout/index_file.ts";
import type { Digest } from "../../oci/digest.ts";
import type { BlobPlaces } from "./blob_places.ts";
import type { ByteCache } from "./byte_cache.ts";
import { CollectedDirectory } from "./dir_collect.ts";
import { DirectoryFiles } from "./dir_files.ts";
import { ContentHold } from "./dir_hold.ts";
import { DirectoryManifests } from "./dir_manifests.ts";
import type { DirectorySettings } from "./dir_options.ts";
import { uploadsName } from "./dir_paths.ts";
import { DirectoryUpload, sweepUploads } from "./dir_upload.ts";
import { collectRepository, type GcResult, type GcRun } from "./gc.ts";
import type { CatalogView } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";
import type { Bytes, ManifestPut, RepositoryStore, UploadBeginning, UploadFile } from "./store.ts";

/** What the repositories of a directory store share. */
export interface DirectoryParts {
  /** The directory of all repositories, without links. */
  readonly root: string;
  /** How files are kept. */
  readonly settings: DirectorySettings;
  /** The manifests that were used last. */
  readonly cache: ByteCache;
  /** Which repositories hold which blobs. */
  readonly places: BlobPlaces;
  /** Finds the files of another repository; `undefined` when it does not exist. */
  readonly filesOf: (name: string) => Promise<DirectoryFiles | undefined>;
}

/** A repository in a directory. */
export class DirectoryRepository implements RepositoryStore {
  /** Its files. */
  readonly files: DirectoryFiles;
  /** Whether something was ever stored. */
  isCreated = false;
  readonly #parts: DirectoryParts;
  readonly #manifests: DirectoryManifests;
  readonly #hold: ContentHold;
  #checkedAt = -Infinity;
  #creating: Promise<void> | undefined;

  /**
   * Names a repository. Nothing is read yet.
   *
   * @param name Its name.
   * @param path Its directory.
   * @param parts What the repositories share.
   */
  constructor(readonly name: string, path: string, parts: DirectoryParts) {
    this.#parts = parts;
    this.files = new DirectoryFiles(path, parts.settings);
    this.#manifests = new DirectoryManifests(this.files, parts.settings);
    this.#hold = new ContentHold(path);
  }

  /** The manifests and tags. */
  get catalog(): CatalogView {
    return this.#manifests.catalog;
  }

  /** Reads what is there; removes what an earlier run left behind. */
  async open(): Promise<void> {
    const { settings } = this.#parts;
    await this.refresh();
    if (!settings.isReadOnly) await this.#sweepUploads();
  }

  /**
   * Looks for changes by other programs, unless that was done a moment ago.
   *
   * @returns Nothing when it was; else when what is in memory is up to date.
   */
  refreshIfDue(): Promise<void> | undefined {
    const due = this.#checkedAt + this.#parts.settings.pollMs;
    return this.#parts.settings.now() < due || this.#manifests.index.isBusy ? undefined : this.refresh();
  }

  /** Looks for changes by other programs. */
  async refresh(): Promise<void> {
    this.#checkedAt = this.#parts.settings.now();
    await this.#manifests.index.refresh();
    this.isCreated = await isMarked(this.files.path);
  }

  /**
   * Reads a known manifest's bytes.
   *
   * @param record The manifest.
   * @returns The bytes; `undefined` when they are gone.
   */
  readManifest(record: ManifestRecord): Bytes | Promise<Bytes | undefined> {
    return this.#parts.cache.get(record.digest) ?? this.#readManifest(record.digest);
  }

  /**
   * Stores a manifest and its tags.
   *
   * @param put The manifest.
   */
  async putManifest(put: ManifestPut): Promise<void> {
    const { record: { digest }, bytes } = put;
    await this.#ensureCreated();
    await this.#manifests.put(put, () => {
      this.#parts.cache.set(digest, bytes);
      this.#parts.places.add(digest, this.name);
    });
  }

  /**
   * Removes a tag.
   *
   * @param tag The tag.
   * @returns Whether there was one.
   */
  async untag(tag: string): Promise<boolean> {
    if (!this.isCreated) return false;
    await this.#ensureCreated();
    return await this.#manifests.untag(tag);
  }

  /**
   * Removes a manifest and its tags.
   *
   * @param digest The manifest.
   * @returns Whether there was one.
   */
  async deleteManifest(digest: Digest): Promise<boolean> {
    if (!this.isCreated) return false;
    await this.#ensureCreated();
    return await this.#manifests.delete(digest, () => this.#removeBlob(digest));
  }

  /**
   * Gives a blob's length to somebody who may rely on it.
   *
   * @param digest The blob.
   * @returns The length in bytes; `undefined` when there is no such blob.
   */
  async statBlob(digest: Digest): Promise<number | undefined> {
    const size = await this.files.refresh(digest);
    if (size !== undefined) this.#parts.places.add(digest, this.name);
    return size;
  }

  /**
   * Opens a part of a blob.
   *
   * @param digest The blob.
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   */
  openBlob(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes> | Bytes> {
    return this.files.open(digest, start, length);
  }

  /**
   * Removes a blob.
   *
   * @param digest The blob.
   * @returns Whether there was one.
   */
  deleteBlob(digest: Digest): Promise<boolean> {
    return this.#removeBlob(digest);
  }

  /**
   * Links a blob of another repository.
   *
   * @param digest The blob.
   * @param from The other repository.
   * @returns Whether that has it.
   */
  async mountBlob(digest: Digest, from: RepositoryStore): Promise<boolean> {
    return from instanceof DirectoryRepository && await this.#link(digest, from.files);
  }

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @returns The upload.
   */
  beginUpload(beginning: UploadBeginning): Promise<UploadFile> {
    return DirectoryUpload.begin(beginning, this.files, (digest) => this.#beforeCommit(digest));
  }

  /**
   * Finds an upload of an earlier run.
   *
   * @param id Its id.
   * @returns The upload, if it is there.
   */
  resumeUpload(id: string): Promise<UploadFile | undefined> {
    return DirectoryUpload.resume(id, this.files, (digest) => this.#beforeCommit(digest));
  }

  /**
   * Collects garbage, unless another program is writing.
   *
   * @param run What to spare.
   * @returns What went; `undefined` when another program is writing.
   */
  async collect(run: GcRun): Promise<GcResult | undefined> {
    const collected = new CollectedDirectory({
      name: this.name,
      files: this.files,
      manifests: this.#manifests,
      onRemove: (digest) => this.#parts.places.remove(digest, this.name),
    });
    let result: GcResult | undefined;
    const task = async () => void (result = await collectRepository(collected, run));
    await this.refresh();
    if (run.isDryRun === true) await task();
    else {
      await this.#hold.alone(task);
      await this.#sweepUploads();
    }
    return result;
  }

  /** Lets other programs collect garbage here until the next change. */
  async rest(): Promise<void> {
    await this.#hold.rest();
  }

  async #sweepUploads(): Promise<void> {
    const { now, uploadIdleMs } = this.#parts.settings;
    await sweepUploads(`${this.files.path}/${uploadsName}`, now() - uploadIdleMs);
  }

  async #readManifest(digest: Digest): Promise<Bytes | undefined> {
    const bytes = await this.files.readManifest(digest);
    if (bytes !== undefined) this.#parts.cache.set(digest, bytes);
    return bytes;
  }

  /** A duplicate of a blob in another repository becomes a link to that one. */
  async #beforeCommit(digest: Digest): Promise<boolean> {
    await this.#ensureCreated();
    for (const name of this.#parts.places.get(digest)) {
      const files = name === this.name ? undefined : await this.#parts.filesOf(name);
      if (files !== undefined && await this.#link(digest, files)) return true;
    }
    this.#parts.places.add(digest, this.name);
    return false;
  }

  async #link(digest: Digest, from: DirectoryFiles): Promise<boolean> {
    await this.#ensureCreated();
    const isLinked = await this.files.link(digest, from);
    if (isLinked) this.#parts.places.add(digest, this.name);
    return isLinked;
  }

  async #removeBlob(digest: Digest): Promise<boolean> {
    this.#parts.places.remove(digest, this.name);
    return await this.files.remove(digest);
  }

  #ensureCreated(): Promise<void> {
    if (this.isCreated) return this.#hold.share() ?? Promise.resolve();
    return this.#creating ??= this.#create().finally(() => this.#creating = undefined);
  }

  async #create(): Promise<void> {
    await this.files.make(this.#parts.root);
    await this.#hold.share();
    const { path, settings } = this.files;
    if (!await isMarked(path)) await writeMarker(path, settings.syncsFiles);
    await this.#manifests.index.change({ apply: (entries) => entries, commit: () => this.isCreated = true });
  }
}
