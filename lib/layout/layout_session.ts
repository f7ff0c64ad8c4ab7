/**
 * One handle's hold on a layout: the locks, the index and what has to be done at the end.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { collectGarbage } from "./garbage_collect.ts";
import type { IndexEntries } from "./index_entries.ts";
import { formatIndex, isMarked, type LayoutIndex, readIndexFile, writeIndexFile, writeMarker } from "./index_file.ts";
import { ioError, isMissing, unlessMissing } from "./io_error.ts";
import { blobPath, contentLockName, indexLockName, indexName, markerName } from "./layout_files.ts";
import type { ResolvedLayoutOptions } from "./layout_options.ts";
import { type FileLock, takeLock, tryLock } from "./lock.ts";
import { joinPlace, leavePlace, type Place } from "./place.ts";
import { syncDirectory } from "./temp_file.ts";

const maxAttempts = 3;

/** Makes new entries of an index; `undefined` leaves it as it is. */
export type IndexEdit = (
  entries: IndexEntries,
) => IndexEntries | undefined | Promise<IndexEntries | undefined>;

/** The state of one open handle. Nothing is touched before it is needed. */
export class LayoutSession {
  /** The absolute path of the directory. */
  readonly root: string;
  /** How it was opened. */
  readonly options: ResolvedLayoutOptions;
  #place: Place | undefined;
  #contentLock: FileLock | undefined;
  #opening: Promise<void> = Promise.resolve();
  #isWriter = false;
  #isModified = false;
  #closing: Promise<void> | undefined;
  #index: { readonly stamp: string; readonly index: LayoutIndex } | undefined;
  readonly #unsynced = new Set<string>();
  readonly #found = new Set<Digest>();

  /**
   * Creates a session.
   *
   * @param root The absolute path of the directory.
   * @param options How it is opened.
   */
  constructor(root: string, options: ResolvedLayoutOptions) {
    this.root = root;
    this.options = options;
  }

  /**
   * Prepares for reading: where a lock file shows that others of our kind write here, their garbage collection is kept away
   * until the handle is disposed. A directory without lock files stays without, and a reader waits for nobody.
   */
  async beginRead(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#contentLock !== undefined || this.#closing !== undefined) return;
    await this.#alone(() => this.#tryToShare());
  }

  /**
   * Prepares for writing: refuses directories that are not understood, holds garbage collection off until the handle is
   * disposed, and marks a new directory as a layout.
   *
   * @throws {RegkitError} `INVALID_LAYOUT` when `oci-layout` or `index.json` are not understood.
   */
  async beginWrite(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closing !== undefined) {
      throw new RegkitError("INVALID_ARGUMENT", `the handle to the layout ${this.root} is closed already`);
    }
    if (!this.#isWriter) await this.#alone(() => this.#becomeWriter(signal));
    this.#isModified = true;
  }

  /** What this process shares about the directory. */
  get place(): Place {
    this.#place ??= joinPlace(this.root, this.options.throttle);
    return this.#place;
  }

  /**
   * Reads the index as it is now.
   *
   * @returns The index; `undefined` when the layout has none.
   * @throws {RegkitError} `NOT_FOUND` when there is no layout; `INVALID_LAYOUT` when it is not understood.
   */
  async readIndex(): Promise<LayoutIndex | undefined> {
    const path = `${this.root}/${indexName}`;
    const info = await unlessMissing("read", path, () => Deno.stat(path));
    // A change always comes as a new file, so these three tell it from the one already read.
    const stamp = `${info?.ino} ${info?.mtime?.getTime()} ${info?.size}`;
    if (info !== undefined && this.#index?.stamp === stamp) return this.#index.index;
    await this.#checkMark(info !== undefined);
    const index = await readIndexFile(this.root);
    this.#index = index === undefined ? undefined : { stamp, index };
    return index;
  }

  /**
   * Changes the index while nobody else does.
   *
   * @param edit Gets the entries as they are on the disk.
   * @param signal Ends the waiting for others.
   */
  async editIndex(edit: IndexEdit, signal?: AbortSignal): Promise<void> {
    const done = await this.place.indexQueue.acquire(signal);
    try {
      const lock = await takeLock(`${this.root}/${indexLockName}`, "exclusive", { clock: this.options.clock, signal });
      try {
        const index = await readIndexFile(this.root);
        const entries = await edit(index?.entries ?? []);
        // From here on nothing is interrupted: the change is made whole.
        if (entries === undefined) return;
        await this.#flushDirectories();
        await writeIndexFile(this.root, formatIndex(index, entries), this.options.isDurable);
        this.#index = undefined;
        if (this.options.isDurable) await syncDirectory(this.root);
      } finally {
        lock.release();
      }
    } finally {
      done();
    }
  }

  /** Notes that a file was renamed into a directory, which is flushed before the index names the file. */
  noteRename(directory: string): void {
    if (this.options.isDurable) this.#unsynced.add(directory);
  }

  /**
   * Notes that content was found to be there already, which somebody may rely on: it is made young again, so that no
   * garbage collection takes it before it is referred to. A handle that only reads changes no times.
   */
  async noteFound(digest: Digest): Promise<void> {
    if (this.#isWriter) await this.#refresh(digest);
    else this.#found.add(digest);
  }

  /** When an entry is said to be created, in RFC 3339. */
  created(): string {
    const { sourceDateEpoch, clock } = this.options;
    const ms = sourceDateEpoch === undefined ? clock.now() : sourceDateEpoch * 1000;
    return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  }

  /** Lets go of everything, and collects garbage if the handle changed the layout and nobody else is at work. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#opening;
    try {
      if (this.#isModified) await this.#flushDirectories();
    } finally {
      // Dropped, never converted: two who wait to convert would wait for each other.
      this.#contentLock?.release();
      if (this.#isModified || this.#place?.isGarbageLeft === true) await this.#tryGarbageCollection(this.place);
      if (this.#place !== undefined) leavePlace(this.root);
    }
  }

  async #tryGarbageCollection(place: Place): Promise<void> {
    const { isGcEnabled, clock, logger } = this.options;
    if (!isGcEnabled) return;
    try {
      const lock = await tryLock(`${this.root}/${contentLockName}`, "exclusive", false);
      place.isGarbageLeft = lock === undefined;
      if (lock === undefined) return;
      try {
        await collectGarbage(this.root, { nowMs: clock.now(), logger });
      } finally {
        lock.release();
      }
    } catch (error) {
      logger.log("warn", "Garbage collection of the layout given up, nothing that is referred to was removed", {
        path: this.root,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Runs tasks that open locks one after the other, so that no lock is opened twice and forgotten. */
  #alone(task: () => Promise<void>): Promise<void> {
    const run = this.#opening.then(task);
    this.#opening = Promise.allSettled([run]).then(() => undefined);
    return run;
  }

  async #tryToShare(): Promise<void> {
    if (this.#contentLock !== undefined) return;
    try {
      this.#contentLock = await tryLock(`${this.root}/${contentLockName}`, "shared", false);
    } catch (error) {
      // Reading must not depend on a file system that can lock.
      this.options.logger.log("debug", "Layout read without a lock", { path: this.root, error: String(error) });
    }
    // Whoever holds the lock may have to collect the garbage that others could not.
    if (this.#contentLock !== undefined) void this.place;
  }

  async #becomeWriter(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isWriter) return;
    // Before anything is created: a directory that is refused must stay as it is.
    const hasIndex = await readIndexFile(this.root) !== undefined;
    await this.#checkMark(hasIndex);
    this.#contentLock ??= await this.#makeAndShare(signal);
    if (!await isMarked(this.root)) await writeMarker(this.root, this.options.isDurable);
    this.noteRename(this.root);
    void this.place;
    this.#isWriter = true;
    for (const digest of this.#found) await this.#refresh(digest);
    this.#found.clear();
  }

  /** Between the two steps a registry may remove the directory, if nothing is in it: then it is made again. */
  async #makeAndShare(signal: AbortSignal | undefined): Promise<FileLock> {
    for (let attempt = 1;; attempt++) {
      try {
        await Deno.mkdir(this.root, { recursive: true });
      } catch (error) {
        throw ioError(error, "create", this.root);
      }
      try {
        return await takeLock(`${this.root}/${contentLockName}`, "shared", { clock: this.options.clock, signal });
      } catch (error) {
        if (attempt >= maxAttempts || !(error instanceof RegkitError) || !isMissing(error.cause)) throw error;
      }
    }
  }

  async #checkMark(hasIndex: boolean): Promise<void> {
    if (await isMarked(this.root) || !hasIndex) return;
    // A registry that removes an empty layout takes the index first: then there is none to complain about.
    const indexPath = `${this.root}/${indexName}`;
    if (await unlessMissing("read", indexPath, () => Deno.stat(indexPath)) === undefined) return;
    const path = `${this.root}/${markerName}`;
    throw new RegkitError("INVALID_LAYOUT", `${this.root} has an ${indexName}, but ${path} does not exist`, {
      tip: `If it is an OCI layout, create that file with the content {"imageLayoutVersion":"1.0.0"}.`,
    });
  }

  async #refresh(digest: Digest): Promise<void> {
    const now = new Date(this.options.clock.now());
    // Not every file system and owner allows it; then only the lock protects.
    const [result] = await Promise.allSettled([Deno.utime(blobPath(this.root, digest), now, now)]);
    if (result?.status === "rejected") {
      this.options.logger.log("debug", "Time of a blob not refreshed", { path: this.root, digest });
    }
  }

  async #flushDirectories(): Promise<void> {
    const directories = [...this.#unsynced];
    this.#unsynced.clear();
    for (const directory of directories) await syncDirectory(directory);
  }
}
