/**
 * One repository of the directory store: an OCI layout whose manifests are known in memory.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { CollectedDirectory } from "./dir_collect.ts";
import { DirectoryFiles } from "./dir_files.ts";
import { DirectoryLife } from "./dir_life.ts";
import { DirectoryManifestBytes } from "./dir_manifest_bytes.ts";
import { DirectoryManifests } from "./dir_manifests.ts";
import type { DirectoryParts } from "./dir_parts.ts";
import { isRepository } from "./dir_paths.ts";
import { earlierUploads } from "./dir_earlier_uploads.ts";
import { DirectoryUpload, type UploadHome } from "./dir_upload.ts";
import { sweepUploads } from "./dir_upload_sweep.ts";
import { lastChange } from "./dir_vacate.ts";
import { DirectoryWatch } from "./dir_watch.ts";
import { collectRepository, type GcResult, type GcRun } from "./gc.ts";
import type { CatalogView } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";
import type { Bytes, EarlierUploads, ManifestPut, RepositoryStore, UploadBeginning, UploadFile } from "./store.ts";

/** A repository in a directory. */
export class DirectoryRepository implements RepositoryStore {
  /** Its files. */
  readonly files: DirectoryFiles;
  /** Its manifests and the file that lists them. */
  readonly manifests: DirectoryManifests;
  /** Its uploads of earlier runs. */
  readonly earlierUploads: EarlierUploads;
  readonly #parts: DirectoryParts;
  readonly #life: DirectoryLife;
  readonly #home: UploadHome;
  readonly #bytes: DirectoryManifestBytes;
  readonly #watch: DirectoryWatch;
  readonly #lostSince = new Map<Digest, number>();
  #collecting: Promise<unknown> = Promise.resolve();

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
    this.manifests = new DirectoryManifests(this.files, parts.settings);
    this.#bytes = new DirectoryManifestBytes(parts.cache, this.files, this.manifests);
    const { files, manifests: { index } } = this;
    this.#life = new DirectoryLife({
      name,
      root: parts.root,
      files,
      index,
      guests: parts.guests,
      onHold: () => parts.onHold(this),
    });
    this.#watch = new DirectoryWatch(index, this.#life, parts.settings);
    this.#home = {
      files,
      visit: (task) => this.#life.visit(task),
      beforeCommit: (digest) => this.#beforeCommit(digest),
    };
    this.earlierUploads = earlierUploads(this.#home);
  }

  /** Whether something was ever stored, and the repository not removed since. */
  get isCreated(): boolean {
    return this.#life.isCreated;
  }

  /** The manifests and tags. */
  get catalog(): CatalogView {
    return this.manifests.catalog;
  }

  /** Reads what is there; removes what an earlier run left behind. */
  async open(): Promise<void> {
    const { settings } = this.#parts;
    await this.refresh();
    if (settings.isReadOnly) return;
    await sweepUploads(this.files);
    if (this.manifests.needsRepair) {
      await this.#life.visit(async () => {
        await this.#life.begin();
        await this.manifests.repairListings();
      });
    }
  }

  /**
   * Looks for changes by other programs, unless that was done a moment ago.
   *
   * @returns Nothing when it was; else when what is in memory is up to date.
   */
  refreshIfDue(): Promise<void> | undefined {
    return this.#watch.ifDue();
  }

  /** Looks for changes by other programs. */
  refresh(): Promise<void> {
    return this.#watch.look();
  }

  /**
   * Tells whether a tag or digest stands for a damaged manifest.
   *
   * @param reference The tag or digest.
   * @returns Whether it does.
   */
  isDamaged(reference: string): boolean {
    return this.manifests.isDamaged(reference);
  }

  /**
   * Reads a known manifest's bytes.
   *
   * @param record The manifest.
   * @returns The bytes; `undefined` when they are gone.
   * @throws {ApiError} 500 when they are damaged.
   */
  readManifest(record: ManifestRecord): Bytes | Promise<Bytes | undefined> {
    return this.#bytes.read(record.digest);
  }

  /**
   * Stores a manifest and its tags.
   *
   * @param put The manifest.
   */
  async putManifest(put: ManifestPut): Promise<void> {
    const { record: { digest }, bytes } = put;
    await this.#life.visit(async () => {
      await this.#life.begin();
      await this.manifests.put(put, () => {
        this.#parts.cache.set(digest, bytes);
        this.#parts.places.add(digest, this.name);
      });
    });
  }

  /**
   * Removes a tag.
   *
   * @param tag The tag.
   * @returns Whether there was one.
   */
  untag(tag: string): Promise<boolean> {
    return this.#change(() => this.manifests.untag(tag));
  }

  /**
   * Removes a manifest and its tags.
   *
   * @param digest The manifest.
   * @returns Whether there was one.
   */
  deleteManifest(digest: Digest): Promise<boolean> {
    return this.#change(() => this.manifests.delete(digest, () => this.#removeBlob(digest)));
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
    return this.#life.visit(() => this.#removeBlob(digest));
  }

  /**
   * Links a blob of another repository.
   *
   * @param digest The blob.
   * @param from The other repository.
   * @returns Whether that has it.
   */
  async mountBlob(digest: Digest, from: RepositoryStore): Promise<boolean> {
    if (!(from instanceof DirectoryRepository)) return false;
    return await this.#life.visit(() => this.#link(digest, from.files));
  }

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @returns The upload.
   */
  beginUpload(beginning: UploadBeginning): Promise<UploadFile> {
    return DirectoryUpload.begin(beginning, this.#home);
  }

  /**
   * Collects garbage, unless another program is writing.
   *
   * @param run What to spare.
   * @returns What went; `undefined` when another program is writing.
   */
  collect(run: GcRun): Promise<GcResult | undefined> {
    const collecting = this.#collecting.then(() => this.#collect(run));
    this.#collecting = Promise.allSettled([collecting]);
    return collecting;
  }

  /** Lets other programs collect garbage here until the next change. */
  async rest(): Promise<void> {
    await this.#life.rest();
  }

  async #collect(run: GcRun): Promise<GcResult | undefined> {
    const { name, files } = this;
    // A run before this one may have removed it: then there is nothing to be locked.
    if (!await isRepository(files.path)) return { repository: name, manifests: [], blobs: [], isRemoved: false };
    // What is removed here must not make the repository look as if somebody used it.
    const changedAt = run.policy.removeEmpty ? await lastChange(files.path) : Infinity;
    await this.refresh();
    const collected = new CollectedDirectory({
      name,
      files,
      manifests: this.manifests,
      lostSince: this.#lostSince,
      onRemove: (digest) => this.#parts.places.remove(digest, name),
      end: (vacancy) => this.#life.end(vacancy, changedAt),
    });
    if (run.isDryRun === true) return await collectRepository(collected, run);
    await sweepUploads(files);
    let result: GcResult | undefined;
    await this.#life.alone(async () => void (result = await collectRepository(collected, run)));
    if (result?.isRemoved === true) await this.#life.removeDirectories();
    return result;
  }

  /** Changes what was stored: nothing in a repository that does not exist. */
  async #change(change: () => Promise<boolean>): Promise<boolean> {
    return await this.#life.visit(async () => {
      if (!this.isCreated) return false;
      await this.#life.begin();
      return await change();
    });
  }

  /** A duplicate of a blob in another repository becomes a link to that one. */
  async #beforeCommit(digest: Digest): Promise<boolean> {
    await this.#life.begin();
    if (await this.files.stat(digest) !== undefined) {
      // A good one stays, with its links; a damaged one is replaced by what was just verified.
      const isGood = await this.files.isIntact(digest);
      if (isGood) await this.files.refresh(digest);
      return isGood;
    }
    for (const name of this.#parts.places.get(digest)) {
      const files = name === this.name ? undefined : await this.#parts.filesOf(name);
      if (files !== undefined && await files.isIntact(digest) && await this.#link(digest, files)) return true;
    }
    this.#parts.places.add(digest, this.name);
    return false;
  }

  async #link(digest: Digest, from: DirectoryFiles): Promise<boolean> {
    await this.#life.begin();
    const isLinked = await this.files.link(digest, from);
    if (isLinked) this.#parts.places.add(digest, this.name);
    return isLinked;
  }

  async #removeBlob(digest: Digest): Promise<boolean> {
    this.#parts.places.remove(digest, this.name);
    return await this.files.remove(digest);
  }
}
