/**
 * Files that appear complete or not at all: written beside their place, flushed, then renamed.
 *
 * @module
 */

import { ioError, isMissing } from "./io_error.ts";
import { tempPath } from "./layout_files.ts";

/**
 * How many bytes may be written before the disk is set to work on them: a flush that runs beside the writing leaves little
 * to wait for at the end.
 */
const flushEveryBytes = 32 * 1024 * 1024;

/** How a file gets its name. */
export interface CommitOptions {
  /** Its mode; that of new files by default. */
  readonly mode?: number | undefined;
  /**
   * Looked at right before, with nothing in between: whether the file is still wanted; always by default. It gets the inode
   * that the file will have under its name.
   */
  readonly isWanted?: ((inode: number | null) => boolean) | undefined;
}

/** A file under a temporary name. Either {@linkcode TempFile.commit} or {@linkcode TempFile.discard} ends it. */
export class TempFile {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #isDurable: boolean;
  #unflushed = 0;
  #flush: Promise<void> | undefined;
  readonly #failures: unknown[] = [];

  private constructor(file: Deno.FsFile, path: string, isDurable: boolean) {
    this.#file = file;
    this.#path = path;
    this.#isDurable = isDurable;
  }

  /**
   * Creates a temporary file; missing directories are created too.
   *
   * @param directory Where it will stand.
   * @param stem What it will be called, as far as known.
   * @param isDurable Whether the bytes must be on the disk before the file gets its name.
   * @returns The file, empty.
   * @throws {RegkitError} `IO` when it cannot be created.
   */
  static async create(directory: string, stem: string, isDurable: boolean): Promise<TempFile> {
    const path = tempPath(directory, stem);
    const open = () => Deno.open(path, { createNew: true, write: true });
    try {
      return new TempFile(await open(), path, isDurable);
    } catch (error) {
      if (!isMissing(error)) throw ioError(error, "write", path);
    }
    try {
      await Deno.mkdir(directory, { recursive: true });
      return new TempFile(await open(), path, isDurable);
    } catch (error) {
      throw ioError(error, "write", path);
    }
  }

  /**
   * Appends bytes.
   *
   * @param bytes The bytes; they must not change until the promise is settled.
   * @throws {RegkitError} `IO` when the disk refuses them.
   */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      let rest = bytes;
      while (rest.length > 0) rest = rest.subarray(await this.#file.write(rest));
    } catch (error) {
      throw ioError(error, "write", this.#path);
    }
    this.#unflushed += bytes.length;
    if (this.#isDurable && this.#unflushed >= flushEveryBytes && this.#flush === undefined) {
      this.#unflushed = 0;
      this.#flush = this.#flushBeside();
    }
  }

  /**
   * Gives the file its name, after its bytes are on the disk if that was asked for.
   *
   * @param path The final path, in the same directory.
   * @param options The file's mode, and whether it is still wanted when its bytes are on the disk.
   * @returns Whether it got its name; when it was not wanted any more, it is removed.
   * @throws {RegkitError} `IO` when that fails; the temporary file is removed then.
   */
  async commit(path: string, options: CommitOptions = {}): Promise<boolean> {
    const { mode, isWanted } = options;
    try {
      if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(this.#path, mode);
      await this.#flush;
      if (this.#isDurable) await this.#file.sync();
      // The system reports a failed flush once: to the one that ran beside the writing.
      if (this.#failures.length > 0) throw this.#failures[0];
    } catch (error) {
      await this.discard();
      throw ioError(error, "write", path);
    }
    const inode = isWanted === undefined ? null : this.#file.statSync().ino;
    this.#file.close();
    try {
      if (isWanted === undefined) await Deno.rename(this.#path, path);
      else if (isWanted(inode)) Deno.renameSync(this.#path, path);
      else {
        await this.#remove();
        return false;
      }
      return true;
    } catch (error) {
      await this.#remove();
      throw ioError(error, "write", path);
    }
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    await this.#flush;
    this.#file.close();
    await this.#remove();
  }

  async #flushBeside(): Promise<void> {
    try {
      await this.#file.syncData();
    } catch (error) {
      this.#failures.push(error);
    }
    this.#flush = undefined;
  }

  /** What cannot be removed is left to garbage collection; the first failure matters more. */
  async #remove(): Promise<void> {
    await Promise.allSettled([Deno.remove(this.#path)]);
  }
}

/**
 * Writes a small file whole or not at all.
 *
 * @param directory Where it stands.
 * @param name What it is called.
 * @param bytes Its content.
 * @param isDurable Whether the bytes must be on the disk before the file is visible.
 * @param options The file's mode, and whether it is still wanted when its bytes are on the disk.
 * @returns Whether it was written: not when it was not wanted any more.
 * @throws {RegkitError} `IO` when it cannot be written.
 */
export async function writeWholeFile(
  directory: string,
  name: string,
  bytes: Uint8Array,
  isDurable: boolean,
  options: CommitOptions = {},
): Promise<boolean> {
  const temp = await TempFile.create(directory, name, isDurable);
  try {
    await temp.write(bytes);
  } catch (error) {
    await temp.discard();
    throw error;
  }
  return await temp.commit(`${directory}/${name}`, options);
}

/**
 * Makes the bytes of a file survive a power cut.
 *
 * @param path The file.
 */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.syncData();
}

/**
 * Makes renames and new files in a directory survive a power cut.
 *
 * @param directory The directory.
 * @throws {RegkitError} `IO` when the disk fails.
 */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows has no such call; its file systems log renames by themselves.
  if (Deno.build.os === "windows") return;
  try {
    using file = await Deno.open(directory, { read: true });
    await file.sync();
  } catch (error) {
    throw ioError(error, "write", directory);
  }
}
