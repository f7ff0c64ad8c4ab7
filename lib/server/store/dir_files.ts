/**
 * The content files of one repository directory: looked up, opened, linked, removed. Links are never followed.
 *
 * @module
 */

import { isMissing, unlessMissing } from "../../layout/io_error.ts";
import { blobPath, blobsDirectory, blobsName, tempPath } from "../../layout/layout_files.ts";
import { syncFile, writeWholeFile } from "../../layout/temp_file.ts";
import { type Digest, digestBytes, parseDigest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import type { DirectorySettings } from "./dir_options.ts";
import { exists, uploadsName } from "./dir_paths.ts";
import { DirectoryFlushes } from "./dir_sync.ts";
import { quarantine, VerifiedFiles } from "./dir_verify.ts";
import { isEmptyBlob } from "./empty_blob.ts";
import { readFilePart } from "./file_part.ts";
import type { Bytes } from "./store.ts";

const maxManifestFile = 64 * 1024 * 1024;

/** The files of one repository. */
export class DirectoryFiles {
  readonly #pins = new Map<Digest, number>();
  readonly #made = new Set<string>();
  readonly #verified = new VerifiedFiles();
  readonly #flushes = new DirectoryFlushes();

  /**
   * Names the files of a repository.
   *
   * @param path The repository's directory.
   * @param settings How files are written.
   */
  constructor(readonly path: string, readonly settings: DirectorySettings) {}

  /**
   * Gives a blob's length.
   *
   * @param digest The blob.
   * @returns The length in bytes; `undefined` when there is no such file. A file that a power cut left empty does not count.
   */
  async stat(digest: Digest): Promise<number | undefined> {
    return (await this.#look(digest))?.size;
  }

  /**
   * Tells whether there is a file for a blob, be it an empty one that does not count.
   *
   * @param digest The blob.
   * @returns Whether there is.
   */
  async hasFile(digest: Digest): Promise<boolean> {
    return (await unlessMissing("read", this.path, () => Deno.lstat(blobPath(this.path, digest))))?.isFile === true;
  }

  /**
   * Gives a blob's length to somebody who will rely on it: it counts as new from now on, so that no garbage collection takes
   * it away.
   *
   * @param digest The blob.
   * @returns The length in bytes; `undefined` when there is no such file.
   */
  async refresh(digest: Digest): Promise<number | undefined> {
    const found = await this.#look(digest);
    const now = this.settings.now();
    if (found === undefined || this.settings.isReadOnly || now - found.changedAt < this.settings.refreshMs) {
      return found?.size;
    }
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1);
    try {
      await Deno.utime(blobPath(this.path, digest), new Date(now), new Date(now));
      if (this.settings.verifiesOnRead) await this.#verified.noteTime(this.path, digest, found.changedAt);
    } catch (error) {
      if (isMissing(error)) return undefined;
      // Not every file system and owner allows it.
      this.settings.logger.log("debug", "time of a blob not refreshed", { path: this.path, digest });
    } finally {
      const pins = (this.#pins.get(digest) ?? 1) - 1;
      if (pins > 0) this.#pins.set(digest, pins);
      else this.#pins.delete(digest);
    }
    return found.size;
  }

  /**
   * Tells whether somebody is about to rely on a blob.
   *
   * @param digest The blob.
   * @returns Whether it is being refreshed.
   */
  isPinned(digest: Digest): boolean {
    return this.#pins.has(digest);
  }

  /**
   * Opens a part of a blob.
   *
   * @param digest The blob.
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   * @throws {ApiError} 404 `BLOB_UNKNOWN` when the file went away meanwhile; 500 when it is to be verified and is damaged.
   */
  async open(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes> | Bytes> {
    try {
      if (this.settings.verifiesOnRead && !await this.#verified.verify(this.path, digest)) {
        await this.setAside(digest);
        throw new ApiError(500, "UNKNOWN", "the stored blob is damaged");
      }
      return await readFilePart(blobPath(this.path, digest), start, length);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new ApiError(404, "BLOB_UNKNOWN", "the blob is not in the repository", { detail: { digest } });
    }
  }

  /**
   * Reads and verifies a manifest.
   *
   * @param digest The manifest.
   * @returns Its bytes; `undefined` when there is no such file, or it holds something else.
   */
  async readManifest(digest: Digest): Promise<Bytes | undefined> {
    const size = await this.stat(digest);
    if (size === undefined || size > maxManifestFile) return undefined;
    const bytes = await Deno.readFile(blobPath(this.path, digest));
    if (await digestBytes(bytes, parseDigest(digest).algorithm) === digest) return bytes;
    this.settings.logger.log("error", "a stored manifest does not have its digest", { path: this.path, digest });
    return undefined;
  }

  /**
   * Writes a manifest's file unless it is there.
   *
   * @param digest The manifest.
   * @param bytes Its bytes.
   */
  async writeManifest(digest: Digest, bytes: Bytes): Promise<void> {
    if (await this.refresh(digest) === bytes.length && await this.isIntact(digest)) return;
    const { algorithm, hex } = parseDigest(digest);
    const directory = await this.blobsOf(algorithm);
    await writeWholeFile(directory, hex, bytes, this.settings.syncsFiles);
    await this.sync(directory);
  }

  /**
   * Takes a blob over from another directory as a hard link, or a copy where links are impossible.
   *
   * @param digest The blob.
   * @param from The files of the other repository.
   * @returns Whether the other has it.
   */
  async link(digest: Digest, from: DirectoryFiles): Promise<boolean> {
    if (await from.stat(digest) === undefined) return false;
    if (this.settings.verifiesOnRead && !await from.isIntact(digest)) return false;
    const directory = await this.blobsOf(parseDigest(digest).algorithm);
    const source = blobPath(from.path, digest);
    const target = blobPath(this.path, digest);
    try {
      await Deno.link(source, target);
    } catch (error) {
      if (isMissing(error)) return false;
      if (!(error instanceof Deno.errors.AlreadyExists)) await this.#copy(source, target, directory);
    }
    // A link has the time of what it links to, which may be old.
    if (await this.refresh(digest) === undefined) return false;
    await this.sync(directory);
    return true;
  }

  /**
   * Removes a blob.
   *
   * @param digest The blob.
   * @returns Whether there was one.
   */
  async remove(digest: Digest): Promise<boolean> {
    // What does not count as a blob is removed too, but nobody knew it.
    const wasThere = await this.stat(digest) !== undefined;
    try {
      await Deno.remove(blobPath(this.path, digest));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    await this.sync(blobsDirectory(this.path, parseDigest(digest).algorithm));
    return wasThere;
  }

  /**
   * Tells whether a blob still has its digest; read again only when its file has changed.
   *
   * @param digest The blob.
   * @returns Whether it is there and has it.
   */
  async isIntact(digest: Digest): Promise<boolean> {
    try {
      return await this.#verified.verify(this.path, digest);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /**
   * Moves a damaged blob out of the way.
   *
   * @param digest The blob.
   */
  async setAside(digest: Digest): Promise<void> {
    if (this.settings.isReadOnly) return;
    const path = await quarantine(this.path, digest);
    this.settings.logger.log("error", "a stored blob does not have its digest and was moved aside", { digest, path });
  }

  /**
   * Makes sure that there is a directory for the repository, also after a power cut.
   *
   * @param root The directory of all repositories.
   */
  async make(root: string): Promise<void> {
    await Deno.mkdir(this.path, { recursive: true });
    for (let path = this.path; path.length > root.length;) {
      path = path.slice(0, path.lastIndexOf("/"));
      await this.sync(path);
    }
  }

  /**
   * Makes sure that there is a directory for blobs.
   *
   * @param algorithm The blobs' algorithm.
   * @returns Its path.
   */
  async blobsOf(algorithm: string): Promise<string> {
    const directory = blobsDirectory(this.path, algorithm);
    if (this.#made.has(algorithm) && await exists(directory)) return directory;
    await Deno.mkdir(directory, { recursive: true });
    await this.sync(`${this.path}/${blobsName}`);
    await this.sync(this.path);
    this.#made.add(algorithm);
    return directory;
  }

  /**
   * Makes sure that there is a directory for uploads.
   *
   * @returns Its path.
   */
  async uploads(): Promise<string> {
    const directory = `${this.path}/${uploadsName}`;
    // Looked at each time: other programs may have removed it.
    if (this.#made.has(uploadsName) && await exists(directory)) return directory;
    await Deno.mkdir(directory, { recursive: true });
    this.#made.add(uploadsName);
    return directory;
  }

  /** Takes note that the directories were removed. */
  forgetDirectories(): void {
    this.#made.clear();
  }

  /**
   * Makes a directory's changes durable, if that is wanted.
   *
   * @param directory Its path.
   */
  async sync(directory: string): Promise<void> {
    if (this.settings.syncsDirectories) await this.#flushes.flush(directory);
  }

  async #look(digest: Digest): Promise<{ readonly size: number; readonly changedAt: number } | undefined> {
    try {
      const found = await Deno.lstat(blobPath(this.path, digest));
      if (!found.isFile || (found.size === 0 && !isEmptyBlob(digest))) return undefined;
      return { size: found.size, changedAt: found.mtime?.getTime() ?? Infinity };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #copy(source: string, target: string, directory: string): Promise<void> {
    const temp = tempPath(directory, "upload");
    try {
      await Deno.copyFile(source, temp);
      if (this.settings.syncsFiles) await syncFile(temp);
      await Deno.rename(temp, target);
    } catch (error) {
      await Promise.allSettled([Deno.remove(temp)]);
      throw error;
    }
  }
}
