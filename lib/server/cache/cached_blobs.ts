/**
 * Blobs behind the cache: from the store, or from a transfer that is under way or begun now.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError, toApiError } from "../api_error.ts";
import { isNoRoom } from "../limits/quota.ts";
import type { Bytes } from "../store/store.ts";
import { BlobTransfer } from "./blob_transfer.ts";
import { type CacheParts, noteFailure, type Proxied } from "./cache_parts.ts";
import { followTransfer } from "./follow_transfer.ts";
import { passThrough } from "./pass_through.ts";
import { RecentMap } from "./recent_map.ts";
import { SingleFlight } from "./single_flight.ts";
import { refusalFor } from "./upstream_error.ts";

/** A blob that can be read. */
export interface ReadableBlob {
  /** Its length in bytes. */
  readonly size: number;
  /** Opens a part of it. */
  open(start: number, length: number): Promise<ReadableStream<Bytes> | Bytes>;
}

const rememberedUnkept = 1000;
const unkeptMs = 30 * 1000;

/** Finds blobs. */
export class CachedBlobs {
  readonly #parts: CacheParts;
  readonly #transfers = new Map<string, BlobTransfer>();
  readonly #sizeFlights = new SingleFlight<number>();
  readonly #unkept = new RecentMap<{ readonly size: number; readonly until: number }>(rememberedUnkept);

  /**
   * Creates the part.
   *
   * @param parts What the cache shares.
   */
  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /**
   * Finds a blob, and begins to fetch it when it is not here.
   *
   * @param proxied The repository.
   * @param digest The blob.
   * @returns The blob.
   * @throws {ApiError} When it is not here and the upstream does not give it.
   */
  async find(proxied: Proxied, digest: Digest): Promise<ReadableBlob> {
    const here = await this.#findHere(proxied, digest);
    if (here !== undefined) return here;
    try {
      const passing = this.#passing(proxied, digest);
      if (passing !== undefined) return passing;
      const transfer = this.#transfer(proxied, digest);
      const size = await transfer.opened;
      return { size, open: (start, length) => Promise.resolve(followTransfer(transfer, start, length)) };
    } catch (error) {
      const passing = this.#passing(proxied, digest);
      if (passing !== undefined) return passing;
      throw refusalFor(error, "BLOB_UNKNOWN");
    }
  }

  /** What had no room a moment ago: it comes from the upstream, straight to the client. */
  #passing(proxied: Proxied, digest: Digest): ReadableBlob | undefined {
    const unkept = this.#unkept.get(transferKey(proxied, digest));
    if (unkept === undefined || this.#parts.clock.now() >= unkept.until) return undefined;
    proxied.upstream.requireOnline();
    const { size } = unkept;
    return { size, open: (start, length) => passThrough(this.#parts, proxied, { digest, size }, start, length) };
  }

  /**
   * Tells a blob's length without fetching it.
   *
   * @param proxied The repository.
   * @param digest The blob.
   * @returns Its length in bytes.
   * @throws {ApiError} When it is not here and the upstream does not have it.
   */
  async sizeOf(proxied: Proxied, digest: Digest): Promise<number> {
    const here = await this.#findHere(proxied, digest);
    if (here !== undefined) return here.size;
    const running = this.#transfers.get(transferKey(proxied, digest));
    if (running !== undefined && running.size >= 0) return running.size;
    const size = await this.#sizeFlights.run(transferKey(proxied, digest), () => this.#askSize(proxied, digest));
    return size >= 0 ? size : (await this.find(proxied, digest)).size;
  }

  /**
   * Tells whether a blob is on its way.
   *
   * @param local The local repository.
   * @returns Whether one of its blobs is.
   */
  isBusy(local: string): boolean {
    return [...this.#transfers.keys()].some((key) => key.startsWith(`${local}@`));
  }

  /** Waits until no transfer runs. */
  async settle(): Promise<void> {
    await this.#sizeFlights.settle();
    await Promise.allSettled([...this.#transfers.values()].map((transfer) => transfer.finished));
  }

  /** One caller at a time per blob; -1 when the upstream does not say it. */
  async #askSize(proxied: Proxied, digest: Digest): Promise<number> {
    const { upstream, remote } = proxied;
    const key = absenceKey(proxied, digest);
    try {
      upstream.requirePresent(key);
      const info = await upstream.ask(
        remote,
        this.#parts.signal,
        (source, signal) => source.blobs.head({ digest }, { signal }),
      );
      return info.descriptor.size;
    } catch (error) {
      upstream.noteAbsence(key, error);
      noteFailure(this.#parts, proxied, digest, error);
      throw refusalFor(error, "BLOB_UNKNOWN");
    }
  }

  async #findHere(proxied: Proxied, digest: Digest): Promise<ReadableBlob | undefined> {
    const { store, ledger, counts } = this.#parts;
    const repository = await store.repository(proxied.local);
    const size = await repository?.statBlob(digest);
    if (repository === undefined || size === undefined) return undefined;
    counts.hits++;
    ledger.noteUse(proxied.local, digest, size);
    const open = async (start: number, length: number): Promise<ReadableStream<Bytes> | Bytes> => {
      try {
        return await repository.openBlob(digest, start, length);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        // It was evicted between the look and the reading: the upstream has it still.
        return await (await this.find(proxied, digest)).open(start, length);
      }
    };
    return { size, open };
  }

  #transfer(proxied: Proxied, digest: Digest): BlobTransfer {
    const { store, quota, clock, signal, counts, sweeper } = this.#parts;
    const { upstream, local, remote } = proxied;
    const key = transferKey(proxied, digest);
    const running = this.#transfers.get(key);
    if (running !== undefined) return running;
    upstream.requireOnline();
    upstream.requirePresent(absenceKey(proxied, digest));
    counts.misses++;
    const hold = (bytes: number) => sweeper.hold(local, bytes);
    const onFailure = (error: unknown, size: number) => {
      if (size >= 0 && isNoRoom(toApiError(error))) this.#unkept.set(key, { size, until: clock.now() + unkeptMs });
    };
    const parts = { store, quota, hold, onFailure, local, upstream, remote, clock, signal };
    const transfer = new BlobTransfer(digest, parts);
    this.#transfers.set(key, transfer);
    void this.#await(proxied, transfer).finally(() => this.#transfers.delete(key));
    return transfer;
  }

  async #await(proxied: Proxied, transfer: BlobTransfer): Promise<void> {
    const { ledger, sweeper } = this.#parts;
    try {
      await transfer.finished;
      ledger.noteUse(proxied.local, transfer.digest, transfer.size);
      sweeper.noteStored(proxied.upstream.settings);
    } catch (error) {
      proxied.upstream.noteAbsence(absenceKey(proxied, transfer.digest), error);
      noteFailure(this.#parts, proxied, transfer.digest, error);
    }
  }
}

function transferKey(proxied: Proxied, digest: Digest): string {
  return `${proxied.local}@${digest}`;
}

function absenceKey(proxied: Proxied, digest: Digest): string {
  return `blob ${proxied.remote}@${digest}`;
}
