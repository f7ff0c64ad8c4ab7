/**
 * Uploads of the directory store: one file each, which survives a restart, and one beside it that says whose it is.
 *
 * @module
 */

import { isMissing, unlessMissing } from "../../layout/io_error.ts";
import { blobPath } from "../../layout/layout_files.ts";
import { syncFile } from "../../layout/temp_file.ts";
import { type Digest, parseDigest } from "../../oci/digest.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { exists, uploadsName } from "./dir_paths.ts";
import { openUploads } from "./dir_upload_sweep.ts";
import { readFilePart } from "./file_part.ts";
import { isJsonObject } from "./manifest_record.ts";
import type { Bytes, UploadBeginning, UploadFile } from "./store.ts";
import { uploadGone } from "./upload_gone.ts";

/** What an upload needs of its repository. */
export interface UploadHome {
  /** The repository's files. */
  readonly files: DirectoryFiles;
  /** Runs a task that puts files into the repository's directory. */
  readonly visit: <T>(task: () => Promise<T>) => Promise<T>;
  /** Called when an upload becomes a blob, before its file is moved; tells whether the blob came from elsewhere already. */
  readonly beforeCommit: (digest: Digest) => Promise<boolean>;
}

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
  #changedAt: number;
  readonly #path: string;
  readonly #home: UploadHome;
  #file: Deno.FsFile | undefined;
  #holds = 0;
  #unflushed = 0;
  #flush: Promise<void> | undefined;
  readonly #failures: unknown[] = [];

  private constructor(
    beginning: UploadBeginning,
    state: { readonly path: string; readonly size: number; readonly changedAt: number },
    home: UploadHome,
  ) {
    this.id = beginning.id;
    this.user = beginning.user;
    this.algorithm = beginning.algorithm;
    this.size = state.size;
    this.#changedAt = state.changedAt;
    this.#path = state.path;
    this.#home = home;
  }

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @param home What it needs of its repository.
   * @returns The upload, empty.
   */
  static begin(beginning: UploadBeginning, home: UploadHome): Promise<DirectoryUpload> {
    return home.visit(async () => {
      const path = `${await home.files.uploads()}/${beginning.id}`;
      const { user, algorithm } = beginning;
      const upload = new DirectoryUpload(beginning, { path, size: 0, changedAt: home.files.settings.now() }, home);
      using _held = upload.hold();
      try {
        await Deno.writeTextFile(`${path}.json`, JSON.stringify({ user, algorithm }));
      } catch (error) {
        await Promise.allSettled([upload.discard()]);
        throw error;
      }
      return upload;
    });
  }

  /**
   * Finds an upload of an earlier run.
   *
   * @param id Its id, which must have the form of one.
   * @param home What it needs of its repository.
   * @returns The upload, if its files are there.
   */
  static async resume(id: string, home: UploadHome): Promise<DirectoryUpload | undefined> {
    const { files } = home;
    const path = `${files.path}/${uploadsName}/${id}`;
    try {
      const about: unknown = JSON.parse(await Deno.readTextFile(`${path}.json`));
      // Before the first byte there is only what says whose it is.
      const data = await unlessMissing("read", path, () => Deno.lstat(path));
      const found = data ?? await Deno.lstat(`${path}.json`);
      if (!found.isFile || !isJsonObject(about)) return undefined;
      const { user, algorithm } = about;
      if (typeof user !== "string" || typeof algorithm !== "string") return undefined;
      const changedAt = found.mtime?.getTime() ?? files.settings.now();
      return new DirectoryUpload({ id, user, algorithm }, { path, size: data?.size ?? 0, changedAt }, home);
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** When it last changed: now, as long as it is in use. */
  get changedAt(): number {
    return this.#holds > 0 || this.#file !== undefined ? this.#home.files.settings.now() : this.#changedAt;
  }

  /**
   * Keeps the sweep of idle uploads away.
   *
   * @returns Ends that; its idle time begins then.
   */
  hold(): Disposable {
    this.#holds++;
    openUploads(this.#home.files).set(this.id, this);
    return {
      [Symbol.dispose]: () => {
        this.#holds--;
        this.#changedAt = this.#home.files.settings.now();
      },
    };
  }

  /**
   * Tells whether its files were not removed meanwhile.
   *
   * @returns Whether they are there.
   */
  isThere(): Promise<boolean> {
    // Before the first byte there is only what says whose it is.
    return exists(this.size > 0 ? this.#path : `${this.#path}.json`);
  }

  /**
   * Adds bytes at the end.
   *
   * @param block The bytes.
   * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN` when it was removed meanwhile.
   */
  async append(block: Bytes): Promise<void> {
    const file = this.#file ??= await this.#open();
    let rest = block;
    while (rest.length > 0) {
      const count = await file.write(rest);
      rest = rest.subarray(count);
      this.size += count;
    }
    this.#changedAt = this.#home.files.settings.now();
    this.#unflushed += block.length;
    if (this.#unflushed >= flushEveryBytes && this.#flush === undefined && this.#home.files.settings.syncsFiles) {
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
    if (this.size > 0) await unlessGone(() => Deno.truncate(this.#path, size));
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
    const part = await unlessGone(() => readFilePart(this.#path, start, length));
    return part instanceof ReadableStream ? part : ReadableStream.from([part]);
  }

  /**
   * Makes the bytes a blob of the repository.
   *
   * @param digest Their digest.
   * @returns When it is one.
   * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN` when it was removed meanwhile.
   */
  commit(digest: Digest): Promise<void> {
    return this.#home.visit(() => this.#commit(digest));
  }

  /** Removes the files. */
  async discard(): Promise<void> {
    await this.pause();
    await this.#flush;
    await removeQuietly(this.#path);
    await removeQuietly(`${this.#path}.json`);
    this.#forget();
  }

  /** One whose bytes were removed since nobody touched it must not go on with a hole in their place. */
  async #open(): Promise<Deno.FsFile> {
    const file = await unlessGone(() => Deno.open(this.#path, { write: true, create: this.size === 0 }));
    if (this.size > 0) await file.seek(this.size, Deno.SeekMode.Start);
    return file;
  }

  #forget(): void {
    this.size = 0;
    const open = openUploads(this.#home.files);
    if (open.get(this.id) === this) open.delete(this.id);
  }

  async #commit(digest: Digest): Promise<void> {
    const { files, beforeCommit } = this.#home;
    await this.pause();
    const directory = await files.blobsOf(parseDigest(digest).algorithm);
    if (await beforeCommit(digest)) return await this.discard();
    if (this.size === 0) await Deno.writeFile(this.#path, new Uint8Array(0));
    await this.#flush;
    if (files.settings.syncsFiles) await unlessGone(() => syncFile(this.#path));
    // The system reports a failed flush once: to the one that ran beside the writing.
    if (this.#failures.length > 0) throw this.#failures[0];
    // Also over a file that is there already: this one was just verified, and that one may be damaged.
    await unlessGone(() => Deno.rename(this.#path, blobPath(files.path, digest)));
    await files.refresh(digest);
    await Promise.all([files.sync(directory), removeQuietly(`${this.#path}.json`)]);
    this.#forget();
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

async function unlessGone<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw isMissing(error) ? uploadGone() : error;
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
