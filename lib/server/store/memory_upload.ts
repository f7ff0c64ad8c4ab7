/**
 * Blobs and uploads of the memory store: lists of chunks.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { pieceBytes } from "../piece_reader.ts";
import { uploadGone } from "./upload_gone.ts";
import type { ByteBudget } from "./byte_budget.ts";
import type { Bytes, UploadBeginning, UploadFile } from "./store.ts";

/** A blob as a list of chunks, shared by the repositories that hold it. */
export class MemoryBlob {
  /** How many repositories hold it. */
  holders = 0;

  /**
   * Wraps chunks.
   *
   * @param chunks The chunks, never changed afterwards.
   * @param size Their length together in bytes.
   */
  constructor(readonly chunks: readonly Bytes[], readonly size: number) {}

  /**
   * Gives the whole content in one piece.
   *
   * @returns The bytes.
   */
  whole(): Bytes {
    const [only] = this.chunks;
    if (only !== undefined && this.chunks.length === 1) return only;
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  /**
   * Streams a part.
   *
   * @param start The first byte.
   * @param length How many bytes.
   * @returns The bytes.
   */
  read(start: number, length: number): ReadableStream<Bytes> {
    const end = start + length;
    let at = start;
    return new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: Math.max(Math.min(pieceBytes, length), 1),
      // Copied into the reader's buffer, since a reader may give away what it is given.
      pull: (controller) => {
        const request = controller.byobRequest;
        const view = request?.view;
        if (!request || !view) return;
        const size = Math.min(view.byteLength, end - at);
        this.#copy(at, new Uint8Array(view.buffer, view.byteOffset, size));
        at += size;
        if (size > 0) request.respond(size);
        if (at < end) return;
        controller.close();
        if (size === 0) request.respond(0);
      },
    });
  }

  #copy(start: number, target: Uint8Array): void {
    let at = 0;
    let filled = 0;
    for (const chunk of this.chunks) {
      const from = Math.max(start - at, 0);
      at += chunk.length;
      if (from >= chunk.length) continue;
      const part = chunk.subarray(from, Math.min(chunk.length, from + target.length - filled));
      target.set(part, filled);
      filled += part.length;
      if (filled === target.length) return;
    }
  }
}

/** What an upload needs of its repository. */
export interface MemoryUploadHome {
  /** The store's budget. */
  readonly budget: ByteBudget;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Keeps the blob; tells whether it was new. */
  readonly keep: (digest: Digest, blob: MemoryBlob) => boolean;
  /** Called when the upload has become a blob, or was given up. */
  readonly onEnd: () => void;
}

/** An upload in memory. */
export class MemoryUpload implements UploadFile {
  /** The session's id. */
  readonly id: string;
  /** The user who began it. */
  readonly user: string;
  /** The algorithm to hash with. */
  readonly algorithm: string;
  /** How many bytes are kept. */
  size = 0;
  #changedAt: number;
  #chunks: Bytes[] = [];
  #holds = 0;
  #isReceiving = false;
  #hasEnded = false;
  readonly #home: MemoryUploadHome;

  /**
   * Begins an upload.
   *
   * @param beginning Its id, user and algorithm.
   * @param home What it needs of its repository.
   */
  constructor(beginning: UploadBeginning, home: MemoryUploadHome) {
    this.id = beginning.id;
    this.user = beginning.user;
    this.algorithm = beginning.algorithm;
    this.#home = home;
    this.#changedAt = home.now();
  }

  /** When it last changed: now, as long as it is in use. */
  get changedAt(): number {
    return this.#holds > 0 || this.#isReceiving ? this.#home.now() : this.#changedAt;
  }

  /**
   * Keeps garbage collection from taking it for idle.
   *
   * @returns Ends that; its idle time begins then.
   */
  hold(): Disposable {
    this.#holds++;
    return {
      [Symbol.dispose]: () => {
        this.#holds--;
        this.#changedAt = this.#home.now();
      },
    };
  }

  /**
   * Tells whether it was not removed meanwhile.
   *
   * @returns Whether it is there.
   */
  isThere(): Promise<boolean> {
    return Promise.resolve(!this.#hasEnded);
  }

  /**
   * Adds bytes at the end.
   *
   * @param block The bytes; copied.
   * @returns When it is done.
   * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN` when it was removed meanwhile; 507.
   */
  append(block: Bytes): Promise<void> {
    return Promise.try(() => {
      this.#requireOpen();
      this.#home.budget.take(block.length);
      this.#chunks.push(block.slice());
      this.size += block.length;
      this.#isReceiving = true;
      this.#changedAt = this.#home.now();
    });
  }

  /**
   * Cuts the upload back.
   *
   * @param size The size to keep.
   * @returns When it is done.
   */
  truncate(size: number): Promise<void> {
    while (this.size > size) {
      const last = this.#chunks.pop();
      if (last === undefined) break;
      const kept = Math.max(size - (this.size - last.length), 0);
      if (kept > 0) this.#chunks.push(last.slice(0, kept));
      this.#home.budget.take(kept - last.length);
      this.size += kept - last.length;
    }
    return Promise.resolve();
  }

  /**
   * Takes note that no more bytes come for now.
   *
   * @returns At once.
   */
  pause(): Promise<void> {
    this.#isReceiving = false;
    return Promise.resolve();
  }

  /**
   * Reads back what is kept.
   *
   * @param start The first byte; 0 by default.
   * @param length How many bytes; all from there on by default.
   * @returns The bytes.
   * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN` when it was removed meanwhile.
   */
  read(start = 0, length: number = this.size - start): Promise<ReadableStream<Bytes>> {
    return Promise.try(() => {
      this.#requireOpen();
      return new MemoryBlob(this.#chunks, this.size).read(start, length);
    });
  }

  /**
   * Makes the bytes a blob.
   *
   * @param digest Their digest.
   * @returns When it is done.
   * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN` when it was removed meanwhile.
   */
  commit(digest: Digest): Promise<void> {
    return Promise.try(() => {
      this.#requireOpen();
      const isNew = this.#home.keep(digest, new MemoryBlob(this.#chunks, this.size));
      if (!isNew) this.#home.budget.take(-this.size);
      this.#finish();
    });
  }

  /**
   * Removes the bytes.
   *
   * @returns When it is done.
   */
  discard(): Promise<void> {
    this.#home.budget.take(-this.size);
    this.#finish();
    return Promise.resolve();
  }

  #finish(): void {
    this.#chunks = [];
    this.size = 0;
    this.#isReceiving = false;
    if (!this.#hasEnded) this.#home.onEnd();
    this.#hasEnded = true;
  }

  /** One that garbage collection removed must not go on with a part of its bytes. */
  #requireOpen(): void {
    if (this.#hasEnded) throw uploadGone();
  }
}
