/**
 * The bytes of the manifests of one repository directory: those used last from memory, others from verified files.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import type { ByteCache } from "./byte_cache.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { DirectoryManifests } from "./dir_manifests.ts";
import { isQuarantined } from "./dir_verify.ts";
import type { Bytes } from "./store.ts";

/** Reads manifests. */
export class DirectoryManifestBytes {
  readonly #cache: ByteCache;
  readonly #files: DirectoryFiles;
  readonly #manifests: DirectoryManifests;

  /**
   * Names the manifests of a repository.
   *
   * @param cache Those used last, of all repositories.
   * @param files The repository's files.
   * @param manifests Its manifests.
   */
  constructor(cache: ByteCache, files: DirectoryFiles, manifests: DirectoryManifests) {
    this.#cache = cache;
    this.#files = files;
    this.#manifests = manifests;
  }

  /**
   * Reads a manifest.
   *
   * @param digest The manifest.
   * @returns Its bytes; `undefined` when there is no such file.
   * @throws {ApiError} 500 when it is damaged; it is unknown afterwards.
   */
  read(digest: Digest): Bytes | Promise<Bytes | undefined> {
    return this.#cache.get(digest) ?? this.#readFile(digest);
  }

  async #readFile(digest: Digest): Promise<Bytes | undefined> {
    // Twice at most: the file may be replaced by a good one between the reading and the look at what else is there.
    for (let isSecond = false;; isSecond = true) {
      const bytes = await this.#files.readManifest(digest);
      if (bytes !== undefined) {
        this.#cache.set(digest, bytes);
        return bytes;
      }
      const isThere = await this.#files.stat(digest) !== undefined;
      if (!isThere && !await isQuarantined(this.#files.path, digest)) return undefined;
      if (isSecond) break;
    }
    await this.#manifests.noteDamage(digest);
    throw new ApiError(500, "UNKNOWN", "the stored manifest is damaged");
  }
}
