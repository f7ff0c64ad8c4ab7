/**
 * Keeps the content that was used last, up to a number of bytes.
 *
 * @module
 */

import type { Bytes } from "./store.ts";

/** Content by digest; the oldest goes first. */
export class ByteCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Bytes>();
  #size = 0;

  /**
   * Creates an empty cache.
   *
   * @param maxBytes How many bytes it keeps.
   */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Finds content.
   *
   * @param digest Its digest.
   * @returns The bytes, if they are kept.
   */
  get(digest: string): Bytes | undefined {
    const bytes = this.#entries.get(digest);
    // Moving an entry on each use would cost more than it brings while everything fits.
    if (bytes !== undefined && this.#size * 2 > this.#maxBytes) {
      this.#entries.delete(digest);
      this.#entries.set(digest, bytes);
    }
    return bytes;
  }

  /**
   * Keeps content; drops what was not used for longest when there is too much.
   *
   * @param digest Its digest.
   * @param bytes The bytes.
   */
  set(digest: string, bytes: Bytes): void {
    if (bytes.length > this.#maxBytes || this.#entries.has(digest)) return;
    this.#entries.set(digest, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#entries) {
      if (this.#size <= this.#maxBytes) return;
      this.#entries.delete(oldest);
      this.#size -= length;
    }
  }
}
