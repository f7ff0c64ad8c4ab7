/**
 * Removes content from the cache, in the background or because something needs its room; one removal at a time.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import { isNoRoom, type Quota, type RoomHold } from "../limits/quota.ts";
import type { RegistryStore } from "../store/store.ts";
import { adoptContent } from "./adopt_content.ts";
import type { CacheClock, CacheCounts, UpstreamSettings } from "./cache_options.ts";
import { evict, evictFor } from "./evict.ts";
import type { Ledger } from "./ledger.ts";
import { ownerOf } from "./upstream_names.ts";

/** What a sweeper works with. */
export interface SweeperParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** What was used when. */
  readonly ledger: Ledger;
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** The time. */
  readonly clock: CacheClock;
  /** Takes log lines. */
  readonly logger: Logger;
  /** The settings of all upstreams, those with the longest prefix first. */
  readonly settings: readonly UpstreamSettings[];
  /** Takes the number of evictions. */
  readonly counts: Pick<{ -readonly [Key in keyof CacheCounts]: number }, "evictions">;
  /** Tells whether a blob is on its way into a local repository. */
  readonly isBusy: (local: string) => boolean;
  /** Ends what is being removed, between two removals. */
  readonly signal: AbortSignal;
}

const sweepEveryMs = 60 * 1000;

/** Makes room. */
export class Sweeper {
  readonly #parts: SweeperParts;
  #queue: Promise<void> = Promise.resolve();
  #isSweepWanted = false;
  #sweptAt = -Infinity;
  #isAllKnown = false;

  /**
   * Creates a sweeper.
   *
   * @param parts What it works with.
   */
  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  /** Sweeps when that was not done for a minute. */
  sweepWhenDue(): void {
    if (this.#parts.clock.now() - this.#sweptAt >= sweepEveryMs) this.sweepSoon();
  }

  /**
   * Sweeps soon when something came that may be too much for its upstream.
   *
   * @param settings The upstream's settings.
   */
  noteStored(settings: UpstreamSettings): void {
    if (settings.maxBytes < Infinity) this.sweepSoon();
  }

  /** Removes what is too old or too much for its upstream, in the background. */
  sweepSoon(): void {
    if (this.#isSweepWanted) return;
    this.#isSweepWanted = true;
    void this.#inTurn(() => this.#tryTo(() => this.#sweep()));
  }

  /**
   * Sets room aside for content, which removes other content when there is none.
   *
   * @param local The local repository it goes to.
   * @param bytes How much it is.
   * @returns The room; `undefined` when space is not limited.
   * @throws {ApiError} 507 when no room can be made.
   */
  async hold(local: string, bytes: number): Promise<RoomHold | undefined> {
    const { quota } = this.#parts;
    try {
      return await quota?.hold(local, bytes);
    } catch (error) {
      if (quota === undefined || !isNoRoom(error)) throw error;
    }
    // Before the next one looks how much there is: else both count on the same room.
    return await this.#inTurn(async () => {
      await this.#tryTo(() => this.#makeRoom(quota, local, bytes));
      this.#parts.signal.throwIfAborted();
      return await quota.hold(local, bytes);
    });
  }

  /** Waits until nothing is being removed. */
  async settle(): Promise<void> {
    let last: Promise<void>;
    do {
      last = this.#queue;
      await last;
    } while (last !== this.#queue);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    // Who waits for the work learns of its failure; the next one's turn comes all the same.
    this.#queue = done.then(() => undefined, () => undefined);
    return done;
  }

  /** What fails here is tried again the next time. */
  async #tryTo(work: () => Promise<void>): Promise<void> {
    const { store, signal, logger } = this.#parts;
    if (store.isReadOnly || signal.aborted) return;
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) logger.log("error", "the cache could not make room", { error });
    }
  }

  async #sweep(): Promise<void> {
    const { settings: all, clock, counts } = this.#parts;
    this.#isSweepWanted = false;
    this.#sweptAt = clock.now();
    for (const settings of all) {
      if (settings.maxBytes === Infinity && settings.maxAgeMs === Infinity) continue;
      await this.#knowAll();
      counts.evictions += await evict(settings, this.#parts);
    }
  }

  async #makeRoom(quota: Quota, local: string, bytes: number): Promise<void> {
    await this.#knowAll();
    this.#parts.counts.evictions += await evictFor(local, bytes, { ...this.#parts, quota });
  }

  /** What a crash made the memory forget counts too. */
  async #knowAll(): Promise<void> {
    if (this.#isAllKnown) return;
    const { settings, store, ledger, signal } = this.#parts;
    await ledger.load();
    await adoptContent({ store, ledger, signal, owns: (local) => ownerOf(local, settings) !== undefined });
    this.#isAllKnown = true;
  }
}
