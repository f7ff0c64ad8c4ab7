/**
 * Uploads of the directory store: one file each, which survives a restart, and one beside it that says whose it is.
 *
 * @module
 */

import { isMissing, unlessMissing } from "../../layout/io_error.ts";
import { blobPath } from "../../layout/layout_files.ts";
import { type Digest, parseDigest } from "../../oci/digest.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { readFilePart } from "./file_part.ts";
import { isJsonObject } from "./manifest_record.ts";
import type { Bytes, UploadBeginning, UploadFile } from "./store.ts";

/** Called when an upload becomes a blob, before its file is moved; tells whether the blob came from elsewhere already. */
export type BeforeCommit = (digest: Digest) => Promise<boolean>;

/** How many bytes may be written before the disk is set to work on them. */
const flushEveryBytes = 32 * 1024 * 1024;

/** An upload in a file. */
export class DirectoryUpload implements UploadFile {
  /** The session's id. */
  readonly id: string;
  /** The user who began it. */
  readonly user: string;
  /** The algorithm to hash with. */
  readonly algorithm: string;
  /** How many bytes are kept. */
  size: number;
  /** When it last changed. */
  changedAt: number;
  readonly #path: string;
  readonly #files: DirectoryFiles;
  readonly #before: BeforeCommit;
  #file: Deno.FsFile | undefined;
  #unflushed = 0;
  #flush: Promise<void> | undefined;
  readonly #failures: unknown[] = [];

  private constructor(
    beginning: UploadBeginning,
    state: { readonly path: string; readonly size: number; readonly changedAt: number },
    files: DirectoryFiles,
    before: BeforeCommit,
  ) {
    this.id = beginning.id;
    this.user = beginning.user;
    this.algorithm = beginning.algorithm;
    this.size = state.size;
    this.changedAt = state.changedAt;
    this.#path = state.path;
    this.#files = files;
    this.#before = before;
  }

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @param files The repository's files.
   * @param before Called before it becomes a blob.
   * @returns The upload, empty.
   */
  static async begin(
    beginning: UploadBeginning,
    files: DirectoryFiles,
    before: BeforeCommit,
  ): Promise<DirectoryUpload> {
    const path = `${await files.uploads()}/${beginning.id}`;
    const { user, algorithm } = beginning;
    await Deno.writeTextFile(`${path}.json`, JSON.stringify({ user, algorithm }));
    return new DirectoryUpload(beginning, { path, size: 0, changedAt: files.settings.now() }, files, before);
  }

  /**
   * Finds an upload of an earlier run.
   *
   * @param id Its id, which must have the form of one.
   * @param files The repository's files.
   * @param before Called before it becomes a blob.
   * @returns The upload, if its files are there.
   */
  static async resume(id: string, files: DirectoryFiles, before: BeforeCommit): Promise<DirectoryUpload | undefined> {
    const path = `${await files.uploads()}/${id}`;
    try {
      const about: unknown = JSON.parse(await Deno.readTextFile(`${path}.json`));
      // Before the first byte there is only what says whose it is.
      const data = await unlessMissing("read", path, () => Deno.lstat(path));
      const found = data ?? await Deno.lstat(`${path}.json`);
      if (!found.isFile || !isJsonObject(about)) return undefined;
      const { user, algorithm } = about;
      if (typeof user !== "string" || typeof algorithm !== "string") return undefined;
      const changedAt = found.mtime?.getTime() ?? files.settings.now();
      return new DirectoryUpload({ id, user, algorithm }, { path, size: data?.size ?? 0, changedAt }, files, before);
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /**
   * Adds bytes at the end.
   *
   * @param block The bytes.
   */
  async append(block: Bytes): Promise<void> {
    if (this.#file === undefined) {
      this.#file = await Deno.open(this.#path, { write: true, create: true });
      if (this.size > 0) await this.#file.seek(this.size, Deno.SeekMode.Start);
    }
    let rest = block;
    while (rest.length > 0) {
      const count = await this.#file.write(rest);
      rest = rest.subarray(count);
      this.size += count;
    }
    this.changedAt = this.#files.settings.now();
    this.#unflushed += block.length;
    if (this.#unflushed >= flushEveryBytes && this.#flush === undefined && this.#files.settings.syncsFiles) {
      this.#unflushed = 0;
      this.#flush = this.#flushBeside();
    }
  }

  /**
   * Cuts the upload back.
   *
   * @param size The size to keep.
   */
  async truncate(size: number): Promise<void> {
    await this.pause();
    if (this.size > 0) await Deno.truncate(this.#path, size);
    this.size = size;
  }

  /**
   * Closes the file until the next bytes come.
   *
   * @returns When it is closed.
   */
  pause(): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    return Promise.resolve();
  }

  /**
   * Reads back what is kept.
   *
   * @param start The first byte; 0 by default.
   * @param length How many bytes; all from there on by default.
   * @returns The bytes.
   */
  async read(start = 0, length: number = this.size - start): Promise<ReadableStream<Bytes>> {
    if (length === 0) return ReadableStream.from([]);
    const part = await readFilePart(this.#path, start, length);
    return part instanceof ReadableStream ? part : ReadableStream.from([part]);
  }

  /**
   * Makes the bytes a blob of the repository.
   *
   * @param digest Their digest.
   */
  async commit(digest: Digest): Promise<void> {
    await this.pause();
    const directory = await this.#files.blobsOf(parseDigest(digest).algorithm);
    if (await this.#before(digest) || await this.#files.refresh(digest) !== undefined) return await this.discard();
    if (this.size === 0) await Deno.writeFile(this.#path, new Uint8Array(0));
    await this.#flush;
    if (this.#files.settings.syncsFiles) await syncFile(this.#path);
    // The system reports a failed flush once: to the one that ran beside the writing.
    if (this.#failures.length > 0) throw this.#failures[0];
    await Deno.rename(this.#path, blobPath(this.#files.path, digest));
    await Promise.all([this.#files.sync(directory), removeQuietly(`${this.#path}.json`)]);
    this.size = 0;
  }

  /** Removes the files. */
  async discard(): Promise<void> {
    await this.pause();
    await this.#flush;
    await removeQuietly(this.#path);
    await removeQuietly(`${this.#path}.json`);
    this.size = 0;
  }

  /** A flush that runs beside the writing leaves little to wait for at the end. */
  async #flushBeside(): Promise<void> {
    try {
      // Through a handle of its own: the runtime lets nothing else happen on one that is flushing.
      await syncFile(this.#path);
    } catch (error) {
      this.#failures.push(error);
    }
    this.#flush = undefined;
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.syncData();
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Removes uploads that nobody touched for long, as an earlier run may have left them.
 *
 * @param directory The directory of uploads.
 * @param olderThan The time before which they were last changed, in milliseconds since the epoch.
 */
export async function sweepUploads(directory: string, olderThan: number): Promise<void> {
  try {
    for await (const entry of Deno.readDir(directory)) {
      const path = `${directory}/${entry.name}`;
      if (!entry.isFile || ((await Deno.lstat(path)).mtime?.getTime() ?? Infinity) >= olderThan) continue;
      if (entry.name.endsWith(".json") && await isFresh(path.slice(0, -".json".length), olderThan)) continue;
      await Deno.remove(path);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function isFresh(path: string, olderThan: number): Promise<boolean> {
  try {
    return ((await Deno.lstat(path)).mtime?.getTime() ?? 0) >= olderThan;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
