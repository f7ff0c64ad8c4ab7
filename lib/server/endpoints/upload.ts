/**
 * One upload in progress: bytes go to the store's file and through a hash at the same time.
 *
 * @module
 */

import { createHasher, type Digest, type Hasher } from "../../oci/digest.ts";
import { ApiError, toApiError } from "../api_error.ts";
import { readBlocks } from "../body_blocks.ts";
import { isNoRoom, type RoomHold } from "../limits/quota.ts";
import type { Bytes, RepositoryStore, UploadFile } from "../store/store.ts";

/** The file of an upload whose store removes it by itself when it was idle for long. */
export interface CanExpire {
  /** Makes it count as in use until what is given is disposed of; its idle time begins then. */
  hold(): Disposable;
  /** Tells whether its bytes were not removed meanwhile. */
  isThere(): Promise<boolean>;
}

/** What a body is expected to be. */
export interface ReceiveOptions {
  /** The length of the body, if stated. */
  readonly length: number | undefined;
  /** The largest size of the whole upload in bytes. */
  readonly maxBytes: number;
  /** The time without a byte after which the body is given up, in milliseconds. */
  readonly idleMs: number;
  /** The algorithm the upload will be verified with, when this is known before the first byte. */
  readonly algorithm?: string | undefined;
}

/** An upload between its beginning and its end. */
export class Upload {
  /** When it was last used, in milliseconds since the epoch. */
  usedAt: number;
  readonly #room: RoomHold | undefined;
  readonly #end = new AbortController();
  #running: Promise<void> | undefined;
  #isOver = false;
  #hasher: Hasher | undefined;
  #algorithm: string;
  #hashed = 0;

  /**
   * Wraps what the store keeps of an upload.
   *
   * @param repository The repository it belongs to.
   * @param file The store's part.
   * @param usedAt When it was last used, in milliseconds since the epoch.
   * @param room Follows its size, if space is limited. Given back when the upload ends.
   */
  constructor(readonly repository: RepositoryStore, readonly file: UploadFile, usedAt: number, room?: RoomHold) {
    this.#algorithm = file.algorithm;
    this.usedAt = usedAt;
    this.#room = room;
  }

  /** How many bytes are kept. */
  get size(): number {
    return this.file.size;
  }

  /** Whether a request is adding bytes or finishing. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Whether it became a blob, or was thrown away. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether space is limited. */
  get hasRoomLimit(): boolean {
    return this.#room !== undefined;
  }

  /**
   * Tells whether the store still has it.
   *
   * @returns Whether it has.
   */
  async isThere(): Promise<boolean> {
    return canExpire(this.file) ? await this.file.isThere() : true;
  }

  /**
   * Runs a change while no other request can change it, and the store does not take it for idle.
   *
   * @typeParam T What the change gives.
   * @param change The change.
   * @returns What it gave.
   * @throws {ApiError} 409 `BLOB_UPLOAD_INVALID` when another request is at it; 404 when it was ended.
   */
  async alone<T>(change: () => Promise<T>): Promise<T> {
    this.#end.signal.throwIfAborted();
    if (this.isBusy) throw new ApiError(409, "BLOB_UPLOAD_INVALID", "another request is using the upload");
    const running = Promise.withResolvers<void>();
    this.#running = running.promise;
    try {
      using _hold = canExpire(this.file) ? this.file.hold() : undefined;
      return await change();
    } finally {
      this.#running = undefined;
      running.resolve();
    }
  }

  /**
   * Takes a body's bytes. What arrived before a connection broke is kept; a body of another length than stated is taken back,
   * and so is one that there is no room for.
   *
   * @param body The body.
   * @param options What it is expected to be.
   * @throws {ApiError} 400 `SIZE_INVALID`; 413 when the upload gets too large; 507; 404 when it was ended.
   */
  async receive(body: ReadableStream<Bytes>, options: ReceiveOptions): Promise<void> {
    const start = this.file.size;
    await this.#prepareHash(options.algorithm);
    const stated = start + (options.length ?? 0);
    if (stated > options.maxBytes) throw tooLarge(options.maxBytes);
    try {
      // What is stated is set aside at once: who comes second learns it before the first is cut off for it.
      await this.#room?.resize(stated);
      await this.#read(body, options, async (block) => {
        await this.#room?.resize(Math.max(stated, this.file.size + block.length));
        await this.file.append(block);
      });
    } catch (error) {
      if (this.#hashed !== this.file.size) this.#dropHash();
      const isRefused = error instanceof ApiError ? error.status !== 408 : isNoRoom(toApiError(error));
      if (isRefused) await this.#takeBack(start);
      throw error;
    } finally {
      await this.file.pause();
      await this.#room?.resize(this.file.size);
    }
  }

  /**
   * Ends the upload with a last body that is verified, but not kept, for a blob that the repository has already.
   *
   * @param body The body.
   * @param digest The digest that the bytes must have, those received before included.
   * @param options What the body is expected to be.
   * @throws {ApiError} 400 `DIGEST_INVALID`, which ends it too, `SIZE_INVALID`; 413; 404 when it was ended.
   */
  async compare(body: ReadableStream<Bytes>, digest: Digest, options: ReceiveOptions): Promise<void> {
    const hasher = this.#hasher = await this.#hashOf(algorithmOf(digest));
    try {
      await this.#read(body, options, () => Promise.resolve());
    } finally {
      // It went on with bytes that were not kept.
      this.#dropHash();
    }
    const actual = hasher.digest();
    await this.#discard();
    if (actual !== digest) throw mismatch(digest, actual);
  }

  /**
   * Verifies the bytes. On a mismatch they are removed.
   *
   * @param digest The digest they must have.
   * @throws {ApiError} 400 `DIGEST_INVALID`; 404 when it was ended.
   */
  async verify(digest: Digest): Promise<void> {
    const hasher = await this.#hashOf(algorithmOf(digest));
    const actual = hasher.digest();
    this.#dropHash();
    if (actual === digest) return;
    await this.#discard();
    throw mismatch(digest, actual);
  }

  /**
   * Makes the bytes, which were verified, a blob of the repository. They are not counted twice where it is there already.
   *
   * @param digest Their digest.
   * @throws {ApiError} 404 when it was ended.
   */
  async commit(digest: Digest): Promise<void> {
    const isCounted = this.#room === undefined || await this.repository.statBlob(digest) !== undefined;
    this.#end.signal.throwIfAborted();
    await this.file.commit(digest);
    this.#isOver = true;
    if (!isCounted) this.#room?.keep();
    this.#room?.[Symbol.dispose]();
  }

  /**
   * Ends the request that is at it, if there is one, and removes the bytes.
   *
   * @param reason What that request fails with, and each that comes later.
   * @returns Whether there was something to remove: not when it became a blob meanwhile.
   */
  async cancel(reason: ApiError): Promise<boolean> {
    this.#end.abort(reason);
    await this.#running;
    if (this.#isOver) return false;
    await this.#discard();
    return true;
  }

  async #discard(): Promise<void> {
    this.#isOver = true;
    try {
      await this.file.discard();
    } finally {
      this.#room?.[Symbol.dispose]();
    }
  }

  async #read(
    body: ReadableStream<Bytes>,
    options: ReceiveOptions,
    write: (block: Bytes) => Promise<void>,
  ): Promise<void> {
    const { length, maxBytes, idleMs } = options;
    const start = this.file.size;
    let received = 0;
    const look = (block: Bytes) => {
      received += block.length;
      if (length !== undefined && received > length) throw wrongLength(length, received);
      if (start + received > maxBytes) {
        throw tooLarge(maxBytes);
      }
      this.#hasher?.update(block);
      this.#hashed += block.length;
    };
    await readBlocks(body, { length, idleMs, signal: this.#end.signal, look, write });
    if (length !== undefined && received !== length) throw wrongLength(length, received);
  }

  async #prepareHash(algorithm: string | undefined): Promise<void> {
    if (this.file.size > 0) return;
    if (this.#hasher !== undefined && (algorithm ?? this.#algorithm) === this.#algorithm && this.#hashed === 0) return;
    this.#algorithm = algorithm ?? this.#algorithm;
    this.#hashed = 0;
    this.#hasher = await createHasher(this.#algorithm);
  }

  /** Gives the hash of all that is kept: the one that went along with receiving, if there is one. */
  async #hashOf(algorithm: string): Promise<Hasher> {
    const isHashed = this.#algorithm === algorithm && this.#hashed === this.file.size;
    if (this.#hasher !== undefined && isHashed) return this.#hasher;
    const hasher = await createHasher(algorithm);
    for await (const chunk of await this.file.read()) {
      this.#end.signal.throwIfAborted();
      hasher.update(chunk);
    }
    return hasher;
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

function canExpire(file: UploadFile): file is UploadFile & CanExpire {
  return "hold" in file && "isThere" in file;
}

function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":"));
}

function wrongLength(stated: number, received: number): ApiError {
  return new ApiError(400, "SIZE_INVALID", "the body is not as long as stated", { detail: { stated, received } });
}

function mismatch(expected: Digest, actual: Digest): ApiError {
  return new ApiError(400, "DIGEST_INVALID", "the content does not have the digest", { detail: { expected, actual } });
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "SIZE_INVALID", `the blob is larger than ${maxBytes} bytes`);
}
