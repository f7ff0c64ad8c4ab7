/**
 * The content files of one repository directory: looked up, opened, linked, removed. Links are never followed.
 *
 * @module
 */

import { isMissing } from "../layout/io_error.ts";
import { blobPath, blobsDirectory, blobsName, indexName, markerName, tempPath } from "../layout/layout_files.ts";
import { syncDirectory, writeWholeFile } from "../layout/temp_file.ts";
import { type Digest, digestBytes, parseDigest } from "../oci/digest.ts";
import { ApiError } from "./api_error.ts";
import type { DirectorySettings } from "./dir_options.ts";
import { uploadsName } from "./dir_paths.ts";
import { isEmptyBlob } from "./empty_blob.ts";
import { readFilePart } from "./file_part.ts";
import type { Bytes } from "./store.ts";

const maxManifestFile = 64 * 1024 * 1024;

/** The files of one repository. */
export class DirectoryFiles {
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
    try {
      const found = await Deno.lstat(blobPath(this.path, digest));
      if (!found.isFile || (found.size === 0 && !isEmptyBlob(digest))) return undefined;
      return found.size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Opens a part of a blob.
   *
   * @param digest The blob.
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   * @throws {ApiError} 404 `BLOB_UNKNOWN` when the file went away meanwhile.
   */
  async open(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes> | Bytes> {
    try {
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
    if (await this.stat(digest) === bytes.length) return;
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
    const directory = await this.blobsOf(parseDigest(digest).algorithm);
    const source = blobPath(from.path, digest);
    const target = blobPath(this.path, digest);
    try {
      await Deno.link(source, target);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return true;
      if (isMissing(error)) return false;
      await this.#copy(source, target, directory);
    }
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
    try {
      await Deno.remove(blobPath(this.path, digest));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    await this.sync(blobsDirectory(this.path, parseDigest(digest).algorithm));
    return true;
  }

  /**
   * Makes sure that there is a directory for blobs.
   *
   * @param algorithm The blobs' algorithm.
   * @returns Its path.
   */
  async blobsOf(algorithm: string): Promise<string> {
    const directory = blobsDirectory(this.path, algorithm);
    await Deno.mkdir(directory, { recursive: true });
    return directory;
  }

  /**
   * Makes sure that there is a directory for uploads.
   *
   * @returns Its path.
   */
  async uploads(): Promise<string> {
    const directory = `${this.path}/${uploadsName}`;
    await Deno.mkdir(directory, { recursive: true });
    return directory;
  }

  /**
   * Makes a directory's changes durable, if that is wanted.
   *
   * @param directory Its path.
   */
  async sync(directory: string): Promise<void> {
    if (this.settings.syncsDirectories) await syncDirectory(directory);
  }

  /**
   * Tells whether everything that requests may reach through the repository stands below a directory, links resolved.
   *
   * @param realRoot The directory, without links.
   * @returns Whether it does; also when nothing exists yet.
   */
  async isBelow(realRoot: string): Promise<boolean> {
    const parts = ["", uploadsName, blobsName, `${blobsName}/sha256`, `${blobsName}/sha512`, indexName, markerName];
    for (const part of parts) {
      try {
        const real = await Deno.realPath(part === "" ? this.path : `${this.path}/${part}`);
        if (!real.startsWith(`${realRoot}/`)) return false;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return true;
  }

  async #copy(source: string, target: string, directory: string): Promise<void> {
    const temp = tempPath(directory, "upload");
    try {
      await Deno.copyFile(source, temp);
      await Deno.rename(temp, target);
    } catch (error) {
      await Promise.allSettled([Deno.remove(temp)]);
      throw error;
    }
  }
}
