/**
 * One upload in progress: bytes go to the store's file and through a hash at the same time.
 *
 * @module
 */

import { createHasher, type Digest, type Hasher } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import { readBlocks } from "../body_blocks.ts";
import { noRoom } from "../limits/quota.ts";
import type { Bytes, RepositoryStore, UploadFile } from "../store/store.ts";

/** What a body is expected to be. */
export interface ReceiveOptions {
  /** The length of the body, if stated. */
  readonly length: number | undefined;
  /** The largest size of the whole upload in bytes. */
  readonly maxBytes: number;
  /** How many bytes there is room for; unlimited by default. */
  readonly room?: number | undefined;
  /** The time without a byte after which the body is given up, in milliseconds. */
  readonly idleMs: number;
  /** The algorithm the upload will be verified with, when this is known before the first byte. */
  readonly algorithm?: string | undefined;
}

/** An upload between its beginning and its end. */
export class Upload {
  /** Whether a request is adding bytes or finishing. */
  isBusy = false;
  /** When it was last used, in milliseconds since the epoch. */
  usedAt: number;
  #hasher: Hasher | undefined;
  #algorithm: string;
  #hashed = 0;

  /**
   * Wraps what the store keeps of an upload.
   *
   * @param repository The repository it belongs to.
   * @param file The store's part.
   * @param now The time in milliseconds since the epoch.
   */
  constructor(readonly repository: RepositoryStore, readonly file: UploadFile, now: number) {
    this.#algorithm = file.algorithm;
    this.usedAt = now;
  }

  /** How many bytes are kept. */
  get size(): number {
    return this.file.size;
  }

  /**
   * Takes a body's bytes. What arrived before a connection broke is kept; a body of another length than stated is taken back.
   *
   * @param body The body.
   * @param options What it is expected to be.
   * @throws {ApiError} 400 `SIZE_INVALID`; 413 when the upload gets too large.
   */
  async receive(body: ReadableStream<Bytes>, options: ReceiveOptions): Promise<void> {
    const start = this.file.size;
    await this.#prepareHash(options.algorithm);
    let received = 0;
    const look = (block: Bytes) => {
      received += block.length;
      if (options.length !== undefined && received > options.length) throw wrongLength(options.length, received);
      if (start + received > options.maxBytes) {
        throw new ApiError(413, "SIZE_INVALID", `the blob is larger than ${options.maxBytes} bytes`);
      }
      if (start + received > (options.room ?? Infinity)) throw noRoom();
      this.#hasher?.update(block);
      this.#hashed += block.length;
    };
    try {
      await readBlocks(body, {
        length: options.length,
        idleMs: options.idleMs,
        look,
        write: (block) => this.file.append(block),
      });
      if (options.length !== undefined && received !== options.length) throw wrongLength(options.length, received);
    } catch (error) {
      if (this.#hashed !== this.file.size) this.#dropHash();
      if (error instanceof ApiError && error.status !== 408) await this.#takeBack(start);
      throw error;
    } finally {
      await this.file.pause();
    }
  }

  /**
   * Verifies the bytes and makes them a blob of the repository. On a mismatch they are removed.
   *
   * @param digest The digest they must have.
   * @throws {ApiError} 400 `DIGEST_INVALID`.
   */
  async finish(digest: Digest): Promise<void> {
    const algorithm = digest.slice(0, digest.indexOf(":"));
    const isHashed = this.#algorithm === algorithm && this.#hashed === this.file.size;
    const hasher = isHashed ? this.#hasher : undefined;
    const actual = hasher === undefined ? await this.#reread(algorithm) : hasher.digest();
    this.#dropHash();
    if (actual !== digest) {
      await this.file.discard();
      throw new ApiError(400, "DIGEST_INVALID", "the content does not have the digest", {
        detail: { expected: digest, actual },
      });
    }
    await this.file.commit(digest);
  }

  async #prepareHash(algorithm: string | undefined): Promise<void> {
    if (this.file.size > 0) return;
    if (this.#hasher !== undefined && (algorithm ?? this.#algorithm) === this.#algorithm && this.#hashed === 0) return;
    this.#algorithm = algorithm ?? this.#algorithm;
    this.#hashed = 0;
    this.#hasher = await createHasher(this.#algorithm);
  }

  async #reread(algorithm: string): Promise<Digest> {
    const hasher = await createHasher(algorithm);
    for await (const chunk of await this.file.read()) hasher.update(chunk);
    return hasher.digest();
  }

  async #takeBack(size: number): Promise<void> {
    this.#dropHash();
    await this.file.truncate(size);
  }

  #dropHash(): void {
    this.#hasher = undefined;
    this.#hashed = -1;
  }
}

function wrongLength(stated: number, received: number): ApiError {
  return new ApiError(400, "SIZE_INVALID", "the body is not as long as stated", { detail: { stated, received } });
}
