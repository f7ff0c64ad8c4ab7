/**
 * One blob on its way from an upstream into the store, which any number of clients can follow.
 *
 * @module
 */

import { createHasher, type Digest, type Hasher } from "../../oci/digest.ts";
import type { BlobBody, Repository } from "../../repository.ts";
import { toApiError } from "../api_error.ts";
import { isNoRoom, type Quota, type RoomHold } from "../limits/quota.ts";
import type { Bytes, RegistryStore, RepositoryStore, UploadFile } from "../store/store.ts";
import { withinTime } from "./within_time.ts";
import type { CacheClock } from "./cache_options.ts";
import type { Upstream } from "./upstream.ts";
import { toUpstreamError, UpstreamError } from "./upstream_error.ts";

/** What a transfer works with. */
export interface TransferParts {
  /** Where the blob goes. */
  readonly store: RegistryStore;
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** Sets room aside for so many bytes, if space is limited; makes it when there is none. */
  readonly hold: (bytes: number) => Promise<RoomHold | undefined>;
  /** Called with the blob's length before those who follow learn that the transfer failed; -1 when it is not known. */
  readonly onFailure: (error: unknown, size: number) => void;
  /** The local repository. */
  readonly local: string;
  /** The upstream. */
  readonly upstream: Upstream;
  /** The repository's name there. */
  readonly remote: string;
  /** The time. */
  readonly clock: CacheClock;
  /** Ends the transfer. */
  readonly signal: AbortSignal;
}

const maxResumes = 3;

/** A transfer. It goes on whether anyone follows or not. */
export class BlobTransfer {
  /** Settles when it has ended: fails when it did. */
  readonly finished: Promise<void>;
  /** Gives the blob's length once the upstream answered; -1 when that did not say it. */
  readonly opened: Promise<number>;
  readonly #parts: TransferParts;
  readonly #opening = Promise.withResolvers<number>();
  readonly #reading = new Set<Promise<unknown>>();
  #size = -1;
  #received = 0;
  #held: RoomHold | undefined;
  /** Why nothing is kept of a blob whose length nobody said: it is still read, so that its length is known then. */
  #refusal: Error | undefined;
  #repository: RepositoryStore | undefined;
  #upload: UploadFile | undefined;
  #isCommitting = false;
  #isDone = false;
  #progress = Promise.withResolvers<void>();

  /**
   * Starts a transfer.
   *
   * @param digest The blob.
   * @param parts Where from and where to.
   */
  constructor(readonly digest: Digest, parts: TransferParts) {
    this.#parts = parts;
    this.opened = this.#opening.promise;
    this.finished = this.#run();
    // Who follows sees the failure; when nobody does, it was logged.
    for (const promise of [this.opened, this.finished, this.#progress.promise]) promise.catch(() => undefined);
  }

  /** The blob's length; -1 as long as it is not known. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes have arrived. */
  get available(): number {
    return this.#isDone ? this.#size : this.#upload?.size ?? 0;
  }

  /** Whether the blob is complete, verified and stored. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Waits for more bytes.
   *
   * @returns When there are more, or all.
   * @throws When the transfer failed.
   */
  progress(): Promise<void> {
    return this.#progress.promise;
  }

  /**
   * Opens bytes that have arrived.
   *
   * @param start The first byte.
   * @param length How many.
   * @returns The bytes.
   */
  async open(start: number, length: number): Promise<ReadableStream<Bytes>> {
    if (this.#isCommitting) await this.finished;
    if (!this.#isDone && this.#upload !== undefined) {
      const opening = this.#upload.read(start, length);
      this.#reading.add(opening);
      try {
        return await opening;
      } finally {
        this.#reading.delete(opening);
      }
    }
    const content = await this.#repository?.openBlob(this.digest, start, length) ?? new Uint8Array(0);
    return content instanceof Uint8Array ? ReadableStream.from([content]) : content;
  }

  async #run(): Promise<void> {
    const { upstream, signal } = this.#parts;
    try {
      await upstream.gate.run("transfer", signal, (answered) => this.#transfer(answered));
      this.#isDone = true;
      this.#opening.resolve(this.#size);
      this.#progress.resolve();
    } catch (error) {
      this.#parts.onFailure(error, this.#size);
      this.#opening.reject(error);
      this.#progress.reject(error);
      throw error;
    }
  }

  async #transfer(answered: () => void): Promise<void> {
    const hasher = await createHasher(this.digest.slice(0, this.digest.indexOf(":")));
    try {
      for (let resumes = 0;; resumes++) {
        try {
          await this.#receive(hasher, answered);
          break;
        } catch (error) {
          if (resumes >= maxResumes || !this.#canResume(error)) throw error;
        }
      }
      await this.#keep(hasher);
    } catch (error) {
      this.#isCommitting = true;
      await Promise.allSettled([...this.#reading]);
      await this.#upload?.discard();
      throw error;
    } finally {
      this.#held?.[Symbol.dispose]();
    }
  }

  /** A backend resumes by itself; what it gives up is taken up again only when it had brought something. */
  #canResume(error: unknown): boolean {
    const failure = toUpstreamError(error);
    const isPassing = failure instanceof UpstreamError && ["timeout", "unreachable"].includes(failure.failure);
    return isPassing && this.#received > 0 && !this.#parts.signal.aborted;
  }

  async #receive(hasher: Hasher, answered: () => void): Promise<void> {
    const { upstream, remote, clock, signal } = this.#parts;
    const { timeoutMs } = upstream.settings;
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    await using source = await upstream.settings.open(remote);
    const reader = (await this.#openSource(source, either, answered)).getReader();
    try {
      for (;;) {
        const { done, value } = await withinTime(clock, timeoutMs, signal, () => reader.read());
        upstream.gate.noteProgress();
        if (done) return;
        await this.#take(value, hasher);
      }
    } catch (error) {
      end.abort(error);
      // The stream ends with the signal; how is of no interest any more.
      reader.cancel(error).catch(() => undefined);
      throw error;
    }
  }

  async #openSource(
    source: Repository,
    signal: AbortSignal,
    answered: () => void,
  ): Promise<ReadableStream<Bytes>> {
    const { clock, upstream } = this.#parts;
    const body = await withinTime(
      clock,
      upstream.settings.timeoutMs,
      signal,
      (end) =>
        source.blobs.get({ digest: this.digest }, { offset: this.#received, signal: AbortSignal.any([signal, end]) }),
      // What has to wait for a connection, since others are receiving, is not given up for that.
      { isMoving: () => upstream.gate.isMoving },
    );
    answered();
    try {
      if (this.#repository === undefined) await this.#begin(source, body, signal);
    } catch (error) {
      await body.stream.cancel(error);
      throw error;
    }
    return body.stream;
  }

  async #begin(source: Repository, { descriptor }: BlobBody, signal: AbortSignal): Promise<void> {
    const { store, local } = this.#parts;
    this.#size = descriptor.size < 0 ? await this.#askSize(source, signal) : descriptor.size;
    if (this.#size >= 0) this.#held = await this.#parts.hold(this.#size);
    this.#repository = await store.create(local);
    const algorithm = this.digest.slice(0, this.digest.indexOf(":"));
    this.#upload = await this.#repository.beginUpload({ id: crypto.randomUUID(), user: "", algorithm });
    if (this.#size >= 0) this.#opening.resolve(this.#size);
  }

  /** Some tell the length by HEAD only. It matters when space is limited: then room is made for the whole at once. */
  async #askSize(source: Repository, signal: AbortSignal): Promise<number> {
    const { quota, clock, upstream } = this.#parts;
    if (quota === undefined) return -1;
    try {
      const { timeoutMs } = upstream.settings;
      const ask = (end: AbortSignal) => source.blobs.head({ digest: this.digest }, { signal: end });
      return (await withinTime(clock, timeoutMs, signal, ask)).descriptor.size;
    } catch (error) {
      if (toUpstreamError(error) instanceof UpstreamError) return -1;
      throw error;
    }
  }

  async #take(block: Bytes, hasher: Hasher): Promise<void> {
    if (this.#size >= 0 && this.#received + block.length > this.#size) throw this.#mismatch("is longer than stated");
    hasher.update(block);
    this.#received += block.length;
    await this.#append(block);
    const before = this.#progress;
    this.#progress = Promise.withResolvers();
    this.#progress.promise.catch(() => undefined);
    before.resolve();
  }

  async #append(block: Bytes): Promise<void> {
    try {
      if (this.#size < 0) await this.#grow(block.length);
      await this.#upload?.append(block);
    } catch (error) {
      const refusal = toApiError(error);
      if (this.#size >= 0 || !isNoRoom(refusal)) throw error;
      // Nobody follows as long as the length is not known, so that nobody misses the bytes.
      this.#refusal = refusal;
      await this.#upload?.discard();
      this.#upload = undefined;
      this.#held?.[Symbol.dispose]();
    }
  }

  async #grow(bytes: number): Promise<void> {
    if (this.#upload === undefined) return;
    if (this.#held === undefined) {
      this.#held = await this.#parts.hold(bytes);
      return;
    }
    try {
      await this.#held.resize(this.#received);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      // Only a hold of its own makes room.
      (await this.#parts.hold(bytes))?.[Symbol.dispose]();
      await this.#held.resize(this.#received);
    }
  }

  /** Verified first, then moved: while that happens nobody opens the file anew. */
  async #keep(hasher: Hasher): Promise<void> {
    if (this.#size >= 0 && this.#received !== this.#size) throw this.#mismatch("is shorter than stated");
    if (hasher.digest() !== this.digest) throw this.#mismatch("has another digest");
    this.#size = this.#received;
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#isCommitting = true;
    await Promise.allSettled([...this.#reading]);
    this.#held ??= await this.#parts.hold(this.#size);
    await this.#upload?.commit(this.digest);
    this.#held?.keep();
  }

  #mismatch(problem: string): UpstreamError {
    return new UpstreamError("invalid", `the blob ${this.digest} of ${this.#parts.upstream.settings.name} ${problem}`);
  }
}
