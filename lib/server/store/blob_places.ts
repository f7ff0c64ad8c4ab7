/**
 * Remembers which repositories were seen to hold a blob, so that mounts and duplicates find it without a search.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";

const maxDigests = 50_000;
const maxPlaces = 8;

/** Repositories by digest: hints, to be checked on use. */
export class BlobPlaces {
  readonly #names = new Map<Digest, Set<string>>();

  /**
   * Remembers that a repository holds a blob.
   *
   * @param digest The blob.
   * @param name The repository.
   */
  add(digest: Digest, name: string): void {
    let names = this.#names.get(digest);
    if (names === undefined) {
      this.#names.set(digest, names = new Set());
      const [oldest] = this.#names.keys();
      if (this.#names.size > maxDigests && oldest !== undefined) this.#names.delete(oldest);
    }
    if (names.size < maxPlaces) names.add(name);
  }

  /**
   * Forgets that a repository holds a blob.
   *
   * @param digest The blob.
   * @param name The repository.
   */
  remove(digest: Digest, name: string): void {
    const names = this.#names.get(digest);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(digest);
  }

  /**
   * Gives the repositories that were seen to hold a blob.
   *
   * @param digest The blob.
   * @returns Their names.
   */
  get(digest: Digest): readonly string[] {
    return [...this.#names.get(digest) ?? []];
  }
}
